"""The entries as they are looked up."""

from collections.abc import Iterator
from typing import Protocol

from personalize.model.cookbook import CookbookEntry
from personalize.ports.index import NO_END


class CookbookStore(Protocol):
    """The indexed entries and the journals' open tails, read as one."""

    def by_code(self, code: str) -> list[CookbookEntry]:
        """Return the entries under a visit code, oldest first."""
        ...

    def by_subject(self, subject: int, limit: int, start: int = 0, end: int = NO_END) -> list[CookbookEntry]:
        """Return a subject's newest entries of a period (µs, end exclusive), newest first."""
        ...

    def all_of(self, subject: int) -> Iterator[CookbookEntry]:
        """Yield all of a subject's entries, newest first."""
        ...

    def by_time(self, start: int, end: int) -> Iterator[CookbookEntry]:
        """Yield the entries of a period (µs, end exclusive), oldest first."""
        ...

    def by_id(self, entry_id: bytes) -> CookbookEntry | None:
        """Return one entry, or None when there is none under this id."""
        ...
