"""The headers of imports."""

from typing import Protocol

from msgspec import Struct


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
