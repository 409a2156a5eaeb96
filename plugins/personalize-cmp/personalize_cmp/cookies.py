"""Find the banner's cookie in a request and read what scripts write in it. What is in doubt is a no."""

import json
import re
from binascii import a2b_qp
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from personalize.hooks import Agreed, ConsentSource

Headers = Sequence[tuple[bytes, bytes]]
Words = Mapping[str, bool | Agreed | None]
MAX_HEADER = 8 * 1024
"""Longer Cookie headers are not read."""
MAX_PAIR = 4096
"""No browser keeps a cookie whose name and value are longer (RFC 6265bis, section 5.6)."""
MOST_KEPT = 1024
NOTHING: Words = {}
WRITTEN = re.compile(rb"(?:[A-Za-z0-9\-_.!~*'()]|%[0-9A-Fa-f]{2})+")
"""What JavaScript's encodeURIComponent writes."""


class Unreadable(ValueError):
    """The cookie is not what its banner writes: it was cut, forged, or encoded otherwise."""


def source(
    name: str, cookie: bytes, version: str, purposes: Iterable[str], judge: Callable[[bytes], Words]
) -> ConsentSource:
    """Return the source that asks `judge` about the value of one cookie.

    No cookie says nothing. One that is there twice, too long, or Unreadable refuses every purpose.
    Values are judged once and kept.
    """
    names = tuple(purposes)
    refused: Words = dict.fromkeys(names, False)

    @lru_cache(MOST_KEPT)
    def judged(value: bytes) -> Words:
        try:
            return judge(value)
        except Unreadable:
            return refused

    def read(headers: Headers, _: object) -> Words:
        found = values(headers, cookie)
        if not found:
            return NOTHING
        readable = len(found) == 1 and 0 < len(found[0]) <= MAX_PAIR - len(cookie)
        return judged(found[0]) if readable else refused

    return ConsentSource(name=name, read=read, purposes=names, version=version)


def values(headers: Headers, name: bytes) -> list[bytes]:
    """Return the values of the cookies with exactly this name, two at most; linear in the header's length.

    Several Cookie headers count as one. More than 8 KiB are not searched: what may be there has no value.
    """
    lines = [value for key, value in headers if key == b"cookie"]
    if not lines:
        return []
    if sum(map(len, lines)) > MAX_HEADER:
        return [b""]
    line, start, found = lines[0] if len(lines) == 1 else b"; ".join(lines), name + b"=", list[bytes]()
    at = line.find(start)
    while at >= 0 and len(found) < 2:
        if at == 0 or line[at - 1 : at] == b";" or line[max(at - 2, 0) : at] == b"; ":
            found.append(line[at + len(start) :].partition(b";")[0])
        at = line.find(start, at + len(start))
    return found


def written_object(value: bytes) -> dict[str, Any]:
    """Return the JSON object that a script wrote with encodeURIComponent. Raises Unreadable."""
    if not WRITTEN.fullmatch(value):
        raise Unreadable
    try:
        plain = a2b_qp(value.replace(b"%", b"="))  # the same code but for its sign, and read by C
        found = json.loads(plain.decode(), object_pairs_hook=_object, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise Unreadable from error
    if not isinstance(found, dict):
        raise Unreadable
    return found


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Unreadable
    return found


def _refuse(constant: str) -> None:
    raise Unreadable(constant)
