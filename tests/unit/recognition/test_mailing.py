"""Links for a mailing."""

from typing import Any
from urllib.parse import urlsplit

import pytest

from personalize.errors import LinkRefused
from personalize.recognition.keys import KeyRing
from personalize.recognition.links import take_token
from personalize.recognition.mailing import campaign_id, make_link, with_token
from personalize.recognition.recognise import Arrival, Recogniser
from personalize.recognition.tokens import CLICK_LIFE

NOW = 1_800_000_000_123_456
SITE = "https://example.org"


def made(ring: KeyRing, people: Any, url: str = SITE, mailing: str = "weekly") -> str:
    return make_link(ring, people, site=SITE, url=url, subject=7, mailing=mailing, now=NOW)


def test_a_link_recognises_its_subject(ring: KeyRing, people: Any, recogniser: Recogniser) -> None:
    url = made(ring, people, SITE + "/article?id=3#top")
    token, rest = take_token(urlsplit(url).query.encode())
    assert url.startswith(SITE + "/article?id=3&pzt=")
    assert url.endswith("#top")
    assert rest == b"id=3"
    arrival = recogniser.arrive(token or b"", NOW)
    assert isinstance(arrival, Arrival)
    assert arrival.visitor.subject == 7


def test_each_link_has_a_handle_and_a_row_of_its_own(ring: KeyRing, people: Any) -> None:
    links = {made(ring, people) for _ in range(20)}
    assert len(links) == len(people.rows) == 20
    row = next(iter(people.rows.values()))
    assert (row.subject, row.mailing, row.campaign) == (7, "weekly", campaign_id("weekly"))
    assert row.expires - row.issued == CLICK_LIFE


def test_the_link_says_nothing_about_the_person(ring: KeyRing, people: Any) -> None:
    url = made(ring, people)
    digest = next(iter(people.rows))
    assert len(urlsplit(url).query) == len("pzt=") + 87
    assert digest.hex() not in url


def test_a_campaign_id_has_6_bytes_and_goes_by_the_name() -> None:
    assert len(campaign_id("weekly")) == 6
    assert campaign_id("caf\u00e9") == campaign_id("cafe\u0301") != campaign_id("cafe")


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.com/",
        "http://example.org/",
        "//example.org/",
        "/article",
        "https://example.org@evil.com/",
        "https://user@example.org/",
        "https://example.org\\@evil.com/",
        "https://example.org:444/",
        "https://example.org:port/",
        "https://[::1/",
        "javascript:alert(1)",
        "https://example.org/a b",
        "https://example.org/a\n",
        "https://example.org/" + "a" * 2000,
        "",
    ],
)
def test_a_link_that_would_not_lead_to_this_site_is_refused(ring: KeyRing, people: Any, url: str) -> None:
    with pytest.raises(LinkRefused):
        made(ring, people, url)
    assert people.rows == {}


def test_a_mailing_without_name_is_refused(ring: KeyRing, people: Any) -> None:
    with pytest.raises(LinkRefused, match="no name"):
        made(ring, people, mailing=" ")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.org/", "https://example.org/?pzt=T"),
        ("https://example.org/?", "https://example.org/?pzt=T"),
        ("https://example.org/?a=1", "https://example.org/?a=1&pzt=T"),
        ("https://example.org/?pzt=OLD&a=1#f?g", "https://example.org/?a=1&pzt=T#f?g"),
    ],
)
def test_the_token_joins_the_query(url: str, expected: str) -> None:
    assert with_token(url, "T") == expected


def test_a_bare_site_gets_its_root_path(ring: KeyRing, people: Any) -> None:
    assert made(ring, people, SITE).startswith(SITE + "/?pzt=")
