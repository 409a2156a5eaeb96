"""The guard before every POST."""

import pytest

from personalize.recognition.origin import from_this_site, origin_of

ORIGIN = b"https://example.org"


@pytest.mark.parametrize(
    ("headers", "passes"),
    [
        ([("sec-fetch-site", "same-origin")], True),
        ([("sec-fetch-site", "same-site")], False),
        ([("sec-fetch-site", "cross-site")], False),
        ([("sec-fetch-site", "none")], False),
        ([("sec-fetch-site", "")], False),
        ([("sec-fetch-site", "cross-site"), ("origin", "https://example.org")], False),
        ([("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")], False),
        ([("origin", "https://example.org")], True),
        ([("origin", "http://example.org")], False),
        ([("origin", "https://example.org.evil.com")], False),
        ([("origin", "https://example.org:444")], False),
        ([("origin", "null")], False),
        ([("origin", "https://example.org"), ("origin", "https://evil.com")], False),
        ([("referer", "https://example.org/page")], False),
        ([], False),
    ],
)
def test_only_a_page_of_this_site_may_post(headers: list[tuple[str, str]], passes: bool) -> None:
    assert from_this_site([(name.encode(), value.encode()) for name, value in headers], ORIGIN) is passes


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://Example.org/path", b"https://example.org"),
        ("https://example.org:443", b"https://example.org"),
        ("http://example.org:443", b"http://example.org:443"),
        ("http://127.0.0.1:8000/", b"http://127.0.0.1:8000"),
        ("http://[::1]:8000", b"http://[::1]:8000"),
        ("https://bücher.example", b"https://xn--bcher-kva.example"),
    ],
)
def test_an_origin_is_written_as_browsers_write_it(url: str, origin: bytes) -> None:
    assert origin_of(url) == origin
