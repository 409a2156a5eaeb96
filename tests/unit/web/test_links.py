"""Whose link is it: two people at one browser, and somebody who is not the one the link was sent to."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from personalize.recognition.choices import LIFE, Choice, seal, unseal
from personalize.recognition.keys import KeyRing
from personalize.recognition.recognise import Credentials
from personalize.testing import Browser, TrialSite
from personalize.testing.browser import OPENING, Page

CONFIG = Path(__file__).resolve().parents[3] / "personalize" / "cli" / "starter" / "personalize.toml"
ANN, BEN = "customer_number:1", "customer_number:2"
OURS = {"sec-fetch-site": "same-origin", "content-type": "application/x-www-form-urlencoded"}
NOW = 1_800_000_000_000_000


@pytest.fixture(scope="module")
def site() -> Iterator[TrialSite]:
    with TrialSite(CONFIG) as trial:
        for person in (ANN, BEN):
            trial.knows(person, customer=True)
            trial.gives(person, "newsletter")
        yield trial


def subject_at(site: TrialSite, browser: Browser) -> int | None:
    held = browser.cookies.get("pz-dev", "").encode() or None
    return site.house.pipeline.prepare(Credentials(cookie=held)).visitor.subject


def post(browser: Browser, page: Page, **fields: str) -> Page:
    """Send the one form of a page."""
    found = re.search(r'<form method="post" action="([^"]+)"', page.text)
    assert found
    for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text):
        fields.setdefault(name, unescape(value))
    body = "&".join(f"{name}={value}" for name, value in fields.items()).encode()
    return browser.request("POST", urljoin(page.url, unescape(found[1])), OURS, body)


def test_a_link_for_another_reader_leads_to_a_choice_and_changes_nothing(site: TrialSite) -> None:
    browser = site.browser()
    browser.open(site.link(ANN))
    held, link = dict(browser.cookies), site.link(BEN)
    page = browser.open(link)
    token = link.partition("pzt=")[2]
    assert urlsplit(page.url).path == "/personalize/choose"
    assert token not in page.url + page.text
    assert (page.status, browser.cookies) == (200, held)
    assert page.headers["referrer-policy"] == "no-referrer"


def test_the_choice_is_made_by_a_post(site: TrialSite) -> None:
    browser = site.browser()
    browser.open(site.link(ANN))
    answer = post(browser, browser.open(site.link(BEN)))
    assert (answer.status, answer.headers["location"]) == (303, "/")
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert subject_at(site, browser) == site.house.subject_of(BEN)


def test_in_a_mounted_site_the_choice_is_where_the_site_is(site: TrialSite) -> None:
    mounted = Starlette(routes=[Mount("/shop", app=site.app)])
    browser = Browser(mounted, site.url)
    browser.open(site.link(ANN).replace("/?", "/shop/?"))
    page = browser.open(site.link(BEN).replace("/?", "/shop/?"))
    assert (page.status, urlsplit(page.url).path) == (200, "/shop/personalize/choose")
    assert post(browser, page).headers["location"] == "/shop/"


def test_who_goes_on_as_before_stays_who_they_are(site: TrialSite) -> None:
    browser = site.browser()
    browser.open(site.link(ANN))
    page = browser.open(site.link(BEN))
    assert '<a class="button" href="/" rel="noreferrer">' in page.text
    assert subject_at(site, browser) == site.house.subject_of(ANN)


def test_beside_a_login_the_page_offers_no_link(site: TrialSite) -> None:
    browser = site.browser(login=ANN)
    page = browser.open(site.link(BEN))
    assert urlsplit(page.url).path == "/personalize/choose"
    assert "<form" not in page.text
    body = f"c={urlsplit(page.url).query.partition('c=')[2]}".encode()
    answer = browser.request("POST", "/personalize/choose", OURS, body)
    assert (answer.status, browser.cookies) == (410, {})


def test_ones_own_link_needs_no_choice_and_leaves_a_login_alone(site: TrialSite) -> None:
    browser = site.browser(login=ANN)
    assert urlsplit(browser.open(site.link(ANN)).url).path == "/"
    assert browser.cookies == {}


def test_a_choice_belongs_to_whom_it_was_offered(site: TrialSite) -> None:
    browser, other = site.browser(), site.browser()
    browser.open(site.link(ANN))
    page = browser.open(site.link(BEN))
    assert other.request("GET", page.url, OPENING).status == 410
    query = urlsplit(page.url).query.encode()
    assert other.request("POST", "/personalize/choose", OURS, query).status == 410
    assert other.cookies == {}
    foreign = {**OURS, "sec-fetch-site": "cross-site"}
    assert browser.request("POST", "/personalize/choose", foreign, query).status == 403


def test_a_link_revoked_meanwhile_is_not_used(site: TrialSite) -> None:
    browser = site.browser()
    browser.open(site.link(ANN))
    page = browser.open(site.link(BEN, mailing="late"))
    site.house.revoke(mailing="late")
    assert post(browser, page).status == 303
    assert subject_at(site, browser) == site.house.subject_of(ANN)


def test_not_you_forgets_the_link_by_a_post_alone(site: TrialSite) -> None:
    browser = site.browser()
    browser.open(site.link(ANN))
    page = browser.open("/personalize/not-you?lang=en")
    assert "pz-dev" in browser.cookies
    answer = post(browser, page)
    assert answer.status == 303
    assert browser.cookies == {}
    assert "The link is forgotten" in browser.open(urljoin(answer.url, answer.headers["location"])).text


def test_not_you_keeps_what_the_browser_is_known_by_besides(site: TrialSite) -> None:
    browser = site.browser()
    _, device = site.house.browsers.begin_device(site.house.clock.now())
    browser.cookies["pz-dev"] = device
    browser.open(site.link(ANN))
    assert browser.cookies["pz-dev"].startswith(f"{device}~")
    assert subject_at(site, browser) == site.house.subject_of(ANN)
    post(browser, browser.open("/personalize/not-you"))
    assert browser.cookies["pz-dev"] == device


@pytest.mark.parametrize("lang", ["nl", "nb", "en"])
def test_the_pages_speak_every_language_and_keep_the_choice(site: TrialSite, lang: str) -> None:
    browser = site.browser()
    browser.open(site.link(ANN))
    page = browser.open(site.link(BEN))
    other = browser.open(f"{page.url}&lang={lang}")
    assert f'<html lang="{lang}">' in other.text
    assert f"c={urlsplit(page.url).query.partition('c=')[2]}" in other.text
    assert browser.open(f"/personalize/not-you?lang={lang}").status == 200


def test_a_sealed_choice_opens_for_ten_minutes_and_for_one_site() -> None:
    ring = KeyRing.new(NOW)
    choice = Choice(subject=7, cookie="c" * 87, target="/news?a=1")
    text = seal(ring, "https://a.example", choice, NOW)
    assert unseal(ring, "https://a.example", text, NOW + LIFE) == choice
    assert unseal(ring, "https://a.example", text, NOW + LIFE + 1) is None
    assert unseal(ring, "https://a.example", text, NOW - 1) is None
    assert unseal(ring, "https://b.example", text, NOW) is None
    assert unseal(KeyRing.new(NOW), "https://a.example", text, NOW) is None
    assert "c" * 20 not in text


@pytest.mark.parametrize("text", ["", "A", "AQ", "é", "A" * 100, "A" * 100_000, "====", "!" * 80])
def test_what_is_no_choice_of_ours_is_none(text: str) -> None:
    assert unseal(KeyRing.new(NOW), "https://a.example", text, NOW) is None


def test_a_changed_byte_opens_nothing() -> None:
    ring = KeyRing.new(NOW)
    text = seal(ring, "https://a.example", Choice(subject=7, cookie="c", target="/"), NOW)
    for place in range(len(text) - 1):
        changed = "B" if text[place] == "A" else "A"
        assert unseal(ring, "https://a.example", text[:place] + changed + text[place + 1 :], NOW) is None


@pytest.mark.parametrize("more", ["!", "=", " ", "\n", "A", "%00"])
def test_a_choice_has_one_spelling(more: str) -> None:
    ring = KeyRing.new(NOW)
    text = seal(ring, "https://a.example", Choice(subject=7, cookie="c", target="/"), NOW)
    assert unseal(ring, "https://a.example", text[:9] + more + text[9:], NOW) is None
    assert unseal(ring, "https://a.example", text + more, NOW) is None
