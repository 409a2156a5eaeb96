"""What is observed while another program holds the store: kept in memory, and written when that has finished."""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import islice
from threading import Lock

from personalize.background import Background
from personalize.errors import StoreError, StoreLocked
from personalize.model.moments import SECOND
from personalize.ports import Clock, Observed, ProfileStore

log = logging.getLogger("personalize")
EVERY = 1.0
"""Seconds between two attempts to write what waits."""
AT_ONCE, MOST = 500, 10_000
"""Values written in one transaction, and those that may wait; one more is dropped, and counted."""
PAGE_WAIT, OWN_WAIT, LAST_WAIT = 0.02, 0.1, 2.0
"""Seconds that another writer may hold up a page, the thread, and the end of the process."""


class Waiting:
    """Writes values at once where the store is free, so that the next page knows them; else a thread does it later.

    `changed` is told of whom something was written. Safe across threads.
    """

    def __init__(
        self, profiles: ProfileStore, clock: Clock, changed: Callable[[int], None], counters: Counter[str]
    ) -> None:
        self._profiles, self._clock, self._changed, self._counters = profiles, clock, changed, counters
        self._waiting: dict[tuple[int, str], Observed] = {}
        self._lock = Lock()
        self._background = Background("personalize-observed", self._work)

    def keep(self, observed: Observed) -> bool:
        """Write a value, or have it wait; say whether it is kept or will be. Raises StoreError."""
        if not self._waiting:
            try:
                return self._write([observed], PAGE_WAIT)
            except StoreLocked:
                pass
        key = observed.subject, observed.name
        with self._lock:
            if len(self._waiting) >= MOST and key not in self._waiting:
                self._counters["observe_failed"] += 1
                return False
            self._waiting[key] = observed
        return True

    def holds(self, observed: Observed) -> bool:
        """Say whether a value of the same attribute and subject waits."""
        return (observed.subject, observed.name) in self._waiting

    def start(self) -> None:
        """Write what waits, from now on, in a thread."""
        self._background.start()

    def stop(self) -> None:
        """End the thread and write what waits; what the store still does not take is lost, and counted."""
        self._background.stop()
        self.flush(LAST_WAIT)
        if self._waiting:
            log.error("%d observed values were lost: another program holds the store.", len(self._waiting))
            self._counters["observe_failed"] += len(self._waiting)

    def flush(self, wait: float = OWN_WAIT) -> None:
        """Write what waits, unless another program holds the store for longer than `wait` (s)."""
        while self._waiting:
            with self._lock:
                some = dict(islice(self._waiting.items(), AT_ONCE))
            try:
                self._write(list(some.values()), wait)
            except StoreLocked:
                return
            except StoreError:
                log.exception("%d observed values could not be kept.", len(some))
                self._counters["observe_failed"] += len(some)
            with self._lock:
                for key, observed in some.items():
                    if self._waiting.get(key) is observed:
                        del self._waiting[key]

    def _write(self, observed: Sequence[Observed], wait: float) -> bool:
        by = self._clock.now() + round(wait * SECOND)
        kept = self._profiles.keep(observed, by, wait)
        for subject in dict.fromkeys(kept):
            self._changed(subject)
        return bool(kept)

    def _work(self) -> None:
        while not self._background.pause(EVERY):
            self.flush()
