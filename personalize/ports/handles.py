"""What stands behind click links."""

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct


class Handle(Struct, frozen=True, kw_only=True):
    """A row behind a click link: whom it recognises and until when (µs)."""

    subject: int
    mailing: str
    campaign: bytes
    issued: int
    expires: int
    revoked_at: int | None = None


class Revocation(Struct, frozen=True, kw_only=True):
    """That click links ended, and when (µs): those of one person, or of one mailing, where these are given."""

    at: int
    subject: int | None = None
    mailing: str | None = None


class HandleStore(Protocol):
    """The rows behind click links, kept under a hash of the handle."""

    def add_handles(self, rows: Sequence[tuple[bytes, Handle]]) -> None:
        """Keep these handles (SHA-256 of the handle, row) in one transaction."""
        ...

    def handle(self, digest: bytes) -> Handle | None:
        """Return the row of a handle's hash, revoked or not; None when there is none."""
        ...
