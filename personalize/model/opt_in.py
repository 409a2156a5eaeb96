"""A wish that waits for the person's own word from their mailbox (double opt-in)."""

from msgspec import Struct

from personalize.model.people import Visitor


class OptIn(Struct, frozen=True, kw_only=True):
    """One request and the one mail that follows from it. Times are µs since 1970 UTC.

    `handle` are the 16 bytes in the mailed link, worth nothing without our signature; `receipt` are 8 bytes
    by which whoever asked can see what became of the mail. `digest` is the keyed hash of the address,
    `network` that of where the request came from. `address` is empty once it is no longer needed.
    `due` is when the mail is to be sent (again), None when there is nothing to send. `problem` is what the
    mail server said last. `subject` is the person who confirmed, 0 before that: then nobody is known by it.
    """

    handle: bytes
    receipt: bytes
    digest: bytes
    network: bytes
    purpose: str
    notice: str
    lang: str
    sha256: str
    address: str
    asked_at: int
    expires: int
    due: int | None
    tries: int = 0
    problem: str = ""
    confirmed_at: int | None = None
    subject: int = 0


class Confirmed(Struct, frozen=True, kw_only=True):
    """What a site is told of a confirmed sign-up: who it was, for what, and the address that is proven to be theirs."""

    visitor: Visitor
    purpose: str
    address: str
    lang: str
