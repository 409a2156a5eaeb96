"""Passwords of local accounts: argon2 through pwdlib, and never the same time saved for an unknown name."""

from functools import cache
from typing import TYPE_CHECKING

from personalize.errors import PersonalizeError

if TYPE_CHECKING:
    from pwdlib import PasswordHash

SHORTEST = 10
UNKNOWN = "nobody's"
MISSING = (
    "Local accounts need argon2: run `pip install 'personalize[staff]'`, or let your site sign staff in by `staff=`."
)


def hashed(password: str) -> str:
    """Return the argon2 hash of a password: 0.1 s and 64 MiB. Raises PersonalizeError without argon2."""
    return _hasher().hash(password)


def fits(password: str, kept: str | None) -> bool:
    """Say whether a password is the one of a kept hash; as slow where there is none (T12)."""
    matches = _hasher().verify(password, kept or _unknown())
    return matches and kept is not None


@cache
def _hasher() -> "PasswordHash":
    try:
        from pwdlib import PasswordHash
        from pwdlib.hashers.argon2 import Argon2Hasher
    except ImportError as error:
        raise PersonalizeError(MISSING) from error
    return PasswordHash((Argon2Hasher(),))


@cache
def _unknown() -> str:
    return hashed(UNKNOWN)
