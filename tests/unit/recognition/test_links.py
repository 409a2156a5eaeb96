"""Click links on arrival."""

import pytest

from personalize.recognition.links import (
    MAX_QUERY,
    has_token,
    is_navigation,
    is_prefetch,
    redirect_target,
    take_token,
)


@pytest.mark.parametrize(
    ("query", "token", "rest"),
    [
        (b"pzt=T", b"T", b""),
        (b"a=1&pzt=T", b"T", b"a=1"),
        (b"pzt=T&a=%20+%2f&&b=;", b"T", b"a=%20+%2f&&b=;"),
        (b"a=1&pzt=T&b=2", b"T", b"a=1&b=2"),
        (b"pzt=", b"", b""),
        (b"pzt=T&pzt=U&a", None, b"a"),
        (b"xpzt=T&pzt&PZT=T", None, b"xpzt=T&pzt&PZT=T"),
        (b"a=1;pzt=T", None, b"a=1;pzt=T"),
        (b"a=\xff\x00", None, b"a=\xff\x00"),
        (b"", None, b""),
    ],
)
def test_the_token_is_taken_and_the_rest_stays(query: bytes, token: bytes | None, rest: bytes) -> None:
    assert take_token(query) == (token, rest)


def test_a_huge_query_is_left_alone() -> None:
    query = b"pzt=T&" * 400_000
    assert not has_token(query)
    assert take_token(query) == (None, query)
    assert has_token(b"pzt=T&" + b"a" * (MAX_QUERY - 6))


BROWSER = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}


def raw(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in headers.items()]


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({}, False),
        ({"user-agent": "curl"}, False),
        (BROWSER, True),
        (BROWSER | {"sec-fetch-user": "?1"}, True),
        (BROWSER | {"sec-fetch-site": "none"}, True),
        (BROWSER | {"sec-fetch-dest": "iframe"}, False),
        (BROWSER | {"sec-fetch-dest": "frame"}, False),
        (BROWSER | {"sec-fetch-dest": "embed"}, False),
        (BROWSER | {"sec-fetch-dest": "object"}, False),
        (BROWSER | {"sec-fetch-dest": "image", "sec-fetch-mode": "no-cors"}, False),
        (BROWSER | {"sec-fetch-dest": "empty", "sec-fetch-mode": "cors"}, False),
        (BROWSER | {"sec-fetch-mode": "same-origin"}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-mode": "navigate"}, False),
        ({"sec-fetch-dest": "document"}, False),
        (BROWSER | {"sec-fetch-dest": "Document"}, False),
    ],
)
def test_only_a_page_opened_by_a_browser_is_a_navigation(headers: dict[str, str], allowed: bool) -> None:
    assert is_navigation("GET", raw(headers)) is allowed


@pytest.mark.parametrize("method", ["HEAD", "POST", "OPTIONS", "PUT", "get"])
def test_no_other_method_is_a_navigation(method: str) -> None:
    assert not is_navigation(method, raw(BROWSER))


def test_contradicting_headers_are_no_navigation() -> None:
    assert not is_navigation("GET", [*raw(BROWSER), (b"sec-fetch-dest", b"image")])
    assert not is_navigation("GET", [*raw(BROWSER), (b"sec-fetch-dest", b"document")])


@pytest.mark.parametrize(
    ("headers", "ahead"),
    [
        ({"sec-purpose": "prefetch"}, True),
        ({"sec-purpose": "prefetch;prerender"}, True),
        ({"purpose": "prefetch"}, True),
        ({"purpose": "Prefetch"}, True),
        ({"x-moz": "prefetch"}, True),
        ({"x-purpose": "preview"}, True),
        ({"x-other": "prefetch"}, False),
        ({"purpose": "reading"}, False),
        (BROWSER, False),
    ],
)
def test_a_prefetch_is_seen(headers: dict[str, str], ahead: bool) -> None:
    assert is_prefetch(raw(headers)) is ahead


@pytest.mark.parametrize(
    ("path", "query", "target"),
    [
        (b"/a/b", b"", b"/a/b"),
        (b"/a%2Fb%20c", b"q=%2e&x=+", b"/a%2Fb%20c?q=%2e&x=+"),
        (b"", b"", b"/"),
        (b"/", b"a=1", b"/?a=1"),
        (b"//evil.com", b"", b"/evil.com"),
        (b"/\\evil.com", b"", b"/evil.com"),
        (b"\\\\evil.com", b"", b"/evil.com"),
        (b"/\t/evil.com", b"", b"/%09/evil.com"),
        (b"/\r\nSet-Cookie: a", b"", b"/%0D%0ASet-Cookie:%20a"),
        (b"http://evil.com/", b"", b"/http://evil.com/"),
        (b"/a#b", b"c#d", b"/a%23b?c%23d"),
        (b"/a?x=1", b"y=2", b"/a?y=2"),
        ("/é".encode(), b"", b"/%C3%A9"),
    ],
)
def test_the_redirect_stays_on_this_site(path: bytes, query: bytes, target: bytes) -> None:
    assert redirect_target(path, query) == target
