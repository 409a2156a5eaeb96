"""Our cookie among hostile ones."""

import pytest

from personalize.recognition.cookies import (
    MAX_HEADER,
    CookieFault,
    clear_cookie_header,
    cookie_name,
    read_cookies,
    set_cookie_header,
)

NAME = b"__Host-pz"
SITE, DEVELOPMENT = "https://example.org", "http://127.0.0.1:8000"


def taken_from(header: bytes, name: bytes = NAME) -> bytes | None:
    value = read_cookies([(b"cookie", header)], name)
    return None if isinstance(value, CookieFault) else value


@pytest.mark.parametrize(
    ("header", "value"),
    [
        (b"__Host-pz=v", b"v"),
        (b"a=1; __Host-pz=v; b=2", b"v"),
        (b"a=1;__Host-pz=v;b=2", b"v"),
        (b"a=1; __Host-pz=a=b==; b", b"a=b=="),
        (b'__Host-pz="v"', b'"v"'),
        (b"__Host-pz=", b""),
        (b"", None),
        (b"__Host-pz", None),
        (b"__Host-pz; a=1", None),
        (b"x__Host-pz=v", None),
        (b"__Host-pzx=v", None),
        (b"__HOST-PZ=v", None),
        (b"__Host-pz =v", None),
        (b"a=__Host-pz=v", None),
        (b"=__Host-pz=v", None),
        (b"a=b; =__Host-pz=v", None),
        (b"a=1;  __Host-pz=v", None),
        (b"__Host-pz=v; __Host-pz=w", None),
        (b"__Host-pz=v;__Host-pz=v", None),
        (b"__Host-pz=; __Host-pz=v", None),
    ],
)
def test_one_cookie_is_read_by_its_exact_name(header: bytes, value: bytes | None) -> None:
    assert taken_from(header) == value


AROUND = [
    *(bytes([code]) for code in (*range(0x21), *range(0x7F, 0x100)) if code != 0x20),
    *(chr(code).encode() for code in (*range(0x2000, 0x2010), 0x2028, 0x202F, 0x205F, 0x3000, 0xFEFF)),
    b"  ",
]


@pytest.mark.parametrize("where", ["before", "after"])
@pytest.mark.parametrize("strange", AROUND, ids=bytes.hex)
def test_a_name_with_strange_bytes_around_it_is_another_name(strange: bytes, where: str) -> None:
    name = strange + NAME if where == "before" else NAME + strange
    for forged in (name + b"=evil", b"a=1; " + name + b"=evil", b"a=1;" + name + b"=evil"):
        assert taken_from(forged) is None
        assert taken_from(b"__Host-pz=good; " + forged) == b"good"


def test_two_headers_count_as_one() -> None:
    ours, other = (b"cookie", b"__Host-pz=v"), (b"cookie", b"a=1")
    assert read_cookies([(b"host", b"x"), other, ours], NAME) == b"v"
    assert read_cookies([ours, other, ours], NAME) is CookieFault.duplicate
    assert read_cookies([(b"host", b"__Host-pz=v")], NAME) is None


def test_the_cap_holds_across_headers() -> None:
    half = (b"cookie", b"a" * (MAX_HEADER // 2))
    assert read_cookies([(b"cookie", b"__Host-pz=v"), half], NAME) == b"v"
    assert read_cookies([(b"cookie", b"__Host-pz=v"), half, half], NAME) is CookieFault.too_long


class Counted(bytes):
    """Bytes that count how often, and from where, they are searched."""

    searched: int

    def find(self, *args: object) -> int:
        start = args[1] if len(args) > 1 else 0
        assert isinstance(start, int)
        found = super().find(*args)
        self.searched = getattr(self, "searched", 0) + (len(self) if found < 0 else found) - start
        return found


HOSTILE = [b"__Host-pz=", b"x__Host-pz=", b"__Host-p", b'"\\', b"; ", b"=", b"a=1; "]


@pytest.mark.parametrize("piece", HOSTILE)
@pytest.mark.parametrize("length", [1024, 4096, MAX_HEADER])
def test_every_byte_is_searched_once(piece: bytes, length: int) -> None:
    header = Counted((piece * length)[:length])
    taken_from(header)
    assert header.searched <= length


@pytest.mark.parametrize("piece", HOSTILE)
@pytest.mark.parametrize("length", [MAX_HEADER + 1, 2_000_000])
def test_above_the_cap_nothing_is_searched(piece: bytes, length: int) -> None:
    header = Counted((piece * length)[:length])
    assert taken_from(header) is None
    assert not hasattr(header, "searched")


def test_our_cookie_has_exactly_these_attributes() -> None:
    assert set_cookie_header(SITE, "v.w-x_1") == (
        b"set-cookie",
        b"__Host-pz=v.w-x_1; Path=/; Secure; HttpOnly; SameSite=Lax",
    )
    assert set_cookie_header(DEVELOPMENT, "v")[1] == b"pz-dev=v; Path=/; HttpOnly; SameSite=Lax"
    assert clear_cookie_header(SITE)[1] == b"__Host-pz=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0"


def test_what_is_set_is_read_back() -> None:
    for site in (SITE, DEVELOPMENT):
        pair = set_cookie_header(site, "value")[1].partition(b";")[0]
        assert taken_from(b"a=1; " + pair, cookie_name(site)) == b"value"


@pytest.mark.parametrize("value", ["", "a;b", "a b", "a\r\nset-cookie: b", "é", '"a"', "a" * 257, "a\n"])
def test_a_value_that_could_end_the_cookie_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="letters"):
        set_cookie_header(SITE, value)
