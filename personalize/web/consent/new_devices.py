"""How many device subjects one network may make: a robot that sends yes after yes does not fill the store."""

from threading import Lock

from cachetools import LRUCache

from personalize.model.moments import HOUR

MOST_KEPT = 10_000
"""Networks that are counted at a time."""


class NewDevices:
    """Counts in this process alone, by the hour; nothing is written down of anybody."""

    def __init__(self, an_hour: int) -> None:
        self._an_hour, self._lock = an_hour, Lock()
        self._counts: LRUCache[tuple[str, int], int] = LRUCache(MOST_KEPT)

    def admit(self, network: str, now: int) -> bool:
        """Count one more of a network at `now` (µs), and say whether it may be made."""
        key = network, now // HOUR
        with self._lock:
            count = self._counts.get(key, 0)
            if count < self._an_hour:
                self._counts[key] = count + 1
            return count < self._an_hour
