"""Mailings, and who came by their links."""

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

from personalize.ports.handles import Revocation


class FirstVisit(Struct, frozen=True):
    """A page view by a click link's cookie: the SHA-256 of its handle, whom it recognised, when (µs)."""

    digest: bytes
    subject: int
    at: int


class MailingCount(Struct, frozen=True, kw_only=True):
    """What is counted of a mailing. Times are µs; `until` is when the last of its links expires, 0 without links.

    `people` got links, `visitors` of them opened a page by one: each counts once. `links` are those still kept,
    `revoked` those of them that recognise nobody any more.
    """

    mailing: str
    began_at: int
    people: int
    visitors: int
    links: int = 0
    revoked: int = 0
    until: int = 0


class MailingStore(Protocol):
    """Mailings, and what became of their links. Raises StoreError."""

    def mailings(self) -> list[MailingCount]:
        """Return every mailing, the newest first."""
        ...

    def revoke(self, revocation: Revocation) -> int:
        """End the links of a person, of a mailing, of one in the other, or all; return how many ended now."""
        ...

    def count_visits(self, visits: Sequence[FirstVisit]) -> int:
        """Count people who came by a mailing, each once per mailing; return how many are new."""
        ...

    def sweep(self, before: int) -> int:
        """Forget the links that expired before this time (µs), not the counts; return how many."""
        ...
