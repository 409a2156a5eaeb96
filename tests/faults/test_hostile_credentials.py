"""Cookies and click links that prove nothing (X18, X19): an anonymous page, status 200, and no cookie."""

import secrets
import time
from pathlib import Path
from typing import Any

import pytest

from personalize.model.moments import SECOND
from personalize.ports import Handle
from personalize.recognition.mailing import campaign_id
from personalize.recognition.recognise import handle_digest
from personalize.recognition.tokens import CLICK_LIFE, LEEWAY, TokenKind, issue
from personalize.testing.browser import OPENING
from tests.faults.site.app import customer
from tests.faults.site.browser import Site

READER = 3
SITE = "https://site.example"
HOUR = 3600 * SECOND
ALPHABET = "ABCXYZabcxyz0189-_.~=+/ %"


class Tokens:
    """Makes tokens for one reader of an open site."""

    def __init__(self, house: Any) -> None:
        self.house, self.now = house, house.clock.now()
        self.handle = secrets.token_bytes(16)
        row = Handle(
            subject=customer(house, READER).subject,
            mailing="weekly",
            campaign=campaign_id("weekly"),
            issued=self.now,
            expires=self.now + CLICK_LIFE,
        )
        house.store.handles.add_handles([(handle_digest(self.handle), row)])

    def token(self, kind: TokenKind, *, site: str = SITE, issued: int = 0, life: int = HOUR, ring: Any = None) -> str:
        issued = issued or self.now
        return issue(ring or self.house.ring, site, kind, self.handle, issued, issued + life, campaign_id("weekly"))


def anonymous(site: Site, token: str) -> None:
    """Check that a token proves nothing, as a cookie and as a link."""
    stranger = site.page(None)
    page = site.page(None, headers={"cookie": f"__Host-pz={token}"})
    assert (page.code, page.slots) == ("", stranger.slots)
    answer = site.client.get(f"/threaded?pzt={token}", headers=OPENING)
    assert (answer.status_code, answer.headers["location"]) == (303, "/threaded")
    assert "set-cookie" not in answer.headers


def test_a_good_link_and_cookie_are_taken(settings: Path) -> None:
    with Site(settings) as site:
        tokens = Tokens(site.house)
        answer = site.client.get(f"/?pzt={tokens.token(TokenKind.click)}", headers=OPENING)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert "__Host-pz=" in answer.headers["set-cookie"]
        page = site.page(None, headers={"cookie": f"__Host-pz={tokens.token(TokenKind.cookie)}"})
        assert page.code


@pytest.mark.parametrize("kind", TokenKind)
def test_a_token_that_was_changed_anywhere_proves_nothing(settings: Path, kind: TokenKind) -> None:
    with Site(settings) as site:
        token = Tokens(site.house).token(kind)
        for place in range(len(token)):
            other = ALPHABET[place % len(ALPHABET)]
            anonymous(site, f"{token[:place]}{'Q' if other == token[place] else other}{token[place + 1 :]}")
        for changed in (token[:-1], token + "A", token[::-1], token.lower(), "", ".", "A" * 87, token + token):
            anonymous(site, changed)


def test_a_token_out_of_its_time_place_or_kind_proves_nothing(settings: Path) -> None:
    with Site(settings) as site:
        tokens = Tokens(site.house)
        late, early = tokens.now - HOUR - LEEWAY - 2 * SECOND, tokens.now + LEEWAY + 60 * SECOND
        for kind in TokenKind:
            anonymous(site, tokens.token(kind, issued=late))
            anonymous(site, tokens.token(kind, issued=early))
            anonymous(site, tokens.token(kind, issued=(1 << 32) * SECOND - HOUR - SECOND))
            anonymous(site, tokens.token(kind, site="https://other.example"))
            anonymous(site, tokens.token(kind, ring=type(site.house.ring).new(tokens.now)))
        assert site.page(None, headers={"cookie": f"__Host-pz={tokens.token(TokenKind.click)}"}).code == ""
        answer = site.client.get(f"/threaded?pzt={tokens.token(TokenKind.cookie)}", headers=OPENING)
        assert "set-cookie" not in answer.headers
        assert site.health()["counters"]["token_refused"] >= 10


def test_a_cookie_of_two_megabytes_costs_nothing_and_proves_nothing(settings: Path) -> None:
    with Site(settings) as site:
        good = f"__Host-pz={Tokens(site.house).token(TokenKind.cookie)}"
        for cookie in ("a" * 2_000_000, f"{good}; {'b' * 2_000_000}", f"{'; ' * 1_000_000}{good}", f"{good}; {good}"):
            began = time.process_time()
            assert site.page(None, headers={"cookie": cookie}).code == ""
            assert time.process_time() - began < 0.5
        assert site.health()["counters"]["cookie_too_long"] == 2
        assert site.health()["counters"]["cookie_duplicate"] == 1


def test_a_long_cookie_beside_a_login_leaves_the_login_alone(settings: Path) -> None:
    with Site(settings) as site:
        assert site.page(READER, headers={"cookie": "x" * 2_000_000}).code
