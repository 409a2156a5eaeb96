"""Where the journal's entries end up, and what of them is kept to search by."""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any, Protocol

from msgspec import Struct

NO_END = 1 << 62
"""The end (µs) of a period that has none."""


class PageRow(Struct, frozen=True, gc=False):
    """Entries that were decided together, as an index keeps them: what it searches by, and the frame's rest.

    `page_id` is the id of the first entry; the others follow it. `code` is the visit code's
    number, `recipe` the 32-byte hash.
    """

    page_id: bytes
    at: int
    code: int
    subject: int
    recipe: bytes
    rest: bytes


class Count(Struct, frozen=True):
    """How often strangers got an outcome within an hour (hours since 1970 UTC); places as in the recipe."""

    recipe: bytes
    hour: int
    slot: int
    variant: int
    seen: int


class Gap(Struct, frozen=True, kw_only=True):
    """Bytes of a segment that make no frame, and how many entries stood there, as far as can be told.

    `counter` is the number of the first of them. Without bytes, entries are missing or stand in
    another order; without either, the segment ends there and was never closed.
    """

    start: int
    length: int
    missing: int
    counter: int = 0


class Run(Struct, frozen=True):
    """Entries of one segment whose content was put on the page: their numbers, both included."""

    segment: bytes
    first: int
    last: int


WIDTH = 6
"""Values of a page in `Stretch.values`."""


class Stretch(Struct, frozen=True, kw_only=True, dict=True):
    """What stands in a journal segment between two offsets; `counter` is the next entry's number.

    `values` are the pages, one after the other: of each the first entry's number, and then what a `PageRow` has
    after its id. So an indexer makes no object per page. `frames` are the pages' frames as they stand, in as few
    pieces as possible.
    """

    segment: bytes
    start: int
    end: int
    counter: int
    values: list[Any]
    counts: list[Count]
    gaps: list[Gap]
    served: list[Run] = []
    frames: list[bytes] = []

    @cached_property
    def pages(self) -> list[PageRow]:
        """The pages, for readers."""
        columns = [self.values[place::WIDTH] for place in range(WIDTH)]
        ids = [self.segment + counter.to_bytes(4, "big") for counter in columns[0]]
        return list(map(PageRow, ids, *columns[1:]))


class Position(Struct, frozen=True):
    """How far a segment is indexed: the offset, and the number its next entry should have."""

    offset: int = 0
    counter: int = 0


class Head(Struct, frozen=True):
    """The newest batch that is safe: its number and its keyed digest."""

    number: int
    digest: bytes


DigestOf = Callable[[int, bytes, Sequence[bytes]], bytes]
"""Gives the keyed digest of a batch: its number, its segment, and its pages' frames in any pieces."""


class EntryIndex(Protocol):
    """Where the journal's entries end up. Raises StoreError."""

    def positions(self, segments: Sequence[bytes]) -> dict[bytes, Position]:
        """Return how far each of these segments (8-byte references) is indexed; unknown ones are left out."""
        ...

    def add(self, stretches: Sequence[Stretch], digest_of: DigestOf) -> int:
        """Keep these stretches and move the positions, in one transaction; return how many pages were new.

        The pages of a stretch are a batch, and get the next number and a digest. A stretch that does not
        begin where its segment's position stands is refused with StoreError.
        """
        ...

    def settle(self) -> bool:
        """Write everything into the main file; say whether what was added survives a power cut now."""
        ...

    def head(self, number: int = 0) -> Head | None:
        """Return the newest batch, or the one of this number; None where there is none."""
        ...

    def served(self, segment: bytes) -> list[tuple[int, int]]:
        """Return which numbers of a segment were put on their page: runs of first and last, in order."""
        ...

    def by_code(self, code: int) -> list[PageRow]:
        """Return the rows under a visit code's number, in no order."""
        ...

    def by_subject(self, subject: int, limit: int, start: int = 0, end: int = NO_END) -> list[PageRow]:
        """Return a subject's newest rows of a period (µs, end exclusive), newest first."""
        ...

    def all_of(self, subject: int) -> Iterator[PageRow]:
        """Yield all of a subject's rows, newest first."""
        ...

    def by_time(self, start: int, end: int) -> Iterator[PageRow]:
        """Yield the rows of a period (µs, end exclusive), oldest first."""
        ...

    def by_id(self, entry_id: bytes) -> PageRow | None:
        """Return the last row of an entry's segment that begins at or before it: no other can hold it."""
        ...
