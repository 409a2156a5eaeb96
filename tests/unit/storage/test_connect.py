"""Opening, locking, forking and replacing SQLite files."""

import os
import re
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from personalize.errors import StoreError, StoreLocked
from personalize.storage.open import Store, open_store
from personalize.storage.sqlite import migrate
from personalize.storage.sqlite.connect import Database


def test_every_file_is_for_its_owner_alone(store: Store) -> None:
    store.profiles.create([("email", b"a")], now=1)
    modes = {path.name: path.stat().st_mode & 0o777 for path in store.folder.iterdir()}
    assert set(modes.values()) == {0o600}
    assert {"people.sqlite", "people.sqlite-wal", "keys.sqlite"} <= set(modes)


def test_a_file_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    open_store(tmp_path).close()
    (tmp_path / "people.sqlite").chmod(0o644)
    open_store(tmp_path).close()
    assert (tmp_path / "people.sqlite").stat().st_mode & 0o777 == 0o600


def test_what_is_deleted_leaves_no_byte(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.content.save_recipe("x", b"lavender-and-thyme" * 40, now=1)
    with store.people.write() as people:
        people.execute("DELETE FROM recipes")
    store.close()
    assert all(b"lavender" not in path.read_bytes() for path in tmp_path.iterdir())


def test_a_failing_write_keeps_nothing(store: Store) -> None:
    with pytest.raises(StoreError, match="no such table"), store.people.write() as people:  # noqa: PT012  # all of it is under test
        people.execute("INSERT INTO changes (subject) VALUES (1)")
        people.execute("INSERT INTO nowhere VALUES (1)")
    assert store.people.all("SELECT * FROM changes") == []


def test_an_interrupted_write_keeps_nothing_and_the_next_one_works(store: Store) -> None:
    with pytest.raises(KeyboardInterrupt), store.people.write() as people:  # noqa: PT012  # all of it is under test
        people.execute("INSERT INTO changes (subject) VALUES (1)")
        raise KeyboardInterrupt
    store.content.save_recipe("x", b"y", now=1)
    assert store.people.all("SELECT * FROM changes") == []


def test_a_lock_held_elsewhere_says_so(store: Store) -> None:
    other = sqlite3.connect(store.people.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    said = re.escape(f"{store.people.path} is locked by another program: try again")
    with pytest.raises(StoreLocked, match=said):
        store.content.save_recipe("x", b"y", now=1, wait=0.05)
    other.close()


def test_a_lock_held_by_another_thread_says_so(store: Store) -> None:
    refused: list[Exception] = []

    def write() -> None:
        try:
            store.content.save_recipe("x", b"y", now=1, wait=0.05)
        except StoreLocked as error:
            refused.append(error)

    with store.people.write():
        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
    assert len(refused) == 1


def test_a_file_that_is_no_database_is_refused_with_advice(tmp_path: Path) -> None:
    (tmp_path / "people.sqlite").write_bytes(b"not a database at all, just text" * 40)
    with pytest.raises(StoreError, match="is not a database: put a backup back"):
        open_store(tmp_path)


def test_a_folder_that_cannot_be_made_is_refused_with_advice(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="Check the folder"):
        open_store(tmp_path / "file" / "store")


def test_a_closed_store_raises_our_own_error(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.profiles.load(1)


def test_threads_share_the_connection_for_reading(store: Store) -> None:
    subject = store.profiles.create([("email", b"a")], now=1)
    found: list[int | None] = []
    threads = [
        threading.Thread(target=lambda: found.extend(store.profiles.subject_of(b"a") for _ in range(200)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [subject] * 800


def test_a_forked_process_reads_and_writes_with_connections_of_its_own(store: Store) -> None:
    subject = store.profiles.create([("email", b"a")], now=1)
    child = os.fork()
    if child == 0:
        try:
            fine = store.profiles.subject_of(b"a") == subject
            store.profiles.create([("email", b"b")], now=1)
            store.changes.poll(0)
            os._exit(0 if fine else 1)
        except BaseException:
            os._exit(2)
    assert os.waitpid(child, 0)[1] == 0
    assert store.profiles.subject_of(b"b") is not None
    assert store.profiles.create([("email", b"c")], now=1)


def test_a_write_after_the_file_was_replaced_goes_to_the_new_file(tmp_path: Path) -> None:
    store = open_store(tmp_path / "a")
    open_store(tmp_path / "b").close()
    store.content.save_recipe("old", b"y", now=1)
    (tmp_path / "b" / "people.sqlite").replace(tmp_path / "a" / "people.sqlite")
    store.content.save_recipe("new", b"y", now=1)
    store.close()
    again = open_store(tmp_path / "a")
    assert (again.content.recipe("old"), again.content.recipe("new")) == (None, b"y")
    again.close()


@pytest.mark.parametrize("suffix", ["-wal", "-shm"])
@pytest.mark.parametrize("begun_anew", [False, True])
def test_without_its_own_log_a_file_is_neither_written_nor_trusted(
    tmp_path: Path, suffix: str, begun_anew: bool
) -> None:
    with closing(open_store(tmp_path)) as store:
        store.changes.poll(0)
        log = tmp_path / f"people.sqlite{suffix}"
        log.unlink()
        if begun_anew:
            log.touch()
        with pytest.raises(StoreError, match=f"{suffix} was taken away: stop every process"):
            store.profiles.create([("email", b"e")], 1)
        with pytest.raises(StoreError, match=f"{suffix} was taken away: stop every process"):
            store.changes.poll(0)


def test_a_write_to_a_file_that_is_gone_fails_plainly(store: Store) -> None:
    store.people.path.unlink()
    with pytest.raises(StoreError, match="is gone"):
        store.content.save_recipe("x", b"y", now=1)


@pytest.mark.parametrize("schema", ["people", "keys"])
def test_every_table_is_strict(tmp_path: Path, schema: str) -> None:
    database = Database(tmp_path / "x.sqlite", schema)
    loose = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND strict = 0 AND name NOT LIKE 'sqlite_%'"
    assert database.all(loose) == []


def test_a_migration_that_fails_half_way_leaves_the_old_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripts = ["CREATE TABLE a (x) ;", "CREATE TABLE b (x);\nCREATE TABLE a (y);"]
    monkeypatch.setattr(migrate, "migrations", lambda schema: scripts)
    with pytest.raises(StoreError, match="already exists"):
        Database(tmp_path / "x.sqlite", "people")
    left = sqlite3.connect(tmp_path / "x.sqlite")
    assert left.execute("PRAGMA user_version").fetchone() == (1,)
    assert left.execute("SELECT name FROM sqlite_master").fetchall() == [("a",)]
    left.close()


def test_migrating_twice_changes_nothing_and_a_newer_schema_is_refused(tmp_path: Path) -> None:
    open_store(tmp_path).close()
    open_store(tmp_path).close()
    raw = sqlite3.connect(tmp_path / "people.sqlite")
    raw.execute("PRAGMA user_version = 99")
    raw.close()
    with pytest.raises(StoreError, match="newer version of personalize"):
        open_store(tmp_path)
