"""Open SQLite files the one way we use them, and say in our own words what went wrong."""

import contextlib
import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from personalize.errors import StoreDamaged, StoreError, StoreLocked
from personalize.storage.sqlite.migrate import migrate

READ_WAIT = 0.05
"""Seconds a read waits for a lock; in WAL mode it only meets one during recovery."""
WRITE_WAIT = 5.0
"""Seconds a write waits for another writer, in this process or elsewhere."""
SETTLED = ("cache_size = -16384", "wal_autocheckpoint = 4000")
"""For a file that somebody settles: 16 MB of pages at hand and of log before SQLite itself moves it.

A batch of pages touches thousands of leaves of the indexes. With SQLite's 2 MB and 4 MB they are read and written
several times a batch: at 200,000 pages that doubles what a page costs.
"""

ADVICE = {
    sqlite3.SQLITE_BUSY: "is locked by another program: try again when that has finished",
    sqlite3.SQLITE_LOCKED: "is locked by another program: try again when that has finished",
    sqlite3.SQLITE_READONLY: "cannot be written: check the rights of the file and its folder",
    sqlite3.SQLITE_PERM: "cannot be written: check the rights of the file and its folder",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened: check that its folder exists and who may write there",
    sqlite3.SQLITE_FULL: "cannot grow, the disk is full: make room",
    sqlite3.SQLITE_IOERR: "cannot be read or written: check the disk",
    sqlite3.SQLITE_CORRUPT: "is damaged: put a backup back",
    sqlite3.SQLITE_NOTADB: "is not a database: put a backup back, or move the file away",
}
LOCKED = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})

Row = tuple[Any, ...]


def translated(error: sqlite3.Error, path: Path) -> StoreError:
    """Return our error for one of the driver's, with what to do about it."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in LOCKED:
        return StoreLocked(f"{path} {ADVICE[code]}.")
    if code in DAMAGED:
        return StoreDamaged(f"{path} {ADVICE[code]}.")
    return StoreError(f"{path} {ADVICE[code]}." if code in ADVICE else f"{path}: {error}.")


def connect(path: Path, *, synchronous: str = "FULL", wait: float = WRITE_WAIT) -> sqlite3.Connection:
    """Return a connection in autocommit mode to an existing file, for any thread. Raises sqlite3.Error."""
    connection = sqlite3.connect(
        _uri(path),
        uri=True,
        timeout=wait,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
    )
    _set(connection, ("journal_mode = WAL", f"synchronous = {synchronous}", "secure_delete = ON"))
    return connection


def _set(connection: sqlite3.Connection, pragmas: Iterable[str]) -> None:
    for pragma in pragmas:
        connection.execute(f"PRAGMA {pragma}").fetchone()


def _uri(path: Path) -> str:
    return f"{path.absolute().as_uri()}?mode=rw"


class Database:
    """One SQLite file: a connection for reads and one for writes, shared by all threads behind a lock each.

    Every read is a single statement whose rows are fetched at once, so that none sees half a
    transaction and none overlaps the next, which would keep an old snapshot alive. After a fork,
    or when the file at this path is another one, both are opened anew. Reads, not writes, also see
    the tables of the file `beside` it, under that file's own name (`keys` for keys.sqlite). A file whose
    writes need not be safe one by one (`synchronous` NORMAL) is settled from time to time.
    """

    def __init__(self, path: Path, schema: str, *, synchronous: str = "FULL", beside: Path | None = None) -> None:
        self.path, self._name, self._beside = path, str(path), beside
        self._schema, self._synchronous = schema, synchronous
        self._reading, self._writing = threading.Lock(), threading.Lock()
        self._inherited: list[sqlite3.Connection] = []
        try:
            _create(path)
            self._open()
        except OSError as error:
            raise StoreError(f"{path} cannot be opened: {error.strerror}. Check the folder.") from error
        except UnicodeDecodeError as error:  # the driver stumbles over a name in a damaged schema
            raise StoreDamaged(f"{path} {ADVICE[sqlite3.SQLITE_CORRUPT]}.") from error
        except sqlite3.Error as error:
            raise translated(error, path) from error

    def one(self, sql: str, values: Row = ()) -> Row | None:
        """Return the first row of a query, or None. For queries of one row: 7-13 µs."""
        try:
            with self._fresh():
                rows: list[Row] = self._cursor.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise translated(error, self.path) from error
        return rows[0] if rows else None

    def all(self, sql: str, values: Row = ()) -> list[Row]:
        """Return every row of a query; page long answers, an open query would hold back news."""
        try:
            with self._fresh():
                return self._cursor.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise translated(error, self.path) from error

    @contextlib.contextmanager
    def write(self, wait: float = WRITE_WAIT) -> Iterator[sqlite3.Connection]:
        """Yield the writing connection inside a transaction: all of it is kept, durably, or nothing.

        `wait` is for how long (s) another writer may hold it up. Raises StoreLocked after that.
        """
        self._fresh()
        if not self._writing.acquire(timeout=wait):
            raise StoreLocked(f"{self.path} {ADVICE[sqlite3.SQLITE_BUSY]}.")
        try:
            if self.replaced():
                self.reopen()
            self.check_log()
            with _patience(self._writer, wait), _transaction(self._writer):
                yield self._writer
        except sqlite3.Error as error:
            raise translated(error, self.path) from error
        finally:
            self._writing.release()

    def settle(self) -> bool:
        """Move the log into the file; say whether all that was written survives a power cut now.

        The writing connection does it: moved by another one, it would forget the pages it has at hand.
        """
        self._fresh()
        if not self._writing.acquire(timeout=WRITE_WAIT):
            return False
        try:
            with _patience(self._writer, READ_WAIT):
                _, logged, moved = self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.Error as error:
            raise translated(error, self.path) from error
        finally:
            self._writing.release()
        return bool(logged == moved)

    def replaced(self) -> bool:
        """Say whether the file at this path is no longer the one that is open. Raises StoreError."""
        return self._identity != identity_of(self._name)

    def check_log(self) -> None:
        """Raise StoreError where the log beside the file is no longer the one that is open.

        Whoever opens the file after that begins another log, and neither sees what the other one writes.
        """
        for name, identity in self._log.items():
            if not _lies_there(name, identity):
                raise StoreError(f"The log {name} was taken away: stop every process of the site, then start it again.")

    def reopen(self) -> None:
        """Open the file at this path anew; a forked process leaves its parent's connections alone."""
        old = [self._reader, self._writer]
        forked = os.getpid() != self._pid
        try:
            self._drop_stale_log()
            self._open()
        except sqlite3.Error as error:
            raise translated(error, self.path) from error
        if forked:
            self._inherited += old  # closing them here would undo locks and the log of the parent
        else:
            for connection in old:
                connection.close()

    def close(self) -> None:
        """Move the log into the file, so that nothing deleted stays readable, and close."""
        if os.getpid() != self._pid:
            return
        with contextlib.suppress(sqlite3.Error):
            self._reader.close()
            self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        self._writer.close()

    def _open(self) -> None:
        self._writer = connect(self.path, synchronous=self._synchronous)
        if self._synchronous == "NORMAL":
            _set(self._writer, SETTLED)
        migrate(self._writer, self._schema)
        self._reader = connect(self.path, wait=READ_WAIT)
        if self._beside is not None:
            self._reader.execute(f"ATTACH ? AS {self._beside.stem}", (_uri(self._beside),))
        self._cursor = self._reader.cursor()
        self._identity, self._pid = identity_of(self._name), os.getpid()
        self._log = {name: identity_of(name) for name in (f"{self._name}-wal", f"{self._name}-shm")}

    def _drop_stale_log(self) -> None:
        """Remove the log of the replaced file: SQLite would play it into the new one, where it is alien.

        Only the very log that we hold open goes; one that came with the new file, or that another
        process has begun since, stays.
        """
        if self.replaced():
            for name, identity in self._log.items():
                if _lies_there(name, identity):
                    os.unlink(name)

    def _fresh(self) -> threading.Lock:
        """Return the lock for reading, after a fork with connections and locks of our own."""
        if os.getpid() != self._pid:
            self._reading, self._writing = threading.Lock(), threading.Lock()
            self.reopen()
        return self._reading


@contextlib.contextmanager
def _patience(connection: sqlite3.Connection, wait: float) -> Iterator[None]:
    if wait == WRITE_WAIT:
        yield
        return
    connection.execute(f"PRAGMA busy_timeout = {int(wait * 1000)}")
    try:
        yield
    finally:
        connection.execute(f"PRAGMA busy_timeout = {int(WRITE_WAIT * 1000)}")


@contextlib.contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _create(path: Path) -> None:
    """Make the file for its owner alone; SQLite gives its log the same rights.

    An existing file is not opened here: closing it would drop the locks of this process's connections.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    if path.stat().st_mode & 0o077:
        path.chmod(0o600)


def _lies_there(path: str, identity: tuple[int, int]) -> bool:
    try:
        return identity_of(path) == identity
    except StoreError:
        return False


def identity_of(path: str) -> tuple[int, int]:
    """Return device and inode; takes text, as `Path.stat` would double the cost of a poll."""
    try:
        found = os.stat(path)
    except OSError as error:
        raise StoreError(f"{path} is gone: {error.strerror}. Put it back or restart the site.") from error
    return found.st_dev, found.st_ino
