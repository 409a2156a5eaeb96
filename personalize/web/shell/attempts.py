"""How often somebody may try to sign in: few times by name and address, more by either alone."""

from threading import Lock
from time import monotonic

from cachetools import TTLCache

WINDOW = 15 * 60
"""Seconds after the last attempt in which attempts add up."""
LIMITS = {"both": 5, "name": 30, "address": 50}
"""Attempts within the window: by one address at one name, at one name, by one address."""
MOST_KEPT = 10_000


class Attempts:
    """Counts attempts in this process; one that succeeds is not counted."""

    def __init__(self) -> None:
        self._counts: TTLCache[tuple[str, str, str], int] = TTLCache(MOST_KEPT, WINDOW, timer=monotonic)
        self._lock = Lock()

    def admit(self, name: str, address: str) -> bool:
        """Count an attempt, and say whether it may be made."""
        with self._lock:
            keys = _keys(name, address)
            counts = [self._counts.get(key, 0) for key in keys]
            if any(count >= LIMITS[key[0]] for key, count in zip(keys, counts, strict=True)):
                return False
            for key, count in zip(keys, counts, strict=True):
                self._counts[key] = count + 1
            return True

    def forgive(self, name: str, address: str) -> None:
        """Take back what an attempt counted that succeeded in the end."""
        with self._lock:
            for key in _keys(name, address):
                self._counts[key] = max(self._counts.get(key, 0) - 1, 0)


def _keys(name: str, address: str) -> list[tuple[str, str, str]]:
    return [("both", name, address), ("name", name, ""), ("address", "", address)]
