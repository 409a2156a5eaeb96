"""A person as this process keeps them warm: what may be read, and what was worked out from it before."""

from collections.abc import Hashable, Iterable
from threading import Lock
from typing import Any

from cachetools import LRUCache
from msgspec import Struct

from personalize.model.people import Assurance, Visitor
from personalize.ports import Changes
from personalize.profile.admitted import Admitted

MOST_RECENT = 4096
"""Logins that are found at once; more, and they are looked for in the cache again."""
MOST_PROFILES = 20_000
MOST_MEMOS = 32
"""Pages remembered per person; more, and all are forgotten."""


class Memo(Struct, eq=False, gc=False):
    """What was decided under one recipe."""

    recipe: object
    pages: dict[Hashable, Any]


class Hot(Struct, eq=False, gc=False):
    """One admitted profile with its caches.

    `seal` is the cipher under the person's own key. Earlier verdicts, and `batch`, which says where the
    values are all from (-1: not from one import, None: not asked yet), belong to this profile and vanish with it;
    so do the profiles that hold for requests whose browser says something of its own about purposes (`heard`).
    `device` is the device subject whose values are among them: the subject itself, or one linked to it; else 0.
    """

    subject: int
    assurance: Assurance
    epoch: int
    admitted: Admitted
    seal: Any
    device: int = 0
    batch: int | None = None
    heard: "dict[Hashable, Hot | None] | None" = None
    memo: Memo | None = None

    def memo_for(self, recipe: object) -> dict[Hashable, Any]:
        """Return the memo of decisions made under this recipe.

        Recipe and memo are one value: a thread that still serves the old recipe gets no verdict of the new one.
        """
        memo = self.memo
        if memo is None or memo.recipe is not recipe or len(memo.pages) > MOST_MEMOS:
            memo = self.memo = Memo(recipe, {})
        return memo.pages


class LoggedIn(Struct, frozen=True, gc=False):
    """Whom a login belongs to."""

    visitor: Visitor
    hot: Hot


class HotProfiles:
    """The warm profiles of this process, by subject and assurance; safe to use from several threads.

    `generation` rises whenever somebody is forgotten: whoever holds a profile across such a rise
    asks for it again before using it (law 9). What is kept of each is left out of garbage collections (`gc=False`):
    all of 20,000 people would be looked through while somebody waits. A site that is closed lets go of them all.
    """

    def __init__(self) -> None:
        self._kept: LRUCache[int, Hot] = LRUCache(MOST_PROFILES)
        self._logins: LRUCache[str, LoggedIn] = LRUCache(MOST_PROFILES)
        self._recent: dict[str, LoggedIn] = {}
        """Some of the logins again: a plain dictionary costs a tenth of a cache that keeps order."""
        self._linked: LRUCache[int, int] = LRUCache(MOST_PROFILES)
        """To whom the devices are linked whose values are among what is kept.

        A profile whose device has dropped out of here is read anew: nobody would forget it with that device.
        """
        self._lock = Lock()
        self.generation = 0

    def get(self, subject: int, assurance: Assurance, now: int) -> Hot | None:
        """Return the warm profile while it holds, else None."""
        with self._lock:
            hot = self._kept.get(_key(subject, assurance))
            if hot is not None and _is_with_device(hot) and self._linked.get(hot.device) != subject:
                return None
        return hot if hot is not None and hot.admitted.since <= now < hot.admitted.valid_until else None

    def logged_in(self, login: str, now: int) -> LoggedIn | None:
        """Return whom a login belongs to, with their warm profile while it holds; else None."""
        known = self._recent.get(login)
        if known is None:
            with self._lock:
                known = self._logins.get(login)
                if known is None:
                    return None
                if len(self._recent) >= MOST_RECENT:
                    self._recent.clear()
                self._recent[login] = known
        admitted = known.hot.admitted
        return known if admitted.since <= now < admitted.valid_until else None

    def keep_login(self, login: str, visitor: Visitor, hot: Hot, generation: int) -> None:
        """Keep whom a login belongs to, unless anybody was forgotten since `generation`.

        They are forgotten with anybody: an identifier that a second person claims belongs to neither.
        """
        with self._lock:
            if generation == self.generation:
                self._logins[login] = LoggedIn(visitor, hot)
                self._recent.pop(login, None)

    def keep(self, hot: Hot, generation: int) -> None:
        """Keep a profile warm, unless anybody was forgotten since `generation`, when it was being read."""
        with self._lock:
            if generation == self.generation:
                self._kept[_key(hot.subject, hot.assurance)] = hot
                if _is_with_device(hot):
                    self._linked[hot.device] = hot.subject

    def forget(self, subjects: Iterable[int]) -> None:
        """Forget these people, at every assurance."""
        with self._lock:
            for subject in subjects:
                for assurance in Assurance:
                    self._kept.pop(_key(subject, assurance), None)
                if self._linked and (person := self._linked.pop(subject, subject)) != subject:
                    self._kept.pop(_key(person, Assurance.login), None)
            self._logins.clear()
            self._recent.clear()
            self.generation += 1

    def follow(self, changes: Changes) -> None:
        """Forget whom another process changed."""
        if changes.everything:
            self.forget_all()
        else:
            self.forget(changes.subjects)

    def forget_all(self) -> None:
        """Forget everybody."""
        with self._lock:
            self._kept.clear()
            self._logins.clear()
            self._recent.clear()
            self.generation += 1


def _key(subject: int, assurance: Assurance) -> int:
    return subject << 2 | assurance


def _is_with_device(hot: Hot) -> bool:
    """Say whether values of another subject, a device that is linked to this one, are among a profile."""
    return hot.device != 0 and hot.device != hot.subject
