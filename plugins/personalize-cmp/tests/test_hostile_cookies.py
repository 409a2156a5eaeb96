"""What is forged, cut, too long, there twice or encoded otherwise never counts as consent (threats T14 and T15)."""

from collections.abc import Callable
from time import thread_time
from urllib.parse import quote_from_bytes

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .samples import (
    ALL,
    COOKIECONSENT,
    KLARO,
    PURPOSES,
    TCF,
    cc_cookie,
    field,
    klaro_cookie,
    ranges,
    said,
    source_of,
    tc_string,
    written,
)

GOOD = {
    "klaro": (KLARO, klaro_cookie(matomo=True, crm=True, mail=True)),
    "cookieconsent": (COOKIECONSENT, cc_cookie("analytics", "marketing", "crm")),
    "tcf": (TCF, f"euconsent-v2={tc_string(vendors=field(755), disclosed=field(755))}".encode()),
}
BANNERS = pytest.mark.parametrize("banner", GOOD)
MILLISECOND = 0.001


def agrees(banner: str, *cookies: bytes) -> bool:
    """Say whether any purpose counts as agreed to."""
    return True in said(GOOD[banner][0], *cookies).values()


@BANNERS
def test_the_cookie_is_found_among_others(banner: str) -> None:
    good = GOOD[banner][1]
    for line in (good, b"a=b; " + good, b"a=b;" + good + b"; c=d", b"x" + good + b"; " + good):
        assert agrees(banner, line)
    assert agrees(banner, b"a=b", good)


@BANNERS
def test_no_cookie_says_nothing(banner: str) -> None:
    name = GOOD[banner][1].partition(b"=")[0]
    for line in (b"", b"a=b", name, b"x" + GOOD[banner][1], b"a=" + GOOD[banner][1], name.upper() + b"=x"):
        assert said(GOOD[banner][0], line) == {}
    assert said(GOOD[banner][0]) == {}


@BANNERS
def test_a_cookie_that_is_there_twice_is_a_no(banner: str) -> None:
    options, good = GOOD[banner]
    for cookies in ([good + b"; " + good], [good, good], [good + b"; " + good.partition(b"=")[0] + b"="]):
        assert said(options, *cookies) == dict.fromkeys(PURPOSES, False)


@BANNERS
def test_a_name_after_other_blanks_is_not_the_cookie(banner: str) -> None:
    for before in (b"\xa0", b"\x85", b"\t", b"a=b;  ", b"a=b;\xa0", b"a=b;\t", b"a=b,"):
        assert said(GOOD[banner][0], before + GOOD[banner][1]) == {}


@BANNERS
def test_more_than_8_kib_of_cookies_are_a_no(banner: str) -> None:
    options, good = GOOD[banner]
    fill = b"; a=" + b"x" * (8 * 1024 - len(good) - 4)
    assert agrees(banner, good + fill)
    assert said(options, good + fill + b"x") == dict.fromkeys(PURPOSES, False)
    assert said(options, b"a" * 9_000) == dict.fromkeys(PURPOSES, False)


@BANNERS
def test_a_cut_cookie_never_agrees(banner: str) -> None:
    good = GOOD[banner][1]
    assert agrees(banner, good)
    assert not any(agrees(banner, good[:end]) for end in range(len(good)))


@BANNERS
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_value_out_of_the_blue_never_agrees(banner: str, data: st.DataObject) -> None:
    name = GOOD[banner][1].partition(b"=")[0]
    value = data.draw(st.one_of(st.binary(max_size=400), st.text(max_size=100).map(lambda text: text.encode())))
    for each in (value, quote_from_bytes(value, safe=b"").encode()):
        assert not agrees(banner, name + b"=" + each)


Change = Callable[[bytes, int, int], bytes]
CHANGES: dict[str, Change] = {
    "replaced": lambda text, at, byte: text[:at] + bytes([byte]) + text[at + 1 :],
    "put in": lambda text, at, byte: text[:at] + bytes([byte]) + text[at:],
    "taken out": lambda text, at, byte: text[:at] + text[at + 1 :],
    "cut": lambda text, at, byte: text[:at],
    "swapped": lambda text, at, byte: text[:at] + text[at + 1 : at + 2] + text[at : at + 1] + text[at + 2 :],
    "encoded twice": lambda text, at, byte: text.replace(b"%", b"%25"),
}
REFUSED = {
    "klaro": klaro_cookie(matomo=False, crm=False, mail=False),
    "cookieconsent": cc_cookie("necessary"),
}


@pytest.mark.parametrize("banner", REFUSED)
@given(at=st.integers(0, 400), byte=st.integers(0, 255), change=st.sampled_from(sorted(CHANGES)))
def test_no_single_change_makes_a_yes_of_a_refusal(banner: str, at: int, byte: int, change: str) -> None:
    name, _, value = REFUSED[banner].partition(b"=")
    assert not agrees(banner, name + b"=" + CHANGES[change](value, at % len(value), byte))


@BANNERS
@given(at=st.integers(0, 600), byte=st.integers(0, 255), change=st.sampled_from(sorted(CHANGES)))
def test_a_changed_cookie_is_answered_and_never_raises(banner: str, at: int, byte: int, change: str) -> None:
    options, good = GOOD[banner]
    assert set(said(options, CHANGES[change](good, at % len(good), byte)).values()) <= {True, False, None}


HOSTILE = {
    "klaro": [
        b"klaro=" + b"%7B" * 2_700,
        b"klaro=" + b"%5B" * 2_700,
        b"klaro=%7B%22matomo%22%3A" + b"9" * 8_000 + b"%7D",
        b"klaro=%7B%22matomo%22%3A-1e" + b"9" * 8_000 + b"%7D",
        b"klaro=%7B%22matomo%22%3ANaN%7D",
        b"klaro=%7B%22matomo%22%3Atrue%2C%22matomo%22%3Atrue%7D",
        b"klaro=%7B%22matomo%22%3Atrue%7D%00",
        b"klaro=%EF%BB%BF%7B%22matomo%22%3Atrue%7D",
        b"klaro=%7B%22%FF%22%3Atrue%7D",
        b'klaro={"matomo":true}',
        b'klaro="%7B%22matomo%22%3Atrue%7D"',
        b"klaro=%257B%2522matomo%2522%253Atrue%257D",
        b"klaro=%7B%22matomo%22:true%7D%u0020",
    ],
    "cookieconsent": [b"cc_cookie=" + b"%5B" * 2_700, b"cc_cookie=", b"cc_cookie=%7B%7D", b"cc_cookie=" + b"%" * 8_000],
    "tcf": [
        b"euconsent-v2=" + b"A" * 8_000,
        b"euconsent-v2=" + b"." * 8_000,
        b"euconsent-v2=" + b"C." * 4_000,
        b"euconsent-v2=" + b"_" * 8_000,
        b"euconsent-v2=" + ALL.replace("A", "A=", 1).encode(),
        b"euconsent-v2=" + ALL.replace(".", "%2E").encode(),
        b"euconsent-v2=" + ALL.encode() + b".",
        b"euconsent-v2=" + ALL.replace("A", "+").encode(),
        b"euconsent-v2=" + tc_string(vendors=ranges(*[(1, 65_535)] * 1_400)).encode(),
        b"euconsent-v2=" + tc_string(restrictions=f"{4_095:012b}" + "0" * 40_000).encode(),
    ],
}


@BANNERS
def test_hostile_cookies_never_agree(banner: str) -> None:
    assert not any(agrees(banner, cookie) for cookie in HOSTILE[banner])


@BANNERS
def test_no_cookie_costs_a_millisecond(banner: str) -> None:
    """The first sight of each; the least of five, so that others on the machine do not count."""
    for cookie in [*HOSTILE[banner], GOOD[banner][1], GOOD[banner][1].partition(b"=")[0] * 200_000]:
        headers = [(b"cookie", cookie)]
        costs = []
        for _ in range(5):
            read = source_of(GOOD[banner][0]).read
            start = thread_time()
            read(headers, PURPOSES)
            costs.append(thread_time() - start)
        assert min(costs) < MILLISECOND, cookie[:60]


@given(st.text(max_size=200), st.booleans())
def test_whatever_a_script_writes_is_read_as_it_was_meant(name: str, consent: bool) -> None:
    cookie = f"klaro={written({name: consent})}".encode()
    options = {"klaro": {"purposes": {"stats": [name or "x"]}}}
    assert said(options, cookie) == {"stats": consent if name else None}
