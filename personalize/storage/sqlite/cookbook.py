"""The index over cookbook entries, in cookbook.sqlite."""

import sqlite3
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from personalize.errors import StoreError
from personalize.ports import Count, EntryRow, Gap, Position, Stretch
from personalize.storage.sqlite.connect import Database, Row

COUNTER = 32
"""Bits of an entry's number that are its counter; above them stands its segment's number."""
MOST = 500
"""Segments asked for in one statement."""
_LOW = (1 << COUNTER) - 1

# Many rows a statement: the interpreter lock is asked for again at each statement, not at each row, so a busy
# web server's threads cannot hold the indexer up. More rows than this at once cost more each.
_AT_ONCE = (256, 64, 16, 4, 1)
_INSERT = {
    rows: f"INSERT OR IGNORE INTO entries VALUES {', '.join(['(?, ?, ?, ?, ?, ?)'] * rows)}"  # noqa: S608  # question marks alone
    for rows in _AT_ONCE
}
_WIDTH = 6
_SELECT = """
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

    def add(self, stretches: Sequence[Stretch]) -> int:
        """Keep these stretches and move positions in one transaction; return how many entries were new."""
        with self._cookbook.write() as cookbook:
            batch = _Batch(cookbook)
            for stretch in stretches:
                batch.take(stretch)
            return batch.insert()

    def settle(self) -> bool:
        """Write everything into the main file; say whether what was added survives a power cut now."""
        row = self._cookbook.one("PRAGMA wal_checkpoint(TRUNCATE)")
        return row is not None and row[1] == row[2]

    def by_code(self, code: int) -> list[EntryRow]:
        """Return the rows under a visit code's number, in no order."""
        return self._rows("WHERE code = ?", code)

    def by_subject(self, subject: int, limit: int) -> list[EntryRow]:
        """Return a subject's newest rows, newest first."""
        return self._rows("WHERE subject = ? ORDER BY at DESC, entries.id DESC LIMIT ?", subject, limit)

    def by_time(self, start: int, end: int) -> Iterator[EntryRow]:
        """Yield the rows of a period (µs, end exclusive), oldest first; a segment at a time is in memory."""
        segments = self._cookbook.all(
            "SELECT number, first_at FROM segments WHERE last_at >= ? AND first_at < ? ORDER BY first_at",
            (start, end),
        )
        waiting: list[EntryRow] = []
        for number, first in segments:
            ready = bisect_left(waiting, first, key=_at)
            yield from waiting[:ready]
            ids = number << COUNTER, number << COUNTER | _LOW
            rows = self._rows("WHERE entries.id BETWEEN ? AND ? AND at >= ? AND at < ?", *ids, start, end)
            waiting = sorted(waiting[ready:] + rows, key=_age)
        yield from waiting

    def by_id(self, entry_id: bytes) -> EntryRow | None:
        """Return the row of one entry, or None when it is not kept."""
        segment = self._cookbook.one("SELECT number FROM segments WHERE reference = ?", (entry_id[:8],))
        if segment is None:
            return None
        rows = self._rows("WHERE entries.id = ?", segment[0] << COUNTER | int.from_bytes(entry_id[8:], "big"))
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
            "SELECT reference, start, length, missing FROM gaps JOIN segments ON number = segment"
        )
        return [(row[0], Gap(start=row[1], length=row[2], missing=row[3])) for row in rows]

    def _rows(self, which: str, *values: int) -> list[EntryRow]:
        return [_entry(row) for row in self._cookbook.all(_SELECT + which, values)]


class _Batch:
    """Rows on their way into one transaction: their columns, one row after the other."""

    def __init__(self, cookbook: sqlite3.Connection) -> None:
        self._cookbook = cookbook
        self._recipes: dict[bytes, int] = {}
        self._values: list[int | bytes] = []

    def take(self, stretch: Stretch) -> None:
        """Add a stretch; it must begin where its segment's position stands."""
        number = self._number("segments", "reference", stretch.segment)
        indexed = self._cookbook.execute("SELECT indexed FROM segments WHERE number = ?", (number,)).fetchone()
        if indexed[0] != stretch.start:
            raise StoreError("The journal is being indexed by another process: two hold index.lock.")
        base, values, recipes = number << COUNTER, self._values, self._recipes
        for row in stretch.entries:
            entry = base | int.from_bytes(row.entry_id[8:], "big")
            recipe = recipes.get(row.recipe) or self._recipe(row.recipe)
            values += (entry, row.at, row.code, row.subject, recipe, row.rest)
        self._note(number, stretch)

    def insert(self) -> int:
        """Insert the rows; return how many were new."""
        values, start, new = self._values, 0, 0
        for rows in _AT_ONCE:
            while len(values) - start >= rows * _WIDTH:
                some = values[start : start + rows * _WIDTH]
                new += self._cookbook.execute(_INSERT[rows], some).rowcount
                start += rows * _WIDTH
        return new

    def _note(self, number: int, stretch: Stretch) -> None:
        """Move the segment's position, and keep its counts and gaps."""
        times = [row.at for row in stretch.entries]
        first, last = (min(times), max(times)) if times else (None, None)
        self._cookbook.execute(_MOVE, (stretch.end, stretch.counter, first, last, number))
        for count in stretch.counts:
            recipe = self._recipe(count.recipe)
            self._cookbook.execute(_COUNT, (count.hour, recipe, count.slot, count.variant, count.seen))
        for gap in stretch.gaps:
            values = (number, gap.start, gap.length, gap.missing)
            self._cookbook.execute("INSERT OR REPLACE INTO gaps VALUES (?, ?, ?, ?)", values)

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


def _entry(row: Row) -> EntryRow:
    """Return a row as a value; a damaged one gets an id that fits nothing, and its reader finds out."""
    number, reference, at, code, subject, digest, rest = row
    entry_id = (reference or bytes(8)) + (number & _LOW).to_bytes(4, "big")
    return EntryRow(entry_id, at, code, subject, digest or b"", rest)


def _at(row: EntryRow) -> int:
    return row.at


def _age(row: EntryRow) -> tuple[int, bytes]:
    return row.at, row.entry_id
