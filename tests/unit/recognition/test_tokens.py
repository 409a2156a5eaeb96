"""Tokens: one canonical string, one kind, one site, one time."""

import itertools
from typing import Any

import pytest
from itsdangerous import signer

from personalize.recognition.keys import KeyRing
from personalize.recognition.tokens import (
    CLICK_LIFE,
    COOKIE_LIFE,
    LEEWAY,
    LENGTH,
    Refusal,
    Token,
    TokenKind,
    Verifier,
    issue,
    verify,
)

NOW = 1_800_000_000_000_000
SECOND = 1_000_000
SITE = "https://example.org"
HANDLE, CAMPAIGN = bytes(range(16)), b"weekly"


def token(ring: KeyRing, kind: TokenKind = TokenKind.click, site: str = SITE, issued: int = NOW) -> str:
    return issue(ring, site, kind, HANDLE, issued, issued + CLICK_LIFE, CAMPAIGN)


def test_a_token_comes_back_as_it_was_issued(ring: KeyRing) -> None:
    text = token(ring)
    expected = Token(kind=TokenKind.click, handle=HANDLE, issued=NOW, expires=NOW + CLICK_LIFE, campaign=CAMPAIGN)
    assert len(text) == LENGTH == 87
    assert verify(ring, SITE, TokenKind.click, text, NOW) == expected
    assert verify(ring, SITE, TokenKind.click, text.encode(), NOW) == expected


SITES = ["https://example.org", "https://example.com", "http://example.org", "https://example.org:8443"]
USES = list(itertools.product(TokenKind, SITES))


def test_only_the_diagonal_of_kinds_and_sites_passes(ring: KeyRing) -> None:
    issued = {use: token(ring, *use) for use in USES}
    passed = [
        (made, read)
        for made, read in itertools.product(USES, USES)
        if isinstance(verify(ring, read[1], read[0], issued[made], NOW), Token)
    ]
    assert passed == [(use, use) for use in USES]


def test_a_slash_after_the_sites_url_makes_no_difference(ring: KeyRing) -> None:
    assert isinstance(verify(ring, SITE + "/", TokenKind.click, token(ring), NOW), Token)


@pytest.mark.parametrize(
    ("moment", "answer"),
    [
        (NOW - LEEWAY, Token),
        (NOW - LEEWAY - SECOND, Refusal.future),
        (NOW + CLICK_LIFE, Token),
        (NOW + CLICK_LIFE + LEEWAY, Token),
        (NOW + CLICK_LIFE + LEEWAY + SECOND, Refusal.expired),
        (0, Refusal.future),
        (-(10**20), Refusal.future),
        (10**30, Refusal.expired),
    ],
)
def test_time_has_a_leeway_of_two_minutes_at_both_ends(ring: KeyRing, moment: int, answer: Any) -> None:
    found = verify(ring, SITE, TokenKind.click, token(ring), moment)
    assert isinstance(found, Token) if answer is Token else found is answer


def test_a_cookie_lives_a_day_at_most(ring: KeyRing) -> None:
    text = token(ring, TokenKind.cookie)
    end = NOW + COOKIE_LIFE + LEEWAY
    assert isinstance(verify(ring, SITE, TokenKind.cookie, text, end), Token)
    assert verify(ring, SITE, TokenKind.cookie, text, end + SECOND) is Refusal.expired


def test_an_older_key_verifies_until_it_is_retired(ring: KeyRing) -> None:
    text, rotated = token(ring), ring.rotate(NOW)
    assert isinstance(verify(rotated, SITE, TokenKind.click, text, NOW), Token)
    assert verify(rotated.retire(1, NOW), SITE, TokenKind.click, text, NOW) is Refusal.retired_key
    assert verify(ring, SITE, TokenKind.click, token(rotated), NOW) is Refusal.unknown_key


def test_another_ring_with_the_same_id_forges_nothing(ring: KeyRing) -> None:
    assert verify(ring, SITE, TokenKind.click, token(KeyRing.new(NOW)), NOW) is Refusal.forged


def test_the_spare_bits_of_base64_are_no_second_spelling(ring: KeyRing) -> None:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    text = token(ring)
    siblings = [text[:42] + letter + text[43:] for letter in alphabet]
    siblings += [text[:86] + letter for letter in alphabet]
    accepted = {each for each in siblings if isinstance(verify(ring, SITE, TokenKind.click, each, NOW), Token)}
    assert accepted == {text}


JUNK = [None, 7, "", b"", "a" * 87, "é" * 87, b"\xff" * 87, ["a"] * 87, "." * 87, "\ud800" * 87]


@pytest.mark.parametrize("junk", JUNK, ids=[f"{number}" for number in range(len(JUNK))])
def test_junk_of_any_type_is_refused(ring: KeyRing, junk: Any) -> None:
    assert verify(ring, SITE, TokenKind.click, junk, NOW) in {Refusal.malformed, Refusal.wrong_kind}


@pytest.mark.parametrize(("handle", "campaign"), [(b"short", CAMPAIGN), (HANDLE, b"longer than six")])
def test_issuing_with_a_wrong_length_is_refused(ring: KeyRing, handle: bytes, campaign: bytes) -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        issue(ring, SITE, TokenKind.click, handle, NOW, NOW + 1, campaign)


@pytest.fixture
def hmacs(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A list that grows by one with every signature computed."""
    made: list[int] = []
    original = signer.HMACAlgorithm.get_signature

    def counted(self: signer.HMACAlgorithm, key: bytes, value: bytes) -> bytes:
        made.append(1)
        return original(self, key, value)

    monkeypatch.setattr(signer.HMACAlgorithm, "get_signature", counted)
    return made


def test_junk_costs_one_hmac_at_most_however_many_keys(ring: KeyRing, hmacs: list[int]) -> None:
    for _ in range(20):
        ring = ring.rotate(NOW)
    text = token(ring)
    hmacs.clear()
    forged = text[:-2] + ("AA" if text[-2:] != "AA" else "BB")
    assert verify(ring, SITE, TokenKind.click, forged, NOW) is Refusal.forged
    assert len(hmacs) == 1
    assert verify(ring, SITE, TokenKind.click, "a" * 2_000_000, NOW) is Refusal.malformed
    assert len(hmacs) == 1


def test_a_remembered_token_costs_no_hmac_and_still_expires(ring: KeyRing, hmacs: list[int]) -> None:
    verifier, text = Verifier(ring, SITE), token(ring).encode()
    first = verifier.verify(TokenKind.click, text, NOW)
    hmacs.clear()
    assert verifier.verify(TokenKind.click, text, NOW) == first
    assert verifier.verify(TokenKind.click, text, NOW + CLICK_LIFE + 2 * LEEWAY) is Refusal.expired
    assert verifier.verify(TokenKind.click, text, 0) is Refusal.future
    assert verifier.verify(TokenKind.cookie, text, NOW) is Refusal.wrong_kind
    assert hmacs == []


def test_junk_cannot_push_out_what_passed(ring: KeyRing, hmacs: list[int]) -> None:
    verifier, text = Verifier(ring, SITE, size=2), token(ring).encode()
    verifier.verify(TokenKind.click, text, NOW)
    for number in range(100):
        verifier.verify(TokenKind.click, text[:-3] + b"%03d" % number, NOW)
    hmacs.clear()
    assert isinstance(verifier.verify(TokenKind.click, text, NOW), Token)
    assert hmacs == []
