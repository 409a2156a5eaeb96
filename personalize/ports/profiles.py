"""Who is known, and what is known of them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from personalize.model.attributes import Stored
from personalize.model.consent import ConsentEvent

Plain = str | int | float | bool | tuple[str, ...] | None
Item = tuple[str, Plain, int]
"""An attribute, its delivered form, when it was observed (µs)."""
Delivery = tuple[int, bytes]
"""The number of a batch, and what it brought of one person: a body that profile/delivered.py reads."""


class Person(Struct, frozen=True, kw_only=True):
    """A subject as the store knows it: its values by attribute, its consent epoch, its sealing key (32 bytes)."""

    subject: int
    epoch: int
    key: bytes
    values: dict[str, Stored]


class Sight(Struct, frozen=True):
    """A subject as one look at the store shows it: consent, values and key of one and the same moment.

    `events` are in the order in which they were recorded, `delivered` in that of the sources' names.
    """

    subject: int
    epoch: int
    key: bytes
    events: list[ConsentEvent]
    delivered: list[Delivery]


class Observed(Struct, frozen=True, kw_only=True):
    """A value that a site saw on a device, to be kept of `subject` while what allowed it stands.

    `under` is the consent epoch of each subject who agreed, `until` when (µs) the first of these agreements ends.
    """

    subject: int
    source: str
    name: str
    stored: Stored
    under: tuple[tuple[int, int], ...]
    until: int


class ProfileStore(Protocol):
    """Who is known, and what is known of them. Raises StoreError."""

    def subject_of(self, digest: bytes) -> int | None:
        """Return the one subject of a keyed identifier hash; None when unknown or claimed by two."""
        ...

    def claimants(self, digest: bytes) -> list[int]:
        """Return who has an identifier, 20 at most: it counts for nobody where they are several."""
        ...

    def load(self, subject: int) -> Person | None:
        """Return a subject's values, epoch and key, or None when there is no such subject."""
        ...

    def sight_of(self, digest: bytes) -> tuple[int | None, Sight | None]:
        """Return what `subject_of` does, and the `sight` of that subject, by one read."""
        ...

    def sight(self, subject: int) -> Sight | None:
        """Return what deciding about a subject takes, or None where `load` would."""
        ...

    def create(self, digests: Sequence[tuple[str, bytes]], now: int) -> int:
        """Make a subject with its sealing key and its identifiers (kind, keyed hash); return its reference.

        Raises IdentifierClaimed where two people have the first identifier already.
        """
        ...

    def remember(self, subject: int, source: str, values: Mapping[str, Stored]) -> None:
        """Put these values beside what a source delivered about a subject, in one transaction."""
        ...

    def keep(self, observed: Sequence[Observed], by: int, wait: float) -> list[int]:
        """Put these values, where nobody concerned said anything since, beside what is there, in one transaction.

        `by` is the latest time (µs) of writing: what is allowed no longer than that is left out. `wait` is for how long
        (s) another writer may hold it up. Returns of whom something was kept. Raises StoreLocked.
        """
        ...

    def subjects(self) -> Iterator[int]:
        """Yield every known subject, in order."""
        ...
