"""Click links on arrival: find the token, take it out of the url, tell a person's visit from a machine's."""

import re
from collections.abc import Iterable

MAX_QUERY = 8 * 1024
PARAMETER = b"pzt"
_START = PARAMETER + b"="
_NOT_IN_A_URL = re.compile(rb"[^\x21\x24-\x3b\x3d\x3f-\x7e]")
_LEADING_SLASHES = re.compile(rb"[/\\]*")
_AHEAD = re.compile(rb"prefetch|prerender|preview", re.IGNORECASE)
_PURPOSE_HEADERS = frozenset({b"sec-purpose", b"purpose", b"x-purpose", b"x-moz"})
_NAVIGATION = {b"sec-fetch-mode": b"navigate", b"sec-fetch-dest": b"document"}

Headers = Iterable[tuple[bytes, bytes]]


def has_token(query: bytes) -> bool:
    """Say whether a raw query string may carry a click token: the cheap question for every request."""
    return len(query) <= MAX_QUERY and _START in query


def take_token(query: bytes) -> tuple[bytes | None, bytes]:
    """Return the click token of a raw query string and the query without it, every other byte as it was.

    Two tokens count as none, and both are taken out. A query above 8 KiB is left as it is.
    """
    if not has_token(query):
        return None, query
    pairs = query.split(b"&")
    kept = [pair for pair in pairs if not pair.startswith(_START)]
    taken = next(pair for pair in pairs if pair.startswith(_START)) if len(pairs) - len(kept) == 1 else None
    return (None if taken is None else taken[len(_START) :]), b"&".join(kept)


def redirect_target(path: bytes, query: bytes) -> bytes:
    """Return a Location within this site for a raw path and query (T23).

    Leading slashes and backslashes become one slash, so that no path names another host; bytes
    that a browser would drop or take for a fragment are percent-encoded.
    """
    local = b"/" + _LEADING_SLASHES.sub(b"", path.partition(b"?")[0], count=1)
    target = local + b"?" + query if query else local
    return _NOT_IN_A_URL.sub(lambda found: b"%%%02X" % found[0][0], target)


def is_navigation(method: str, headers: Headers) -> bool:
    """Say whether a browser opens a page here: not an image, a frame or a script (T6); see `is_prefetch` too.

    A GET whose `Sec-Fetch-Mode` and `Sec-Fetch-Dest` are there, once each, and say so (Fetch Metadata).
    Scanners and libraries that send neither never open a page. `headers` are ASGI's, names in lower case.
    """
    if method != "GET":
        return False
    held = [(name, value) for name, value in headers if name in _NAVIGATION]
    return len(held) == len(_NAVIGATION) and dict(held) == _NAVIGATION


def is_prefetch(headers: Headers) -> bool:
    """Say whether the browser fetches ahead, for a person who may never look."""
    return any(name in _PURPOSE_HEADERS and _AHEAD.search(value) is not None for name, value in headers)
