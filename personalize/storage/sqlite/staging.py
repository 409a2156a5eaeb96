"""One import: rows wait in a temporary table of their own connection, then become true in one transaction.

The temporary table is a file that SQLite unlinks when it makes it: a killed import leaves nothing.
All work per row that can be done before the write lock is taken, is.
"""

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from struct import unpack
from typing import TypeVar

from msgspec import Struct, structs

from personalize.errors import StoreError
from personalize.model.consent import ConsentEvent
from personalize.ports import ImportHeader, Say
from personalize.storage.sqlite.adopting import Adopted, adopt
from personalize.storage.sqlite.connect import connect, translated
from personalize.storage.sqlite.consent import append_events
from personalize.storage.sqlite.whose import Outrun, Whose

StagedRow = tuple[int, bytes, bytes, bytes]
"""Line, digest of the key, body, and the digests of all identifiers (16 bytes each; zeros for none)."""
ATTEMPTS = 5
RANDOM = 40  # bytes for one person: 8 for the reference, 32 for the sealing key

DUPLICATES = """
    SELECT line, last FROM (SELECT line, max(line) OVER (PARTITION BY digest) AS last FROM staged)
    WHERE line < last ORDER BY line
"""
BATCH = """
    INSERT INTO batches (source, file_name, sha256, observed_at, imported_at, accepted, rejected)
    VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING number
"""
FORGET = """
    DELETE FROM identifiers WHERE batch IN (SELECT number FROM batches WHERE source = ?)
    AND subject IN (SELECT subject FROM staged WHERE known = 1)
"""
SHARED = """
    CREATE TEMP TABLE shared AS
    SELECT digest FROM identifiers GROUP BY digest HAVING count(*) > 1 AND max(batch = ?)
"""
SHARERS = """
    SELECT i.digest, i.kind, s.line FROM temp.shared d CROSS JOIN identifiers i ON i.digest = d.digest
    LEFT JOIN staged s ON s.subject = i.subject ORDER BY d.rowid, s.line IS NULL, s.line
"""
KEYS = "INSERT OR IGNORE INTO keys.subject_keys SELECT subject, secret FROM staged WHERE known = 0"
NOBODYS_KEYS = """
    DELETE FROM keys.subject_keys WHERE subject IN (SELECT fresh FROM staged)
    AND NOT EXISTS (SELECT 1 FROM main.subjects s WHERE s.subject = subject_keys.subject)
"""
SUBJECTS = "INSERT INTO subjects (subject, created_at) SELECT subject, ? FROM staged WHERE known = 0 ORDER BY subject"
PROFILES = "INSERT OR REPLACE INTO profiles SELECT subject, ?, ?, body FROM staged ORDER BY subject"
IDENTIFIERS = """
    INSERT INTO identifiers SELECT digest, subject, kind, ? FROM sorted WHERE true
    ON CONFLICT DO UPDATE SET batch = excluded.batch WHERE subject IN (SELECT subject FROM temp.adopted)
"""
T = TypeVar("T")
HeaderWithout = Callable[[Sequence[int]], ImportHeader]


class Shared(Struct, frozen=True):
    """An identifier that several people claim, so that it belongs to nobody; None: not in this file."""

    kind: str
    lines: tuple[int | None, ...]


class Published(Struct, frozen=True, kw_only=True):
    """What an import changed: `new` people or events; `batch` is 0 after a dry run."""

    batch: int
    new: int
    shared: tuple[Shared, ...] = ()
    adopted: Adopted = Adopted()


class Staging:
    """The rows of one import on their way into the store."""

    def __init__(self, people: Path, keys: Path) -> None:
        self._path = people
        try:
            self._db = connect(people)
            self._db.execute("PRAGMA temp_store = FILE")
            self._db.execute("PRAGMA cache_size = -65536")
            self._db.execute("ATTACH ? AS keys", (f"{keys.absolute().as_uri()}?mode=rw",))
            self._db.execute(
                "CREATE TEMP TABLE staged (line INTEGER PRIMARY KEY, digest BLOB, body BLOB, ids BLOB, "
                "subject INTEGER, fresh INTEGER, secret BLOB, known INTEGER NOT NULL DEFAULT 0)"
            )
            self._db.execute("BEGIN")
            self._whose = Whose(self._db)
        except sqlite3.Error as error:
            raise translated(error, people) from error

    def add(self, rows: Sequence[StagedRow]) -> None:
        """Put rows into the waiting table, with a reference and a sealing key should the person be new."""
        random = os.urandom(RANDOM * len(rows))
        references = unpack(f"={len(rows)}q", random[: 8 * len(rows)])
        secrets = random[8 * len(rows) :]
        self._run(
            lambda: self._db.executemany(
                "INSERT INTO staged (line, digest, body, ids, subject, fresh, secret) "
                "VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6)",
                [
                    (*row, reference & 0x7FFF_FFFF_FFFF_FFFF or 1, secrets[at : at + 32])
                    for row, reference, at in zip(rows, references, range(0, 32 * len(rows), 32), strict=True)
                ],
            )
        )

    def drop_duplicates(self) -> list[tuple[int, int]]:
        """Keep the last row of each person; return the line of each other one, with the line that stands."""
        self._run(lambda: self._db.execute("CREATE INDEX staged_digest ON staged (digest)"))
        pairs = self._run(lambda: self._db.execute(DUPLICATES).fetchall())
        self._run(lambda: self._db.executemany("DELETE FROM staged WHERE line = ?", [(line,) for line, _ in pairs]))
        return pairs

    def claimants(self) -> Iterator[tuple[int, bytes, bytes, list[int]]]:
        """Yield line, key digest, body and the subjects of the key, none or several, for every row."""
        rows = self._db.execute(
            "SELECT s.line, s.digest, s.body, group_concat(i.subject) FROM staged s "
            "LEFT JOIN main.identifiers i ON i.digest = s.digest GROUP BY s.line ORDER BY s.line"
        )
        for line, digest, body, subjects in rows:
            yield line, digest, body, [int(subject) for subject in (subjects or "").split(",") if subject]

    def publish_profiles(
        self,
        header: HeaderWithout,
        kinds: Sequence[str],
        admit: Callable[[], None],
        *,
        proved: Sequence[str] = (),
        dry_run: bool,
    ) -> Published:
        """Make the rows true for everybody at once; a dry run does all of it, then takes it back.

        `header` is told the lines that are left out because their key belongs to two people, each once, and returns
        what is written down of the import; where that accepts no row, nothing is.
        `kinds` are the kinds of the digests in `ids`, in their order, `proved` those that find people known before.
        `admit` is called when nobody else can write any more, and may raise. Sealing keys are committed first, and
        removed where nobody comes of them.
        """

        def fill(again: bool, seen: int, header: ImportHeader) -> Published:
            admit()
            self._whose.take_in_newcomers(seen, kinds)
            if again and proved:  # who shares an address for good would hold up every attempt
                self._whose.check_addresses(seen)
            return self._fill(header)

        return self._run(lambda: self._publish(header, kinds, proved, fill, dry_run))

    def publish_events(
        self, header: ImportHeader, events: Callable[[int], Iterator[ConsentEvent]], say: Say, *, dry_run: bool
    ) -> Published:
        """Append the events that `events` yields when told the batch number, in one transaction.

        `say` is told before which of them are new.
        """

        def fill() -> Published:
            number = self._batch(header)
            say(event for event in events(number) if not self._is_kept(event))
            return Published(batch=number, new=append_events(self._db, events(number)))

        return self._run(lambda: self._in_transaction(fill, dry_run))

    def _is_kept(self, event: ConsentEvent) -> bool:
        query = "SELECT 1 FROM consent_events WHERE event_id = ?"
        return self._db.execute(query, (event.event_id,)).fetchone() is not None

    def close(self) -> None:
        """Forget the rows, and move what was written from the log into the file."""
        try:
            self._end_staging()
            self._db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        except sqlite3.Error:
            pass  # the next writer does it
        finally:
            self._db.close()

    def _publish(
        self,
        header: HeaderWithout,
        kinds: Sequence[str],
        proved: Sequence[str],
        fill: Callable[[bool, int, ImportHeader], Published],
        dry_run: bool,
    ) -> Published:
        try:
            for left in reversed(range(ATTEMPTS)):
                try:
                    return self._attempt(header, kinds, proved, partial(fill, left > 0), dry_run)
                except Outrun:
                    self._drop_nobodys_keys()
            raise StoreError(
                "Other imports, or erasures of people in this file, came in between each time: nothing was changed. "
                "Try again when they have finished."
            )
        except BaseException:
            self._drop_nobodys_keys()
            raise

    def _attempt(
        self,
        header: HeaderWithout,
        kinds: Sequence[str],
        proved: Sequence[str],
        fill: Callable[[int, ImportHeader], Published],
        dry_run: bool,
    ) -> Published:
        self._end_staging()
        seen = self._whose.newest_change()
        self._whose.look_up()
        accepting = header(self._drop_claimed())
        if not accepting.accepted:
            return Published(batch=0, new=0)
        adopted = adopt(self._db, kinds, proved)
        self._whose.sort(kinds)
        if not dry_run:
            self._db.execute(KEYS)
        published = self._in_transaction(partial(fill, seen, accepting), dry_run)
        return structs.replace(published, adopted=adopted)

    def _drop_claimed(self) -> list[int]:
        """Take out the rows whose key belongs to two people; return their lines."""
        lines = self._db.execute("SELECT line FROM staged WHERE known > 1 ORDER BY line").fetchall()
        self._db.execute("DELETE FROM staged WHERE known > 1")
        return [line for (line,) in lines]

    def _drop_nobodys_keys(self) -> None:
        """Remove the keys that were made for people who did not come to be."""
        with contextlib.suppress(sqlite3.Error):  # they open nothing
            self._end_staging()
            self._db.execute(NOBODYS_KEYS)

    def _in_transaction(self, fill: Callable[[], Published], dry_run: bool) -> Published:
        """Run `fill` under the write lock, for good or for show. What it shared is looked up last."""
        self._end_staging()
        self._db.execute("BEGIN IMMEDIATE")
        try:
            published = fill()
            if not dry_run:
                self._db.execute("COMMIT")
            shared = self._shared(published.batch)
        finally:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
        return Published(batch=0 if dry_run else published.batch, new=published.new, shared=shared)

    def _fill(self, header: ImportHeader) -> Published:
        db = self._db
        db.execute(FORGET, (header.source,))
        number = self._batch(header)
        new = db.execute(SUBJECTS, (header.imported_at,)).rowcount
        db.execute(PROFILES, (header.source, number))
        db.execute(IDENTIFIERS, (number,))
        db.execute("INSERT INTO changes (subject) VALUES (NULL)")
        return Published(batch=number, new=new)

    def _batch(self, header: ImportHeader) -> int:
        return int(self._db.execute(BATCH, structs.astuple(header)).fetchone()[0])

    def _shared(self, number: int) -> tuple[Shared, ...]:
        self._db.execute(SHARED, (number,))
        if not self._db.execute("SELECT 1 FROM temp.shared").fetchone():
            return ()
        found: dict[bytes, tuple[str, list[int | None]]] = {}
        for digest, kind, line in self._db.execute(SHARERS):
            found.setdefault(digest, (kind, []))[1].append(line)
        return tuple(Shared(kind, tuple(lines)) for kind, lines in found.values())

    def _end_staging(self) -> None:
        if self._db.in_transaction:
            self._db.execute("COMMIT")

    def _run(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except sqlite3.Error as error:
            raise translated(error, self._path) from error
