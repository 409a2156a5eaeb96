"""What waits in the journal: bytes and age."""

import os
import time

import pytest

from personalize.cookbook.backlog import Backlog, backlog
from personalize.cookbook.journal import LONGEST
from personalize.errors import StoreError
from personalize.ports import SystemClock
from tests.kitchen import NOON, Kitchen

MINUTE = 60_000_000


def test_an_empty_journal_has_no_backlog(kitchen: Kitchen) -> None:
    assert backlog(kitchen.store, kitchen.index, NOON) == Backlog()


def test_what_is_written_waits_and_what_is_indexed_does_not(kitchen: Kitchen) -> None:
    kitchen.write()
    assert backlog(kitchen.store, kitchen.index, NOON).size == kitchen.segments()[0].stat().st_size
    kitchen.indexer.drain()
    assert backlog(kitchen.store, kitchen.index, NOON).size == 0
    kitchen.write()
    half = backlog(kitchen.store, kitchen.index, NOON)
    assert 0 < half.size < kitchen.segments()[0].stat().st_size


def test_the_oldest_entry_s_own_time_says_how_long_it_waits(kitchen: Kitchen) -> None:
    now = SystemClock().now()
    for minutes in (1, 3, 2):
        kitchen.write(at=now - minutes * MINUTE)
        kitchen.recorder.close()
    for path in kitchen.segments():
        os.utime(path, (time.time() - 600,) * 2)
    assert backlog(kitchen.store, kitchen.index, now).age == pytest.approx(180)


@pytest.mark.parametrize("at", [NOON, 2 * NOON])
def test_a_clock_that_jumped_makes_no_entry_older_than_its_segment_can_be(kitchen: Kitchen, at: int) -> None:
    kitchen.write(at=at)
    assert 0 <= backlog(kitchen.store, kitchen.index, SystemClock().now()).age <= LONGEST + 1


def test_while_the_index_cannot_be_asked_everything_waits(kitchen: Kitchen) -> None:
    kitchen.write()
    kitchen.indexer.drain()
    assert backlog(kitchen.store, kitchen.index, NOON).size == 0
    kitchen.database.path.unlink()
    assert backlog(kitchen.store, kitchen.index, NOON).size > 0


def test_a_journal_that_cannot_be_listed_is_said_to_be(kitchen: Kitchen) -> None:
    (kitchen.store / "journal").write_text("a file")
    with pytest.raises(StoreError, match="The journal cannot be read"):
        backlog(kitchen.store, kitchen.index, NOON)
