"""Law 8: what caches are told."""

import pytest

from personalize.asgi.caching import keep_private, vary_by_cookie


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([], [(b"vary", b"Cookie")]),
        ([(b"Vary", b"Accept")], [(b"Vary", b"Accept, Cookie")]),
        ([(b"vary", b"accept, COOKIE")], [(b"vary", b"accept, COOKIE")]),
        ([(b"vary", b"*")], [(b"vary", b"*")]),
        ([(b"vary", b"")], [(b"vary", b"Cookie")]),
        ([(b"vary", b"a"), (b"vary", b"b")], [(b"vary", b"a"), (b"vary", b"b, Cookie")]),
        ([(b"vary", b"Cookie"), (b"vary", b"b")], [(b"vary", b"Cookie"), (b"vary", b"b")]),
        ([(b"vary", b"x-cookie")], [(b"vary", b"x-cookie, Cookie")]),
    ],
)
def test_vary_is_merged(before: list[tuple[bytes, bytes]], after: list[tuple[bytes, bytes]]) -> None:
    assert vary_by_cookie(before) == after


@pytest.mark.parametrize(
    "name",
    [
        b"Cache-Control", b"CDN-Cache-Control", b"cloudflare-cdn-cache-control", b"Surrogate-Control",
        b"x-accel-expires", b"Edge-Control", b"Akamai-Cache-Control", b"Netlify-CDN-Cache-Control",
        b"Vercel-CDN-Cache-Control", b"X-LiteSpeed-Cache-Control", b"Expires", b"Age", b"ETag", b"Last-Modified",
    ],
)  # fmt: skip
def test_nothing_that_lets_a_cache_keep_it_survives(name: bytes) -> None:
    headers = keep_private([(name, b"public, max-age=3600"), (b"x-kept", b"1"), (b"set-cookie", b"a=b")])
    assert headers == [
        (b"x-kept", b"1"),
        (b"set-cookie", b"a=b"),
        (b"cache-control", b"private, no-store"),
        (b"vary", b"Cookie"),
    ]
