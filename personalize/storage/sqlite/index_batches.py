"""The batches of cookbook.sqlite and their digests: read for verifying, and made anew where retention deletes."""

import sqlite3
from collections.abc import Callable, Sequence
from itertools import groupby

from msgspec import Struct

from personalize.cookbook.digests import MARK, Digests
from personalize.cookbook.frames import frame_of
from personalize.ports import PageRow
from personalize.storage.sqlite.connect import Database, Row
from personalize.storage.sqlite.cookbook import SELECT, page_row
from personalize.storage.sqlite.spans import COUNTER

BETWEEN = SELECT + "WHERE entries.id BETWEEN ? AND ? ORDER BY entries.id"
FIELDS = "number, first, last, digest, rest"

One = Callable[[str, tuple[int, ...]], Row | None]


class BatchRow(Struct, frozen=True):
    """A batch as the index keeps it: the rows from `first` to `last`; `rest` where retention took some of them."""

    number: int
    first: int
    last: int
    digest: bytes
    rest: bytes | None


class SegmentRow(Struct, frozen=True):
    """A segment as the index keeps it, and the times (µs) within which its pages lie."""

    number: int
    reference: bytes
    first_at: int | None
    last_at: int | None


class SqliteIndexBatches:
    """Reads the batches that were indexed, and what belongs to them. Raises StoreError."""

    def __init__(self, cookbook: Database) -> None:
        self._cookbook = cookbook

    def batches(self) -> list[BatchRow]:
        """Return every batch, by number."""
        return [BatchRow(*row) for row in self._cookbook.all(f"SELECT {FIELDS} FROM batches ORDER BY number")]  # noqa: S608  # ours

    def marks(self, number: int) -> list[bytes]:
        """Return the mark of each page of a batch, in order."""
        row = self._cookbook.one("SELECT marks FROM batches WHERE number = ?", (number,))
        text = row[0] if row else b""
        return [text[at : at + MARK] for at in range(0, len(text), MARK)]

    def segments(self) -> list[SegmentRow]:
        """Return every segment, by number."""
        rows = self._cookbook.all("SELECT number, reference, first_at, last_at FROM segments ORDER BY number")
        return [SegmentRow(*row) for row in rows]

    def pages(self, first: int, last: int) -> list[PageRow]:
        """Return the pages whose rows lie between two numbers, in order."""
        return [page_row(row) for row in self._cookbook.all(BETWEEN, (first, last))]

    def holder(self, row: int) -> BatchRow | None:
        """Return the batch that a row's number lies in."""
        return _holder(self._cookbook.one, row)

    def was_cleared(self, page_id: bytes) -> bool:
        """Say whether retention deleted something from the batch that a page was in."""
        row = self._cookbook.one("SELECT number FROM segments WHERE reference = ?", (page_id[:8],))
        batch = self.holder(row_number(row[0], page_id)) if row else None
        return batch is not None and batch.rest is not None

    def count(self) -> int:
        """Return how many pages there are."""
        row = self._cookbook.one("SELECT count(*) FROM entries")
        return int(row[0]) if row else 0

    def strays(self, most: int) -> list[PageRow]:
        """Return pages that belong to no segment."""
        query = "WHERE entries.id >> 32 NOT IN (SELECT number FROM segments) LIMIT ?"
        return [page_row(row) for row in self._cookbook.all(SELECT + query, (most,))]

    def complaints(self, most: int) -> list[str]:
        """Return what SQLite itself finds wrong with the file: pages, order, and rows that an index lacks."""
        rows = self._cookbook.all(f"PRAGMA integrity_check({most})")
        return [str(row[0]) for row in rows if row[0] != "ok"]


def row_number(segment: int, page_id: bytes) -> int:
    """Return the number of a page's row."""
    return segment << COUNTER | int.from_bytes(page_id[8:], "big")


def delete_pages(cookbook: sqlite3.Connection, rows: Sequence[int], digests: Digests) -> int:
    """Delete pages within a transaction, and leave their batches true; return how many there were.

    A batch that was not true before is not made so.
    """
    deleted = 0

    def one(query: str, values: tuple[int, ...]) -> Row | None:
        found: Row | None = cookbook.execute(query, values).fetchone()
        return found

    held = [(_holder(one, row), row) for row in sorted(rows)]
    for batch, group in groupby(held, key=lambda each: each[0]):
        gone = {row for _, row in group}
        frames = _true_frames(cookbook, batch, digests) if batch else None
        deleted += cookbook.executemany("DELETE FROM entries WHERE id = ?", [(row,) for row in gone]).rowcount
        if batch and frames is not None:
            _keep_rest(cookbook, batch, [frame for row, frame in frames if row not in gone], digests)
    return deleted


def forget_place(cookbook: sqlite3.Connection, first: int, last: int) -> None:
    """Let the empty batches of a segment lie nowhere: its number may come again."""
    cookbook.execute("UPDATE batches SET first = 0, last = 0 WHERE first BETWEEN ? AND ?", (first, last))


def _keep_rest(cookbook: sqlite3.Connection, batch: BatchRow, frames: list[bytes], digests: Digests) -> None:
    rest = digests.of_rest(batch.number, batch.digest, frames)
    marks = b"".join(frame[-MARK:] for frame in frames)
    cookbook.execute("UPDATE batches SET rest = ?, marks = ? WHERE number = ?", (rest, marks, batch.number))


def _true_frames(cookbook: sqlite3.Connection, batch: BatchRow, digests: Digests) -> list[tuple[int, bytes]] | None:
    """Return the frames of a batch under their rows' numbers, None where its digest does not fit them."""
    rows = cookbook.execute(BETWEEN, (batch.first, batch.last)).fetchall()
    pages = [page_row(row) for row in rows]
    frames = [frame for page in pages if (frame := frame_of(page)) is not None]
    segment = pages[0].page_id[:8] if pages else bytes(8)
    if len(frames) < len(rows) or not is_true(batch, segment, frames, digests):
        return None
    return [(row[0], frame) for row, frame in zip(rows, frames, strict=True)]


def is_true(batch: BatchRow, segment: bytes, frames: Sequence[bytes], digests: Digests) -> bool:
    """Say whether a batch's digest fits these frames."""
    if batch.rest is None:
        return digests.of_batch(batch.number, segment, frames) == batch.digest
    return digests.of_rest(batch.number, batch.digest, frames) == batch.rest


def _holder(one: One, row: int) -> BatchRow | None:
    found = one(f"SELECT {FIELDS} FROM batches WHERE first <= ? ORDER BY first DESC LIMIT 1", (row,))  # noqa: S608  # ours
    return BatchRow(*found) if found and found[2] >= row else None
