"""Browsers and links that more than one person uses (T5, T13, T45)."""

import re
from pathlib import Path

import pytest

from tests.own_login import FORM, URL, Paper
from tests.unit.browsers.visitors import WAYS, link, visitor

ANNA, BRAM = b"customer_number:1", b"customer_number:2"
OURS = {"origin": URL, "sec-fetch-site": "same-origin", **FORM}
STORIES = """
[slots.aside]
fields = { text = "text" }
context = { story = "text" }
"""
OURS_ONLY = re.compile(r"__Host-pz=[A-Za-z0-9_.~-]*; Path=/; Secure; HttpOnly; SameSite=Lax(; Max-Age=\d+)?")
ASIDE = """
[[variant]]
slot = "aside"
name = "story"
when = "known(story) and theme == 'dark'"
fields.text = "Beside {story}"
[[variant]]
slot = "greeting"
name = "offer"
order = 900
fields.text = "Become a reader"
"""


@pytest.fixture
def paper(tmp_path: Path):
    from tests.own_login import CONTENT

    paper = Paper(tmp_path, more=STORIES, content=CONTENT + ASIDE)
    paper.knows("1", first_name="Anna", theme="dark")
    paper.knows("2", first_name="Bram", theme="dark")
    yield paper
    paper.personalizer.close()


def test_what_is_seen_at_a_click_is_never_readable_as_insight(paper: Paper):
    victim, attacker = paper.browser(), paper.browser()
    victim.open(link(paper, paper.house.subject_of(BRAM.decode())))
    page = victim.request("GET", "/personalize/api/slots?name=aside&story=therapy")
    assert "Beside therapy" in page.text
    attacker.request("POST", "/login", body=BRAM)
    attacker.request("GET", "/personalize/api/slots?name=aside&story=sport")
    kept = attacker.request("POST", "/personalize/me/download", OURS, b"format=json").text
    read = attacker.request("POST", "/personalize/me/download", OURS, b"format=html").text
    told = attacker.request("POST", "/personalize/api/me", OURS | {"content-type": "application/json"}, b"{}").text
    seen = attacker.request("GET", "/personalize/me").text
    code = re.search(r'"code":"([^"]+)"', page.text)
    assert code is not None
    assert not [text for text in (kept, read, told, seen) if "therapy" in text or code[1] in text]
    assert "sport" in kept, "their own is told"


def test_the_next_person_at_a_shared_browser_finds_nothing_of_the_last(paper: Paper):
    browser, fresh = paper.browser(), paper.browser()
    browser.request("POST", "/login", body=ANNA)
    assert browser.open().slot("greeting") == "Hello Anna"
    browser.request("POST", "/logout")
    assert browser.open().text == fresh.open().text
    browser.open(link(paper, paper.house.subject_of(ANNA.decode())))
    assert browser.open().slot("greeting") == "Become a reader", "nor below a login"


@pytest.mark.parametrize("way", WAYS)
def test_every_cookie_of_ours_has_exactly_these_attributes(paper: Paper, way: str):
    digest = paper.personalizer.settings.notices["reading"].digests["en"]
    form = f"answer=yes&lang=en&from=form&back=&texts=reading:{digest}".encode()
    subject, found = paper.house.subject_of(ANNA.decode()), []
    for path, body in (
        ("/login", ANNA),
        ("/logout", b""),
        ("/personalize/consent", form),
        ("/personalize/not-you", b""),
        ("/personalize/me/erase", b"sure=yes"),
    ):
        page = visitor(paper, way, subject).request("POST", path, OURS, body)
        found += [page.headers["set-cookie"]] if "set-cookie" in page.headers else []
    for url in (link(paper, subject) if way != "login" else "/",):
        headers = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
        page = paper.browser().request("GET", url, headers)
        found += [page.headers["set-cookie"]] if "set-cookie" in page.headers else []
    assert found
    assert all(OURS_ONLY.fullmatch(each) for each in found), found
