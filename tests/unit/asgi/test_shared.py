"""What a request for a context is, and for how long its page may be kept."""

import pytest

from personalize.asgi.shared import context_of, seconds_of

NAME = (b"personalize-context", b"0123456789abcdef")
NO = b"__Host-banner-no=0123456789abcdef"


@pytest.mark.parametrize("more", [[], [(b"cookie", NO)], [(b"accept", b"text/html")]])
def test_a_request_without_credentials_may_be_for_a_context(more: list[tuple[bytes, bytes]]) -> None:
    assert context_of([NAME, *more]) == "0123456789abcdef"


@pytest.mark.parametrize(
    "more",
    [
        [(b"cookie", b"")],
        [(b"cookie", b"session=1")],
        [(b"cookie", NO + b"; session=1")],
        [(b"cookie", b"session=1; " + NO)],
        [(b"cookie", NO), (b"cookie", b"session=1")],
        [(b"cookie", NO + b"\n")],
        [(b"authorization", b"Basic eA==")],
    ],
)
def test_a_request_that_bears_any_never_is(more: list[tuple[bytes, bytes]]) -> None:
    assert context_of([NAME, *more]) == ""


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ([], 0),
        ([b"public, max-age=0, s-maxage=60"], 60),
        ([b"max-age=30"], 30),
        ([b"MAX-AGE=30, Public"], 30),
        ([b"max-age=30", b"private"], 0),
        ([b"s-maxage=60, no-store"], 0),
        ([b"no-cache, s-maxage=60"], 0),
        ([b'private="x", s-maxage=60'], 0),
        ([b"s-maxage=-5"], 0),
        ([b"s-maxage=99999999999"], 0),
        ([b"xs-maxage=60"], 0),
    ],
)
def test_only_what_the_site_lets_shared_caches_keep_is_kept(said: list[bytes], seconds: int) -> None:
    assert seconds_of([(b"Cache-Control", value) for value in said]) == seconds


def test_a_page_that_sets_a_cookie_is_not_kept() -> None:
    assert seconds_of([(b"cache-control", b"s-maxage=60"), (b"Set-Cookie", b"a=b")]) == 0
