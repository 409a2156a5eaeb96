import os
import time

import pytest

from personalize.cookbook import indexer as indexers
from personalize.cookbook.indexer import Indexer
from personalize.cookbook.turn import Turn, last_turn
from personalize.errors import StoreError, StoreLocked
from personalize.ports import Stretch
from tests.kitchen import DIGEST, NOON, Kitchen


def ids(kitchen: Kitchen) -> set[bytes]:
    return {row.page_id for row in kitchen.index.by_time(0, 1 << 62)}


def wait_for(condition) -> None:
    until = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_an_open_segment_is_indexed_and_left_where_it_is(kitchen: Kitchen) -> None:
    written = {kitchen.write() for _ in range(3)}
    assert kitchen.indexer.drain() == 3
    written.add(kitchen.write())
    assert kitchen.indexer.drain() == 1
    assert ids(kitchen) == written
    assert len(kitchen.segments()) == 1


def test_counts_that_come_alone_leave_the_segments_entries_where_they_are_found(kitchen: Kitchen) -> None:
    written = {kitchen.write() for _ in range(3)}
    kitchen.indexer.drain()
    kitchen.recorder.count(NOON, DIGEST, [(0, 1)])
    kitchen.recorder.close()
    kitchen.indexer.drain()
    assert [count.seen for count in kitchen.index.counts(0, 1 << 40)] == [1]
    assert ids(kitchen) == written


def test_a_closed_segment_is_removed_once_it_is_indexed(kitchen: Kitchen) -> None:
    written = {kitchen.write() for _ in range(3)}
    kitchen.recorder.close()
    assert kitchen.indexer.drain() == 3
    assert kitchen.segments() == []
    assert ids(kitchen) == written


def test_indexing_again_what_came_back_from_a_backup_changes_nothing(kitchen: Kitchen) -> None:
    written = {kitchen.write() for _ in range(3)}
    path = kitchen.segments()[0]
    copy = path.read_bytes()
    kitchen.recorder.close()
    kitchen.indexer.drain()
    path.write_bytes(copy)
    with kitchen.database.write() as database:
        database.execute("UPDATE segments SET indexed = 0, counter = 0")
    assert kitchen.indexer.drain() == 0
    assert ids(kitchen) == written
    assert kitchen.segments() == []


def test_a_segment_larger_than_a_piece_is_read_piece_by_piece(
    kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexers, "PIECE", 700)
    monkeypatch.setattr(indexers, "BATCH", 2000)
    written = {kitchen.write() for _ in range(50)}
    assert kitchen.indexer.drain() == 50
    assert ids(kitchen) == written
    assert kitchen.index.gaps() == []


def test_damage_longer_than_a_piece_is_passed_over(kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexers, "PIECE", 700)
    written = [kitchen.write() for _ in range(50)]
    path = kitchen.segments()[0]
    size = path.stat().st_size // 50
    with path.open("r+b") as segment:
        segment.seek(10 * size)
        segment.write(bytes(20 * size))
    assert kitchen.indexer.drain() == 30
    assert ids(kitchen) == {*written[:10], *written[30:]}
    [(_, gap)] = kitchen.index.gaps()
    assert (gap.start, gap.length, gap.missing) == (10 * size, 20 * size, 20)


def test_half_a_frame_of_a_living_writer_is_waited_for(kitchen: Kitchen) -> None:
    kitchen.write()
    path = kitchen.segments()[0]
    kitchen.write()
    whole = path.read_bytes()
    os.truncate(path, len(whole) - 5)
    assert kitchen.indexer.drain() == 1
    assert kitchen.index.gaps() == []
    with path.open("ab") as segment:
        segment.write(whole[-5:])
    assert kitchen.indexer.drain() == 1
    assert kitchen.index.gaps() == []


def test_an_empty_segment_of_a_dead_writer_is_removed(kitchen: Kitchen) -> None:
    kitchen.write()
    kitchen.recorder.close()
    (kitchen.store / "journal" / "00112233aabbccdd.pzj").touch()
    (kitchen.store / "journal" / "notes.txt").touch()
    kitchen.indexer.drain()
    assert [path.name for path in (kitchen.store / "journal").iterdir()] == ["notes.txt"]


def test_what_a_process_left_before_its_segment_was_in_place_is_removed_later(kitchen: Kitchen) -> None:
    kitchen.write()
    left = kitchen.store / "journal" / "00112233aabbccdd.new"
    left.touch()
    kitchen.indexer.drain()
    assert left.exists()
    os.utime(left, (NOON / 2_000_000, NOON / 2_000_000))
    kitchen.indexer.drain()
    assert not left.exists()


def test_a_stretch_that_does_not_follow_the_last_is_refused(kitchen: Kitchen) -> None:
    written = kitchen.write()
    kitchen.indexer.drain()
    again = Stretch(segment=written[:8], start=0, end=10, counter=1, values=[], counts=[], gaps=[])
    with pytest.raises(StoreError, match="another process"):
        kitchen.index.add([again], kitchen.digests.of_batch)
    assert kitchen.index.positions([written[:8]])[written[:8]].counter == 1


def test_of_two_indexers_one_has_the_turn(kitchen: Kitchen) -> None:
    one, other = Turn(kitchen.store), Turn(kitchen.store)
    assert one.take()
    assert not other.take()
    assert one.take()
    one.give_up()
    assert other.take()
    other.give_up()


def test_who_asks_for_the_turn_gets_it_and_gives_it_back(kitchen: Kitchen) -> None:
    thread, command = Turn(kitchen.store), Turn(kitchen.store)
    assert thread.take()
    command.ask()
    assert not command.take()
    assert not thread.take()
    assert command.take()
    with pytest.raises(StoreLocked):
        Turn(kitchen.store).ask()
    command.give_up()
    assert thread.take()
    thread.give_up()


def test_a_lock_file_that_was_removed_guards_nothing(kitchen: Kitchen) -> None:
    turn = Turn(kitchen.store)
    assert turn.take()
    (kitchen.store / "index.lock").unlink()
    assert turn.take()
    assert not Turn(kitchen.store).take()
    turn.give_up()


def test_the_last_turn_is_known(kitchen: Kitchen) -> None:
    assert last_turn(kitchen.store) is None
    kitchen.write()
    kitchen.indexer.drain()
    seconds = last_turn(kitchen.store)
    assert seconds is not None
    assert 0 <= seconds < 5


def test_two_indexers_at_once_index_everything_once(kitchen: Kitchen) -> None:
    other = Indexer(kitchen.store, kitchen.index, kitchen.digests, pause=0.01)
    kitchen.indexer.start()
    other.start()
    written = {kitchen.write() for _ in range(2000)}
    kitchen.recorder.close()
    wait_for(lambda: not kitchen.segments())
    other.stop()
    kitchen.indexer.stop()
    assert ids(kitchen) == written
    assert (other.failures, kitchen.indexer.failures) == (0, 0)


@pytest.mark.parametrize(
    ("took", "fails", "rests"), [(0.0, False, 1.0), (0.7, False, 0.3), (9.0, False, 0.05), (9.0, True, 1.0)]
)
def test_rounds_begin_a_second_apart_and_one_that_took_long_is_followed_soon(
    kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch, took: float, fails: bool, rests: float
) -> None:
    clock = [0.0]
    rested: list[float] = []

    def before() -> None:
        clock.append(clock[-1] + took)
        if fails:
            raise StoreLocked

    indexer = Indexer(kitchen.store, kitchen.index, kitchen.digests, before=before)

    def rest(seconds: float) -> bool:
        rested.append(seconds)
        indexer._background.ask_to_stop()
        return True

    monkeypatch.setattr(indexers, "monotonic", lambda: clock[-1])
    monkeypatch.setattr(indexer._background, "pause", rest)
    indexer.run()
    assert rested == [pytest.approx(rests)]
    assert indexer.failures == (2 if fails else 0)


def test_stopping_indexes_what_is_there(kitchen: Kitchen) -> None:
    kitchen.indexer.start()
    wait_for(lambda: last_turn(kitchen.store) is not None)
    written = {kitchen.write() for _ in range(100)}
    kitchen.recorder.close()
    kitchen.indexer.stop()
    assert ids(kitchen) == written
    assert kitchen.segments() == []
