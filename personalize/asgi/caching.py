"""Law 8: no shared cache holds a personalised body, and every other page stays as cacheable as it was."""

from collections.abc import Iterable

from personalize.asgi.contract import Message, RawHeaders

PRIVATE = (b"cache-control", b"private, no-store")
VARY = (b"vary", b"Cookie")
VALIDATORS = frozenset({b"etag", b"last-modified"})
_FOR_CACHES = VALIDATORS | {b"surrogate-control", b"edge-control", b"x-accel-expires", b"expires", b"age"}
_PLAIN = frozenset(
    {b"content-type", b"content-length", b"content-language", b"set-cookie", b"location", b"link", b"date", b"server"}
)
"""What says nothing to a cache: most pages bear no other header."""
_OF_THE_BODY = frozenset({b"content-md5", b"digest", b"content-digest", b"repr-digest", b"accept-ranges"})

Headers = Iterable[tuple[bytes, bytes]]


def headers_of(message: Message) -> RawHeaders:
    """Return the headers of a response start; the app's own list stays as it is."""
    return list(message.get("headers") or ())


def header(headers: Headers, wanted: bytes) -> bytes | None:
    """Return the first header of that name (lower case), or None."""
    return next((value for name, value in headers if name.lower() == wanted), None)


def without(headers: Headers, names: Iterable[bytes]) -> RawHeaders:
    """Return the headers but for these names (lower case)."""
    unwanted = frozenset(names)
    return [pair for pair in headers if pair[0].lower() not in unwanted]


def vary_by_cookie(headers: Headers) -> RawHeaders:
    """Return the headers with `Vary: Cookie` merged into what varies already."""
    merged = list(headers)
    if _are_plain(merged):
        merged.append(VARY)
        return merged
    last = -1
    for place, (name, value) in enumerate(merged):
        if name.lower() != b"vary":
            continue
        if {b"cookie", b"*"} & {part.strip() for part in value.lower().split(b",")}:
            return merged
        last = place
    if last < 0:
        return [*merged, VARY]
    name, value = merged[last]
    merged[last] = (name, value + b", Cookie" if value.strip() else b"Cookie")
    return merged


def keep_private(headers: Headers) -> RawHeaders:
    """Return headers under which no cache keeps the body: `private, no-store`, nothing to revalidate with.

    Every `…-cache-control` meant for a certain cache (RFC 9213) goes too.
    """
    every = list(headers)
    if _are_plain(every):
        every += (PRIVATE, VARY)
        return every
    kept = [pair for pair in every if not _is_for_caches(pair[0].lower())]
    return vary_by_cookie([*kept, PRIVATE])


def _is_for_caches(name: bytes) -> bool:
    return name in _FOR_CACHES or name.endswith(b"cache-control")


def _are_plain(headers: RawHeaders) -> bool:
    """Say so of the common case, in which nothing has to be looked into."""
    for name, _ in headers:  # noqa: SIM110  # a generator would take three times as long
        if name not in _PLAIN:
            return False
    return True


def replaced_body(headers: Headers) -> RawHeaders:
    """Return the headers without digests and ranges of a body that was changed."""
    return without(headers, _OF_THE_BODY)
