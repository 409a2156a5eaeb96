"""Where the pages of a period lie in the index: spans of ids, each with a time before which it has none."""

from collections.abc import Iterator
from heapq import heappop, heappush

from personalize.storage.sqlite.connect import Database

COUNTER = 32
"""Bits of an entry's number that are its counter; above them stands its segment's number."""
LOW = (1 << COUNTER) - 1
SPAN = 2048
"""Counters in a span. Rows are read a span at a time, so the first ones are there before a whole segment is."""
SEGMENTS = 500
"""Segments asked for in one statement: a quiet site has as many as visits."""
LONG = 60_000_000
"""µs; few segments last longer, and those have an index of their own."""

Span = tuple[int, int, int]
"""No page of it is earlier than the first (µs); the others are the first and last id."""

# The length stands there as it does in the index.
_LONG = """
SELECT number, first_at, counter FROM segments
WHERE last_at - first_at > 60000000 AND first_at < ? AND last_at >= ? ORDER BY first_at
"""
_OTHERS = """
SELECT number, first_at, counter FROM segments
WHERE (first_at, number) > (?, ?) AND first_at < ? AND last_at >= ? ORDER BY first_at, number LIMIT ?
"""
_FIRST = "SELECT min(at) FROM entries WHERE id BETWEEN ? AND ? AND at >= ? AND at < ?"


def spans(cookbook: Database, start: int, end: int) -> Iterator[Span]:
    """Yield the spans in which pages of a period (µs, end exclusive) may lie, by their time."""
    waiting: list[Span] = []
    for number, first, counter in _segments(cookbook, start, end):
        while waiting and waiting[0][0] < first:
            yield heappop(waiting)
        for span in _of_segment(cookbook, number << COUNTER, first, counter, start, end):
            heappush(waiting, span)
    while waiting:
        yield heappop(waiting)


def _segments(cookbook: Database, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield the segments of a period by their first time: number, first time and how far they count."""
    yield from cookbook.all(_LONG, (start - LONG, start))
    after = start - LONG, -1
    while some := cookbook.all(_OTHERS, (*after, end, start, SEGMENTS)):
        yield from some
        after = some[-1][1], some[-1][0]


def _of_segment(cookbook: Database, base: int, first: int, counter: int, start: int, end: int) -> Iterator[Span]:
    """Yield the spans of one segment, which stands in no order of time; the last one has whatever comes after."""
    if counter <= SPAN:
        yield first, base, base | LOW
        return
    for low in range(0, counter, SPAN):
        high = low + SPAN - 1 if low + SPAN < counter else LOW
        earliest = cookbook.one(_FIRST, (base | low, base | high, start, end))
        if earliest and earliest[0] is not None:
            yield earliest[0], base | low, base | high
