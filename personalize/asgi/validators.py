"""ETags of public pages: a page whose slots were filled for strangers is another one under each recipe."""

import re
from collections.abc import Callable, Sequence
from hashlib import sha256

from cachetools import LRUCache

from personalize.asgi.caching import header, without
from personalize.asgi.contract import RawHeaders
from personalize.asgi.markers import Marker
from personalize.model.decisions import Decision

_TAG = re.compile(rb'(W/)?"([^"]*)"')
_SUFFIX = re.compile(rb"~pz-[0-9a-f]+-[0-9a-f]+\Z")
CONDITIONS = frozenset({b"if-none-match", b"if-modified-since", b"if-match", b"if-unmodified-since"})
RANGES = frozenset({b"range", b"if-range"})
MOST_PAGES = 4096
LONGEST = 1024
"""Bytes of an address that is remembered: anybody can make up others, and longer ones (T17)."""


def suffix_of(decisions: Sequence[Decision]) -> bytes:
    """Return what the ETag of a page is extended by: the recipe's hash and what is shown; or nothing."""
    if not any(decision.variant for decision in decisions):
        return b""
    shown = sha256("\0".join(decision.variant or "" for decision in decisions).encode()).hexdigest()[:8]
    return f"~pz-{decisions[0].recipe[:16]}-{shown}".encode()


def extend(etag: bytes, suffix: bytes) -> bytes:
    """Return an ETag with the suffix inside its quotes; anything that is no ETag as it was."""
    tag = _TAG.fullmatch(etag.strip())
    return (tag[1] or b"") + b'"' + tag[2] + suffix + b'"' if tag else etag


def extend_in(headers: RawHeaders, suffix: bytes) -> RawHeaders:
    """Return response headers with their ETag extended. The date of a page says nothing of its slots."""
    return [
        (name, extend(value, suffix) if name.lower() == b"etag" else value)
        for name, value in without(headers, (b"last-modified",))
    ]


class PublicPages:
    """Remembers which markers public pages hold, so that their revalidation stays possible and honest."""

    def __init__(self) -> None:
        self._pages: LRUCache[bytes, tuple[Marker, ...]] = LRUCache(MOST_PAGES)

    def remember(self, page: bytes, markers: list[Marker]) -> None:
        """Note the markers of a complete page; one with a longer address stays unknown, which is always safe."""
        if len(page) <= LONGEST:
            self._pages[page] = tuple(markers)

    def markers(self, page: bytes) -> tuple[Marker, ...] | None:
        """Return the markers a page is known to hold, None where it is not known."""
        return self._pages.get(page)

    def revalidate(
        self, page: bytes, headers: RawHeaders, current: Callable[[tuple[Marker, ...]], bytes]
    ) -> tuple[RawHeaders, bytes]:
        """Return the request headers as the site may see them, and what its ETag is to be extended by.

        Conditions about another state of the page than the one it would show now are taken out:
        the site would answer 304 for a page whose slots have changed since.
        """
        if not any(name in CONDITIONS or name in RANGES for name, _ in headers):
            return headers, b""
        known = self._pages.get(page)
        suffix = current(known) if known else b""
        if known is not None and not suffix and not _bears_a_suffix(headers):
            return headers, b""
        tags = _matching(header(headers, b"if-none-match") or b"", suffix) if known is not None else b""
        headers = without(headers, CONDITIONS | RANGES)
        return ([*headers, (b"if-none-match", tags)], suffix) if tags else (headers, b"")


def _bears_a_suffix(headers: RawHeaders) -> bool:
    return b"~pz-" in (header(headers, b"if-none-match") or b"") + (header(headers, b"if-range") or b"")


def _matching(value: bytes, suffix: bytes) -> bytes:
    """Return the ETags of that state of the page, as the site knows them."""
    kept: list[bytes] = []
    for tag in _TAG.finditer(value):
        found = _SUFFIX.search(tag[2])
        if (found[0] if found else b"") == suffix:
            kept.append((tag[1] or b"") + b'"' + tag[2][: len(tag[2]) - len(suffix)] + b'"')
    return b", ".join(kept)
