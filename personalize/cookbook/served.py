"""Which entries were put on their page, as marks in the index and in the journal's tails tell."""

from bisect import bisect_right

from personalize.cookbook.tails import Tails
from personalize.ports import EntryIndex

AT_HAND = 256
"""Segments whose marks are kept while reading."""
FAR = 1 << 32
KNOWN_AFTER = 10_000_000
"""µs after which an entry without a mark counts as not put on the page."""


def is_unserved(at: int, now: int, *, served: bool) -> bool:
    """Say whether what was decided then is known as not put on the page: its mark may still be on its way."""
    return not served and now - at >= KNOWN_AFTER


class Served:
    """Knows the marks during one reading; tails are looked through only for an entry whose mark the index lacks."""

    def __init__(self, index: EntryIndex, tails: Tails) -> None:
        self._index, self._tails = index, tails
        self._runs: dict[bytes, list[tuple[int, int]]] = {}
        self._waiting: set[tuple[bytes, int]] | None = None

    def is_marked(self, entry_id: bytes) -> bool:
        """Say whether an entry was put on its page, as far as is known. Raises StoreError."""
        segment, number = entry_id[:8], int.from_bytes(entry_id[8:], "big")
        if self._in_index(segment, number):
            return True
        if self._waiting is None:
            runs = self._tails.served()
            self._waiting = {(run.segment, each) for run in runs for each in range(run.first, run.last + 1)}
            self._runs.clear()  # marks may have moved from the tails to the index meanwhile
            return (segment, number) in self._waiting or self._in_index(segment, number)
        return (segment, number) in self._waiting

    def _in_index(self, segment: bytes, number: int) -> bool:
        runs = self._runs.get(segment)
        if runs is None:
            if len(self._runs) >= AT_HAND:
                self._runs.clear()
            runs = self._runs[segment] = self._index.served(segment)
        place = bisect_right(runs, (number, FAR)) - 1
        return place >= 0 and runs[place][1] >= number
