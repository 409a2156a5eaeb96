"""How often somebody may try to sign in: few times by name and address, more by either alone."""

from threading import Lock
from time import monotonic

from cachetools import TTLCache

WINDOW = 15 * 60
"""Seconds after the last attempt in which attempts add up."""
LIMITS = {"known": 5, "both": 5, "name": 30, "address": 50}
"""Attempts within the window: on a browser known by an earlier sign-in, by one address at one name, at one name, by
one address."""
MOST_KEPT = 10_000
Key = tuple[str, str, str]


class Attempts:
    """Counts attempts in this process; one that succeeds is not counted."""

    def __init__(self) -> None:
        self._counts: TTLCache[Key, int] = TTLCache(MOST_KEPT, WINDOW, timer=monotonic)
        self._lock = Lock()

    def admit(self, name: str, address: str, known: str = "") -> list[Key]:
        """Count an attempt, and return what it was counted by; nothing where it may not be made.

        A browser that is `known` has a few of its own, whatever others tried: behind a proxy that does not say who
        asks all come from one address, and anybody can use up what is a name's.
        """
        with self._lock:
            for keys in _ways(name, address, known):
                if all(self._counts.get(key, 0) < LIMITS[key[0]] for key in keys):
                    for key in keys:
                        self._counts[key] = self._counts.get(key, 0) + 1
                    return keys
            return []

    def forgive(self, keys: list[Key]) -> None:
        """Take back what an attempt counted that succeeded in the end."""
        with self._lock:
            for key in keys:
                self._counts[key] = max(self._counts.get(key, 0) - 1, 0)


def _ways(name: str, address: str, known: str) -> list[list[Key]]:
    """Return what an attempt may be counted by, the browser's own first."""
    anybody = [("both", name, address), ("name", name, ""), ("address", "", address)]
    return [[("known", known, "")], anybody] if known else [anybody]
