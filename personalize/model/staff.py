"""Who of the staff looks, and what is written down of every look."""

from enum import StrEnum

from msgspec import Struct

REFUSED = "refused"
"""The kind of a look beyond the limit: nothing was shown."""
BY_IDENTIFIER = ("identifier", "cli:find")
"""Kinds of looks that count against the limits even where they found nobody, each by what was typed."""


class Role(StrEnum):
    """What a member of staff is there for; several may be held at once."""

    service = "service"
    supervisor = "supervisor"
    data_officer = "data_officer"
    editor = "editor"
    admin = "admin"


class Staff(Struct, frozen=True, kw_only=True):
    """A member of staff: what `staff=`, the site's single sign-on or a local account says of them."""

    name: str
    roles: frozenset[Role]


class Look(Struct, frozen=True, kw_only=True):
    """One look-up, as the trail keeps it, written before anything personal is shown (law 12).

    `at` is µs since 1970 UTC, `role` what entitled to it, `what` the kind of look, such as
    "code", "receipt", "identifier", "entry", "timeline", "unmask", "recall", "export", "erase", "stop" or
    "cli:explain". `subject` is 0 where none was found. `query` never holds a typed identifier in
    clear: only its kind and keyed hash (hex).
    """

    at: int
    staff: str
    role: str
    what: str
    reason: str
    case: str = ""
    subject: int = 0
    query: str = ""


class Account(Struct, frozen=True, kw_only=True):
    """A local account of a member of staff; `password` is an argon2 hash, `made_at` µs since 1970 UTC."""

    name: str
    roles: frozenset[Role]
    password: str
    made_at: int


class Session(Struct, frozen=True, kw_only=True):
    """Somebody who signed in; times are µs since 1970 UTC.

    `roles` are those that an identity provider gave; None where a local account has them.
    """

    name: str
    began_at: int
    seen_at: int
    roles: frozenset[Role] | None = None
