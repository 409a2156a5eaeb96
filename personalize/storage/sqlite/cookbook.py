"""The index over cookbook entries, in cookbook.sqlite."""

import sqlite3
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Any

from personalize.errors import StoreError
from personalize.ports import Count, DigestOf, Gap, Head, PageRow, Position, Run, Stretch
from personalize.ports.index import NO_END, WIDTH
from personalize.storage.sqlite.connect import Database, Row
from personalize.storage.sqlite.spans import COUNTER, LOW, spans

MOST = 500
"""Segments, or pages of one person, asked for in one statement."""

# Many rows a statement: the interpreter lock is asked for again at each statement, not at each row, so a busy
# web server's threads cannot hold the indexer up. More rows than this at once cost more each.
_AT_ONCE = (256, 64, 16, 4, 1)
_INSERT = {
    rows: f"INSERT OR IGNORE INTO entries VALUES {', '.join(['(?, ?, ?, ?, ?, ?)'] * rows)}"  # noqa: S608  # question marks alone
    for rows in _AT_ONCE
}
SELECT = """
SELECT entries.id, segments.reference, at, code, subject, recipes.digest, rest
FROM entries
LEFT JOIN segments ON segments.number = entries.id >> 32
LEFT JOIN recipes ON recipes.number = entries.recipe
"""
# A stretch of counts alone has no times; then the segment keeps those it has.
_MOVE = """
UPDATE segments SET indexed = ?, counter = ?,
    first_at = min(coalesce(first_at, ?3), coalesce(?3, first_at)),
    last_at = max(coalesce(last_at, ?4), coalesce(?4, last_at))
WHERE number = ?5
"""
_COUNT = """
INSERT INTO counts VALUES (?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET seen = seen + excluded.seen
"""


_NEWEST_BEFORE = "WHERE subject = ? AND (at, entries.id) < (?, ?) ORDER BY at DESC, entries.id DESC LIMIT ?"


class SqliteEntries:
    """Implement EntryIndex."""

    def __init__(self, cookbook: Database) -> None:
        self._cookbook = cookbook

    def positions(self, segments: Sequence[bytes]) -> dict[bytes, Position]:
        """Return how far each of these segments is indexed; unknown ones are left out.

        Asked of the file that lies there now: by the memory of one that was moved away, its
        successor would never get the entries.
        """
        if self._cookbook.replaced():
            with self._cookbook.write():
                pass
        found: dict[bytes, Position] = {}
        for start in range(0, len(segments), MOST):
            some = tuple(segments[start : start + MOST])
            marks = ", ".join("?" * len(some))
            query = f"SELECT reference, indexed, counter FROM segments WHERE reference IN ({marks})"  # noqa: S608  # question marks alone
            found |= {row[0]: Position(row[1], row[2]) for row in self._cookbook.all(query, some)}
        return found

    def add(self, stretches: Sequence[Stretch], digest_of: DigestOf) -> int:
        """Keep these stretches and move positions in one transaction; return how many pages were new."""
        with self._cookbook.write() as cookbook:
            batch = _Batch(cookbook, digest_of)
            for stretch in stretches:
                batch.take(stretch)
            return batch.insert()

    def settle(self) -> bool:
        """Write everything into the main file; say whether what was added survives a power cut now."""
        return self._cookbook.settle()

    def head(self, number: int = 0) -> Head | None:
        """Return the newest batch, or the one of this number."""
        which = "WHERE number = ?" if number else "ORDER BY number DESC LIMIT 1"
        row = self._cookbook.one(f"SELECT number, digest FROM batches {which}", (number,) if number else ())  # noqa: S608  # ours
        return Head(*row) if row else None

    def served(self, segment: bytes) -> list[tuple[int, int]]:
        """Return which numbers of a segment were put on their page: runs of first and last, in order."""
        rows = self._cookbook.all(
            "SELECT first, last FROM segments JOIN served ON first BETWEEN number << 32 AND number << 32 | 4294967295"
            " WHERE reference = ? ORDER BY first",
            (segment,),
        )
        return [(first & LOW, last) for first, last in rows]

    def by_code(self, code: int) -> list[PageRow]:
        """Return the rows under a visit code's number, in no order."""
        return self._rows("WHERE code = ?", code)

    def by_subject(self, subject: int, limit: int, start: int = 0, end: int = NO_END) -> list[PageRow]:
        """Return a subject's newest rows of a period (µs, end exclusive), newest first."""
        of_period = "WHERE subject = ? AND at >= ? AND at < ? ORDER BY at DESC, entries.id DESC LIMIT ?"
        return self._rows(of_period, subject, start, end, limit)

    def all_of(self, subject: int) -> Iterator[PageRow]:
        """Yield all of a subject's rows, newest first; some hundreds at a time are in memory."""
        at = number = NO_END
        while rows := self._cookbook.all(SELECT + _NEWEST_BEFORE, (subject, at, number, MOST)):
            yield from map(page_row, rows)
            number, _, at, *_ = rows[-1]

    def by_time(self, start: int, end: int) -> Iterator[PageRow]:
        """Yield the rows of a period (µs, end exclusive), oldest first; part of a segment at a time is in memory."""
        waiting: list[PageRow] = []
        for first, *ids in spans(self._cookbook, start, end):
            ready = bisect_left(waiting, first, key=_at)
            yield from waiting[:ready]
            rows = self._rows("WHERE entries.id BETWEEN ? AND ? AND at >= ? AND at < ?", *ids, start, end)
            waiting = sorted(waiting[ready:] + rows, key=_age)
        yield from waiting

    def by_id(self, entry_id: bytes) -> PageRow | None:
        """Return the last row of an entry's segment that begins at or before it: no other can hold it."""
        segment = self._cookbook.one("SELECT number FROM segments WHERE reference = ?", (entry_id[:8],))
        if segment is None:
            return None
        first = segment[0] << COUNTER
        last = first | int.from_bytes(entry_id[8:], "big")
        rows = self._rows("WHERE entries.id BETWEEN ? AND ? ORDER BY entries.id DESC LIMIT 1", first, last)
        return rows[0] if rows else None

    def counts(self, first_hour: int, last_hour: int) -> list[Count]:
        """Return what strangers got in these hours since 1970 UTC, both included."""
        rows = self._cookbook.all(
            "SELECT digest, hour, slot, variant, seen FROM counts JOIN recipes ON number = recipe"
            " WHERE hour BETWEEN ? AND ?",
            (first_hour, last_hour),
        )
        return [Count(*row) for row in rows]

    def gaps(self) -> list[tuple[bytes, Gap]]:
        """Return the damage met in segments so far: the segment's reference, and where and how much."""
        rows = self._cookbook.all(
            "SELECT reference, start, length, missing, gaps.counter FROM gaps JOIN segments ON number = segment"
        )
        return [(row[0], Gap(start=row[1], length=row[2], missing=row[3], counter=row[4])) for row in rows]

    def _rows(self, which: str, *values: int) -> list[PageRow]:
        return [page_row(row) for row in self._cookbook.all(SELECT + which, values)]


class _Batch:
    """Rows on their way into one transaction: their columns, one row after the other."""

    def __init__(self, cookbook: sqlite3.Connection, digest_of: DigestOf) -> None:
        self._cookbook, self._digest_of = cookbook, digest_of
        self._recipes: dict[bytes, int] = {}
        self._values: list[Any] = []

    def take(self, stretch: Stretch) -> None:
        """Add a stretch; it must begin where its segment's position stands."""
        number = self._number("segments", "reference", stretch.segment)
        indexed = self._cookbook.execute("SELECT indexed FROM segments WHERE number = ?", (number,)).fetchone()
        if indexed[0] != stretch.start:
            raise StoreError("The journal is being indexed by another process: two hold index.lock.")
        base, values = number << COUNTER, stretch.values.copy()
        recipes = {digest: self._recipe(digest) for digest in set(values[4::WIDTH])}
        values[::WIDTH] = [base | counter for counter in values[::WIDTH]]
        values[4::WIDTH] = [recipes[digest] for digest in values[4::WIDTH]]
        self._note(number, stretch)
        if values:
            self._digest(stretch, values)
        values[5::WIDTH] = map(bytearray, values[5::WIDTH])  # of bytes the module would ask for an adapter, one by one
        self._values += values

    def insert(self) -> int:
        """Insert the rows; return how many were new."""
        values, start, new = self._values, 0, 0
        for rows in _AT_ONCE:
            while len(values) - start >= rows * WIDTH:
                some = values[start : start + rows * WIDTH]
                new += self._cookbook.execute(_INSERT[rows], some).rowcount
                start += rows * WIDTH
        return new

    def _note(self, number: int, stretch: Stretch) -> None:
        """Move the segment's position, and keep its counts and gaps."""
        times = stretch.values[1::WIDTH]
        first, last = (min(times), max(times)) if times else (None, None)
        self._cookbook.execute(_MOVE, (stretch.end, stretch.counter, first, last, number))
        for count in stretch.counts:
            recipe = self._recipe(count.recipe)
            self._cookbook.execute(_COUNT, (count.hour, recipe, count.slot, count.variant, count.seen))
        for gap in stretch.gaps:
            values = (number, gap.start, gap.length, gap.missing, gap.counter)
            self._cookbook.execute("INSERT OR REPLACE INTO gaps VALUES (?, ?, ?, ?, ?)", values)
        for run in stretch.served:
            self._keep_served(self._number("segments", "reference", run.segment) << COUNTER, run)

    def _keep_served(self, base: int, run: Run) -> None:
        """Keep a run of served entries, joined to the one that ends where it begins."""
        first, find = base | run.first, "SELECT first, last FROM served WHERE first <= ? ORDER BY first DESC LIMIT 1"
        before = self._cookbook.execute(find, (first,)).fetchone()
        if before and before[0] >= base and before[1] + 1 >= run.first:
            more = "UPDATE served SET last = max(last, ?) WHERE first = ?"
            self._cookbook.execute(more, (run.last, before[0]))
        else:
            self._cookbook.execute("INSERT INTO served VALUES (?, ?)", (first, run.last))

    def _digest(self, stretch: Stretch, rows: list[Any]) -> None:
        """Give the pages of a stretch the next batch number, and their digest."""
        row = self._cookbook.execute("SELECT max(number) FROM batches").fetchone()
        number, ends = (row[0] or 0) + 1, (rows[0], rows[-WIDTH])
        digest = self._digest_of(number, stretch.segment, stretch.frames)
        marks = b"".join([rest[-4:] for rest in rows[5::WIDTH]])
        values = (number, min(ends), max(ends), digest, marks)
        self._cookbook.execute("INSERT INTO batches VALUES (?, ?, ?, ?, ?, NULL)", values)

    def _recipe(self, digest: bytes) -> int:
        number = self._recipes.get(digest)
        if number is None:
            number = self._recipes[digest] = self._number("recipes", "digest", digest)
        return number

    def _number(self, table: str, column: str, value: bytes) -> int:
        """Return the small number that stands for a value in a table, giving it one where it has none."""
        find = f"SELECT number FROM {table} WHERE {column} = ?"  # noqa: S608  # both names are ours
        row: Row | None = self._cookbook.execute(find, (value,)).fetchone()
        if row is None:
            keep = f"INSERT INTO {table} ({column}) VALUES (?)"  # noqa: S608  # both names are ours
            return int(self._cookbook.execute(keep, (value,)).lastrowid or 0)
        return int(row[0])


def page_row(row: Row) -> PageRow:
    """Return a row as a value; a damaged one gets an id that fits nothing, and its reader finds out."""
    number, reference, at, code, subject, digest, rest = row
    page_id = (reference or bytes(8)) + (number & LOW).to_bytes(4, "big")
    return PageRow(page_id, at, code, subject, digest or b"", rest)


def _at(row: PageRow) -> int:
    return row.at


def _age(row: PageRow) -> tuple[int, bytes]:
    return row.at, row.page_id
