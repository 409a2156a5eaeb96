"""What must hold for any bytes at all: tokens, cookies, queries, redirects."""

from urllib.parse import urljoin, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from personalize.recognition.cookies import read_cookies
from personalize.recognition.keys import KeyRing
from personalize.recognition.links import is_navigation, is_prefetch, redirect_target, take_token
from personalize.recognition.tokens import Refusal, Token, TokenKind, issue, verify

NOW = 1_800_000_000_000_000
SITE = "https://example.org"
RING = KeyRing.new(NOW).rotate(NOW)
TEXT = issue(RING, SITE, TokenKind.click, b"h" * 16, NOW, NOW + 10**9, b"weekly").encode()


@given(st.one_of(st.binary(max_size=200), st.text(max_size=100), st.binary(min_size=87, max_size=87)))
def test_no_input_raises_or_passes(text: bytes | str) -> None:
    assert isinstance(verify(RING, SITE, TokenKind.click, text, NOW), Refusal)


@given(
    handle=st.binary(min_size=16, max_size=16),
    campaign=st.binary(min_size=6, max_size=6),
    kind=st.sampled_from(TokenKind),
    issued=st.integers(0, 2**31),
    life=st.integers(0, 86_400),
)
def test_every_token_issued_is_read_back(
    handle: bytes, campaign: bytes, kind: TokenKind, issued: int, life: int
) -> None:
    start, end = issued * 10**6, (issued + life) * 10**6
    text = issue(RING, SITE, kind, handle, start, end, campaign)
    expected = Token(kind=kind, handle=handle, issued=start, expires=end, campaign=campaign)
    assert verify(RING, SITE, kind, text, start) == expected


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_a_cookie_between_any_bytes_is_read_exactly_or_not_at_all(before: bytes, after: bytes) -> None:
    header = before + b"__Host-pz=value" + after
    found = read_cookies([(b"cookie", header)], b"__Host-pz")
    assert not isinstance(found, bytes) or b"__Host-pz=" + found in header.split(b";") + header.split(b"; ")
    read_cookies([(b"cookie", before), (b"cookie", after)], b"__Host-pz")


pairs = st.lists(st.binary(max_size=12).filter(lambda pair: b"&" not in pair and not pair.startswith(b"pzt=")))


@given(pairs, pairs)
def test_taking_the_token_leaves_every_other_byte(before: list[bytes], after: list[bytes]) -> None:
    query = b"&".join([*before, b"pzt=" + TEXT, *after])
    assert take_token(query) == (TEXT, b"&".join([*before, *after]))


hostile = st.lists(st.sampled_from([*b"/\\\t\r\n\x0b @:?#;.%"]) | st.sampled_from([*b"evil.com"]), max_size=20)


@given(hostile.map(bytes) | st.binary(max_size=60), st.binary(max_size=60))
def test_a_redirect_never_leaves_the_site(path: bytes, query: bytes) -> None:
    target = redirect_target(path, query)
    text = target.decode("ascii")
    assert text.startswith("/")
    assert not text.startswith(("//", "/\\"))
    assert text.isprintable()
    assert " " not in text
    assert urlsplit(urljoin("https://example.org/page", text)).netloc == "example.org"


headers = st.lists(
    st.tuples(
        st.sampled_from([b"sec-fetch-mode", b"sec-fetch-dest", b"sec-purpose", b"x-moz", b"x"]),
        st.binary(max_size=20) | st.sampled_from([b"navigate", b"document", b"prefetch"]),
    )
)


@given(headers)
def test_any_headers_get_an_answer(held: list[tuple[bytes, bytes]]) -> None:
    assert is_navigation("GET", held) in (True, False)
    assert is_prefetch(held) in (True, False)
