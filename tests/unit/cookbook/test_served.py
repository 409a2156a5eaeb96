"""Marks of what was put on its page: found wherever they stand, kept compactly, never in an entry's way."""

import pytest

from personalize.cookbook import record
from personalize.cookbook.frames import line
from personalize.errors import JournalError
from tests.kitchen import CODE, LINE, Kitchen


def marks(kitchen: Kitchen) -> list[bool]:
    return [entry.served for entry in kitchen.cookbook.by_code(CODE)]


def test_a_mark_is_found_in_the_journal_and_in_the_index(kitchen: Kitchen) -> None:
    first, _ = kitchen.write(), kitchen.write()
    kitchen.recorder.served(first, 0, 1)
    assert marks(kitchen) == [False, False]
    kitchen.recorder.keep_served()
    assert marks(kitchen) == [True, False]
    kitchen.indexer.drain()
    assert marks(kitchen) == [True, False]


def test_each_entry_of_a_page_has_a_mark_of_its_own(kitchen: Kitchen) -> None:
    page_id = kitchen.write(lines=[line(**LINE)] * 3)
    kitchen.recorder.served(page_id, 0, 1)
    kitchen.recorder.served(page_id, 2, 1)
    kitchen.recorder.keep_served()
    kitchen.indexer.drain()
    assert kitchen.index.served(page_id[:8]) == [(0, 0), (2, 2)]


def test_marks_may_come_more_than_once_and_in_any_order(kitchen: Kitchen) -> None:
    one, other = kitchen.write(lines=[line(**LINE)] * 2), kitchen.write(lines=[line(**LINE)] * 2)
    for mark in ((other, 1, 1), (one, 0, 1), (one, 0, 2), (one, 0, 1), (other, 0, 1)):
        kitchen.recorder.served(*mark)
    kitchen.recorder.keep_served()
    kitchen.indexer.drain()
    assert kitchen.index.served(one[:8]) == [(0, 3)]


def test_entries_that_follow_each_other_are_one_row(kitchen: Kitchen) -> None:
    for _ in range(50):
        kitchen.recorder.served(kitchen.write(), 0, 1)
        kitchen.recorder.keep_served()
    kitchen.recorder.close()
    kitchen.indexer.drain()
    assert kitchen.database.all("SELECT count(*) FROM served") == [(1,)]
    assert marks(kitchen) == [True] * 50


def test_a_mark_may_stand_in_a_later_segment_than_its_entry(kitchen: Kitchen) -> None:
    entry_id = kitchen.write()
    kitchen.recorder.close()
    kitchen.recorder.served(entry_id, 0, 1)
    kitchen.recorder.close()
    kitchen.indexer.drain()
    assert marks(kitchen) == [True]


def test_marks_the_journal_refuses_wait_and_the_oldest_go_first(
    kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = [kitchen.write() for _ in range(4)]
    monkeypatch.setattr(record, "MOST_SERVED", 3)
    segment = kitchen.recorder._journal.open
    monkeypatch.setattr(type(segment), "append", lambda *_: (_ for _ in ()).throw(JournalError("full")))
    for each in written:
        kitchen.recorder.served(each, 0, 1)
    kitchen.recorder.keep_served()
    monkeypatch.undo()
    kitchen.recorder.keep_served()
    assert marks(kitchen) == [False, True, True, True]
