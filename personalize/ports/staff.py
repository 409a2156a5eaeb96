"""Staff: their accounts, who is signed in, and whom they looked at."""

from typing import Protocol

from msgspec import Struct

from personalize.model.staff import Account, Look, Session


class Closing(Struct, frozen=True, kw_only=True):
    """That no account of this name which was made before a time (µs) opens anything any more."""

    name: str
    before: int


class StaffStore(Protocol):
    """The trail: who of the staff looked at whom, when and why. Raises StoreError."""

    def note(self, look: Look) -> int:
        """Keep a look durably before returning its number in the trail."""
        ...

    def looks(self, *, since: int, until: int, staff: str = "", subject: int = 0, limit: int = 200) -> list[Look]:
        """Return the looks of a period (µs, end exclusive), newest first; empty and 0 mean anybody."""
        ...

    def note_within(self, look: Look, since: int, most: int) -> int:
        """Keep a look and return how many different subjects its staff looked up since then (µs), this included.

        Where that is more than `most` the look is kept as refused. No other look comes in between.
        """
        ...


class AccountStore(Protocol):
    """The local accounts of staff. Raises StoreError."""

    def put(self, account: Account) -> None:
        """Make an account, or replace the one of that name for good and end its sessions.

        Where the clock went back it counts as made after the one before.
        """
        ...

    def account(self, name: str) -> Account | None:
        """Return the account of this name."""
        ...

    def accounts(self) -> list[Account]:
        """Return every account, by name."""
        ...

    def remove(self, name: str, now: int) -> bool:
        """Remove an account at a time (µs) for good and end its sessions; say whether there was one."""
        ...


class SessionStore(Protocol):
    """Who of the staff is signed in, kept under a hash of the reference in their cookie. Raises StoreError."""

    def begin(self, digest: bytes, session: Session) -> None:
        """Keep a session."""
        ...

    def session(self, digest: bytes) -> Session | None:
        """Return a session, however old; None when it ended or never was."""
        ...

    def seen(self, digest: bytes, at: int) -> None:
        """Note that a session was used at this time (µs); one that ended stays so."""
        ...

    def end(self, digest: bytes) -> None:
        """Forget a session."""
        ...

    def sweep(self, before: int) -> None:
        """Forget the sessions that began before this time (µs)."""
        ...
