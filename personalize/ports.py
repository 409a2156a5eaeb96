"""Small protocols between the stops and what keeps things: each backend passes one shared suite."""

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from personalize.model.attributes import Stored
from personalize.model.consent import ConsentEvent
from personalize.model.cookbook import CookbookEntry


class Clock(Protocol):
    """The one place times come from."""

    def now(self) -> int:
        """Return the time in µs since 1970 UTC."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> int:
        """Return the time in µs since 1970 UTC."""
        return time.time_ns() // 1000


class Person(Struct, frozen=True, kw_only=True):
    """A subject as the store knows it: its values by attribute, its consent epoch, its sealing key (32 bytes)."""

    subject: int
    epoch: int
    key: bytes
    values: dict[str, Stored]


class Handle(Struct, frozen=True, kw_only=True):
    """A row behind a click link: whom it recognises and until when (µs)."""

    subject: int
    mailing: str
    campaign: bytes
    issued: int
    expires: int
    revoked_at: int | None = None


class Changes(Struct, frozen=True, kw_only=True):
    """What changed since a sequence number; `everything` means that no cached value may be trusted."""

    seq: int
    subjects: frozenset[int] = frozenset()
    everything: bool = False


class ProfileStore(Protocol):
    """Who is known, and what is known of them. Raises StoreError."""

    def subject_of(self, digest: bytes) -> int | None:
        """Return the one subject of a keyed identifier hash; None when unknown or claimed by two."""
        ...

    def load(self, subject: int) -> Person | None:
        """Return a subject's values, epoch and key, or None when there is no such subject."""
        ...

    def create(self, digests: Sequence[tuple[str, bytes]], now: int) -> int:
        """Make a subject with its sealing key and its identifiers (kind, keyed hash); return its reference."""
        ...

    def remember(self, subject: int, source: str, values: Mapping[str, Stored]) -> None:
        """Put these values beside what a source delivered about a subject, in one transaction."""
        ...

    def subjects(self) -> Iterator[int]:
        """Yield every known subject, in order."""
        ...


class HandleStore(Protocol):
    """The rows behind click links, kept under a hash of the handle."""

    def add_handles(self, rows: Sequence[tuple[bytes, Handle]]) -> None:
        """Keep these handles (SHA-256 of the handle, row) in one transaction."""
        ...

    def handle(self, digest: bytes) -> Handle | None:
        """Return the row of a handle's hash, revoked or not; None when there is none."""
        ...


class ConsentStore(Protocol):
    """The append-only ledger of consent events."""

    def append(self, events: Sequence[ConsentEvent]) -> None:
        """Add events durably and raise the epoch of each subject, in one transaction; idempotent by event id."""
        ...

    def events_of(self, subject: int) -> list[ConsentEvent]:
        """Return every event of a subject in the order they were recorded."""
        ...


class ChangeFeed(Protocol):
    """What other processes changed in the people store."""

    def poll(self, since: int) -> Changes | None:
        """Return the changes after `since`, or None when nothing was committed since the last call.

        Costs 3-4 µs when nothing changed. Raises StoreError when it cannot tell.
        """
        ...


class ContentStore(Protocol):
    """The published recipes, for as long as an entry refers to them."""

    def save_recipe(self, digest: str, body: bytes, now: int, *, wait: float = 5.0) -> None:
        """Keep a recipe under its hash, waiting so long (s) for another writer; doing so again only reads."""
        ...

    def recipe(self, digest: str) -> bytes | None:
        """Return a recipe's canonical form, or None when it is not kept."""
        ...


class Batch(Struct, frozen=True, kw_only=True):
    """The header of one import: values refer to it by number. Times are µs."""

    number: int
    source: str
    file_name: str
    sha256: str
    observed_at: int
    imported_at: int
    accepted: int
    rejected: int


class BatchStore(Protocol):
    """The headers of imports, for as long as an entry refers to them."""

    def batch(self, number: int) -> Batch | None:
        """Return the header of one import."""
        ...


class CookbookStore(Protocol):
    """The indexed entries and the journals' open tails, read as one."""

    def by_code(self, code: str) -> list[CookbookEntry]:
        """Return the entries under a visit code, oldest first."""
        ...

    def by_subject(self, subject: int, limit: int) -> list[CookbookEntry]:
        """Return a subject's newest entries, newest first."""
        ...

    def by_time(self, start: int, end: int) -> Iterator[CookbookEntry]:
        """Yield the entries of a period (µs, end exclusive), oldest first."""
        ...

    def by_id(self, entry_id: bytes) -> CookbookEntry | None:
        """Return one entry, or None when there is none under this id."""
        ...


class EntryRow(Struct, frozen=True, gc=False):
    """An entry as an index keeps it: the fields it searches by, and the rest of the frame as it was written.

    `code` is the visit code's number, `recipe` the 32-byte hash.
    """

    entry_id: bytes
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
    """Bytes of a segment that make no frame, and how many entries stood there, as far as can be told."""

    start: int
    length: int
    missing: int


class Stretch(Struct, frozen=True, kw_only=True):
    """What stands in a journal segment between two offsets; `counter` is the next frame's number."""

    segment: bytes
    start: int
    end: int
    counter: int
    entries: list[EntryRow]
    counts: list[Count]
    gaps: list[Gap]


class Position(Struct, frozen=True):
    """How far a segment is indexed: the offset, and the number its next frame should have."""

    offset: int = 0
    counter: int = 0


class EntryIndex(Protocol):
    """Where the journal's entries end up. Raises StoreError."""

    def positions(self, segments: Sequence[bytes]) -> dict[bytes, Position]:
        """Return how far each of these segments (8-byte references) is indexed; unknown ones are left out."""
        ...

    def add(self, stretches: Sequence[Stretch]) -> int:
        """Keep these stretches and move the positions, in one transaction; return how many entries were new.

        A stretch that does not begin where its segment's position stands is refused with StoreError.
        """
        ...

    def settle(self) -> bool:
        """Write everything into the main file; say whether what was added survives a power cut now."""
        ...

    def by_code(self, code: int) -> list[EntryRow]:
        """Return the rows under a visit code's number, in no order."""
        ...

    def by_subject(self, subject: int, limit: int) -> list[EntryRow]:
        """Return a subject's newest rows, newest first."""
        ...

    def by_time(self, start: int, end: int) -> Iterator[EntryRow]:
        """Yield the rows of a period (µs, end exclusive), oldest first."""
        ...

    def by_id(self, entry_id: bytes) -> EntryRow | None:
        """Return the row of one entry, or None when it is not kept."""
        ...
