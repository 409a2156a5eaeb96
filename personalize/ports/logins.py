"""Visitors whom an identity provider logged in."""

from typing import Protocol

from msgspec import Struct


class KeptLogin(Struct, frozen=True, kw_only=True):
    """A visitor whom an identity provider logged in; times are µs.

    `person` is the keyed hash of their identifier, `known_as` and `session` are keyed hashes of what the
    provider calls them and their session. What `sealed` holds only the reference in their cookie opens.
    """

    person: bytes
    known_as: bytes
    session: bytes
    began_at: int
    seen_at: int
    sealed: bytes


class LoginStore(Protocol):
    """The visitors whom an identity provider logged in, kept under a hash of the reference in their cookie."""

    def begin(self, digest: bytes, login: KeptLogin) -> None:
        """Keep a login."""
        ...

    def login(self, digest: bytes) -> KeptLogin | None:
        """Return a login, however old; None when it ended or never was."""
        ...

    def seen(self, digest: bytes, at: int) -> None:
        """Note that a login was used at this time (µs); one that ended stays so."""
        ...

    def end(self, digest: bytes) -> None:
        """Forget a login."""
        ...

    def end_all(self, *, known_as: bytes = b"", session: bytes = b"") -> int:
        """Forget every login of somebody, or of one session, as the provider calls them; return how many."""
        ...

    def sweep(self, began_before: int, seen_before: int) -> None:
        """Forget the logins that began, or were last used, before these times (µs)."""
        ...
