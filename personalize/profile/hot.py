"""A person as this process keeps them warm: what may be read, and what was worked out from it before."""

from collections.abc import Hashable, Iterable
from threading import Lock
from typing import Any

from cachetools import LRUCache

from personalize.model.people import Assurance
from personalize.profile.admitted import Admitted

MOST_MEMOS = 32
"""Pages remembered per person; more, and all are forgotten."""


class Hot:
    """One admitted profile with its caches.

    `seal` is the cipher under the person's own key. Earlier verdicts, and `batch`, which says where the
    values are all from (-1: not from one import, None: not asked yet), belong to this profile and vanish with it.
    """

    __slots__ = ("_memo", "admitted", "assurance", "batch", "epoch", "seal", "subject")

    def __init__(self, subject: int, assurance: Assurance, epoch: int, admitted: Admitted, seal: Any) -> None:
        self.subject, self.assurance, self.epoch = subject, assurance, epoch
        self.admitted, self.seal = admitted, seal
        self.batch: int | None = None
        self._memo: tuple[object, dict[Hashable, Any]] = (None, {})

    def memo_for(self, recipe: object) -> dict[Hashable, Any]:
        """Return the memo of decisions made under this recipe.

        Recipe and memo are one value: a thread that still serves the old recipe gets no verdict of the new one.
        """
        of, memo = self._memo
        if of is not recipe or len(memo) > MOST_MEMOS:
            memo = {}
            self._memo = recipe, memo
        return memo


class HotProfiles:
    """The warm profiles of this process, by subject and assurance; safe to use from several threads.

    `generation` rises whenever somebody is forgotten: whoever holds a profile across such a rise
    asks for it again before using it (law 9).
    """

    def __init__(self, most: int = 20_000) -> None:
        self._kept: LRUCache[tuple[int, int], Hot] = LRUCache(most)
        self._lock = Lock()
        self.generation = 0

    def get(self, subject: int, assurance: Assurance, now: int) -> Hot | None:
        """Return the warm profile while it holds, else None."""
        with self._lock:
            hot = self._kept.get((subject, assurance))
        return hot if hot is not None and hot.admitted.since <= now < hot.admitted.valid_until else None

    def keep(self, hot: Hot, generation: int) -> None:
        """Keep a profile warm, unless anybody was forgotten since `generation`, when it was being read."""
        with self._lock:
            if generation == self.generation:
                self._kept[(hot.subject, hot.assurance)] = hot

    def forget(self, subjects: Iterable[int]) -> None:
        """Forget these people, at every assurance."""
        with self._lock:
            for subject in subjects:
                for assurance in Assurance:
                    self._kept.pop((subject, assurance), None)
            self.generation += 1

    def forget_all(self) -> None:
        """Forget everybody."""
        with self._lock:
            self._kept.clear()
            self.generation += 1
