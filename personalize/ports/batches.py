"""The headers of imports."""

from typing import Protocol

from msgspec import Struct


class ImportHeader(Struct, frozen=True, kw_only=True):
    """What is known of an import before it has a number. Times are µs."""

    source: str
    file_name: str
    sha256: str
    observed_at: int
    imported_at: int
    accepted: int
    rejected: int


class Batch(ImportHeader, frozen=True, kw_only=True):
    """The header of one import: values refer to it by number."""

    number: int


class BatchStore(Protocol):
    """The headers of imports, for as long as an entry refers to them."""

    def batch(self, number: int) -> Batch | None:
        """Return the header of one import."""
        ...
