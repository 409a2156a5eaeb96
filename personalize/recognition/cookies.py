"""Our cookie: read from the raw header by exact bytes, written with one fixed set of attributes."""

import re
from collections.abc import Iterable
from enum import StrEnum

MAX_HEADER = 8 * 1024
SECURE_NAME = b"__Host-pz"
DEVELOPMENT_NAME = b"pz-dev"
LONGEST = 400 * 86_400
"""Seconds that a browser keeps a cookie at most (RFC 6265bis, section 5.5)."""
JOINT = b"~"
"""Stands between a browser's token and a click's, where a cookie holds both."""
_SEMICOLON, _SPACE = b"; "
_VALUE = re.compile(r"[A-Za-z0-9_.~\-]{1,256}")


class CookieFault(StrEnum):
    """Why a cookie that may be there is not taken."""

    duplicate = "duplicate"
    too_long = "too_long"


def cookie_name(site: str) -> bytes:
    """Return the name of our cookie on a site of this url: `__Host-pz`, or another name over plain http."""
    return SECURE_NAME if _is_secure(site) else DEVELOPMENT_NAME


def read_cookies(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> bytes | CookieFault | None:
    """Return the value of the one cookie with exactly this name in a request's raw headers.

    `headers` are ASGI's, names in lower case. Several Cookie headers count as one, for the cap of 8 KiB and for
    duplicates (F4). A fault means none, and is given so that it can be counted. Linear time, never raises.
    """
    found = [value for key, value in headers if key == b"cookie"]
    if not found:
        return None
    return _read(found[0] if len(found) == 1 else b"; ".join(found), name)


def set_cookie_header(site: str, value: str, seconds: int = 0) -> tuple[bytes, bytes]:
    """Return the header that sets our cookie for the browser's session, or for so many seconds (T13).

    `value` holds letters, digits, `_`, `-`, `.` and `~` only, else ValueError.
    """
    if not _VALUE.fullmatch(value):
        raise ValueError("a cookie value holds letters, digits, '_', '-', '.' and '~' only")
    age = b"; Max-Age=%d" % min(seconds, LONGEST) if seconds else b""
    return b"set-cookie", _cookie(site, value.encode()) + age


def clear_cookie_header(site: str) -> tuple[bytes, bytes]:
    """Return the header that takes our cookie away."""
    return b"set-cookie", _cookie(site, b"") + b"; Max-Age=0"


def _is_secure(site: str) -> bool:
    return site.lower().startswith("https:")


def _cookie(site: str, value: bytes) -> bytes:
    secure = b"; Secure" if _is_secure(site) else b""
    return cookie_name(site) + b"=" + value + b"; Path=/" + secure + b"; HttpOnly; SameSite=Lax"


def _read(header: bytes, name: bytes) -> bytes | CookieFault | None:
    if len(header) > MAX_HEADER:
        return CookieFault.too_long
    start = name + b"="
    value: bytes | None = None
    at = header.find(start)
    while at >= 0:
        if _begins_a_pair(header, at):
            if value is not None:
                return CookieFault.duplicate
            value = header[at + len(start) :].partition(b";")[0]
        at = header.find(start, at + len(start))
    return value


def _begins_a_pair(header: bytes, at: int) -> bool:
    """Say whether a pair begins here: first of all, or after `;` and at most one space.

    Nothing is stripped: the bytes that a lenient parser strips are how a prefix is forged (F4).
    """
    if at == 0:
        return True
    before = header[at - 1]
    return before == _SEMICOLON or (before == _SPACE and at > 1 and header[at - 2] == _SEMICOLON)
