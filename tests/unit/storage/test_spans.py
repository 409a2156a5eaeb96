"""The index yields the pages of a period by their time, however the segments they stand in overlap."""

import random
from collections.abc import Sequence

from personalize.ports import Stretch
from personalize.storage.open import Store
from personalize.storage.sqlite.spans import LONG, SEGMENTS, SPAN

SECOND = 1_000_000
Times = Sequence[int]


def test_overlapping_segments_of_any_length_come_by_time(store: Store) -> None:
    dice = random.Random(7)
    lengths = (3, 5, SPAN // 4, SPAN // 2, SPAN, SPAN * 2)
    segments = [_times(dice, dice.randrange(300) * SECOND, length) for length in lengths]
    _keep(store, segments)
    for start, end in ((0, 1 << 62), (100 * SECOND, 200 * SECOND), (segments[4][9], segments[4][9] + 1)):
        assert _found(store, start, end) == sorted(at for some in segments for at in some if start <= at < end)


def test_a_segment_that_began_long_before_a_period_belongs_to_it(store: Store) -> None:
    began, later = 5 * SECOND, 5 * SECOND + 3 * LONG
    _keep(store, [[began, later], [later + 1]])
    assert _found(store, later, later + 2) == [later, later + 1]
    assert _found(store, began + 1, later) == []


def test_more_segments_than_one_statement_asks_for_all_come(store: Store) -> None:
    segments = [[number // 3 * SECOND] for number in range(2 * SEGMENTS + 7)]
    _keep(store, segments)
    assert _found(store, 0, 1 << 62) == [at for (at,) in segments]


def test_the_first_page_comes_before_its_segment_was_read(store: Store) -> None:
    _keep(store, [range(1, 20 * SPAN)])
    asked: list[str] = []
    store.cookbook._reader.set_trace_callback(asked.append)
    assert next(store.entries.by_time(0, 1 << 62)).at == 1
    assert sum("rest" in each for each in asked) == 1


def test_a_clock_that_was_set_back_within_a_segment_changes_nothing(store: Store) -> None:
    times = [*range(50 * SECOND, 50 * SECOND + 3 * SPAN), *range(9 * SECOND, 9 * SECOND + SPAN)]
    _keep(store, [times, [20 * SECOND]])
    assert _found(store, 0, 1 << 62) == sorted([*times, 20 * SECOND])


def _times(dice: random.Random, begun: int, length: int) -> list[int]:
    return [begun + dice.randrange(length * 1000) for _ in range(length)]


def _found(store: Store, start: int, end: int) -> list[int]:
    return [row.at for row in store.entries.by_time(start, end)]


def _keep(store: Store, segments: Sequence[Times]) -> None:
    """Index these segments, each with a page at each of its times."""
    stretches = [_stretch(number.to_bytes(8, "big"), times) for number, times in enumerate(segments, 1)]
    store.entries.add(stretches, lambda number, segment, frames: bytes(16))


def _stretch(segment: bytes, times: Times) -> Stretch:
    values = [value for place, at in enumerate(times) for value in (place, at, place, 1, bytes(32), b"\1" + bytes(20))]
    return Stretch(segment=segment, start=0, end=len(times), counter=len(times), values=values, counts=[], gaps=[])
