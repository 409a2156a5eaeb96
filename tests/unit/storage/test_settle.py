"""A file that is settled keeps nothing in its log, and says so only where that is true."""

import sqlite3
from contextlib import closing

from personalize.storage.open import Store


def test_a_settled_file_holds_everything_itself(store: Store) -> None:
    _write(store, 1)
    assert store.cookbook.settle()
    assert store.cookbook.path.with_name("cookbook.sqlite-wal").stat().st_size == 0
    assert store.cookbook.all("SELECT number FROM recipes") == [(1,)]


def test_an_open_query_elsewhere_keeps_a_file_from_being_settled(store: Store) -> None:
    _write(store, 1)
    with closing(sqlite3.connect(store.cookbook.path)) as other:
        other.execute("BEGIN")
        other.execute("SELECT * FROM recipes").fetchall()
        _write(store, 2)
        assert not store.cookbook.settle()
    assert store.cookbook.settle()


def test_only_a_file_that_is_settled_has_a_long_log(store: Store) -> None:
    with store.cookbook.write() as cookbook:
        assert cookbook.execute("PRAGMA wal_autocheckpoint").fetchone() == (4000,)
    with store.people.write() as people:
        assert people.execute("PRAGMA wal_autocheckpoint").fetchone() == (1000,)


def _write(store: Store, number: int) -> None:
    with store.cookbook.write() as cookbook:
        cookbook.execute("INSERT INTO recipes VALUES (?, ?)", (number, bytes([number])))
