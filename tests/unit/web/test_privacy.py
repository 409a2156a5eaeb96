"""The visitor's page: what it shows, and what its buttons record."""

import re
import time
from html import unescape

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from personalize.consent.receipts import show_receipt
from personalize.errors import StoreError
from personalize.personalizer import Personalizer
from personalize.recognition.mailing import make_link
from personalize.testing.browser import OPENING
from personalize.web.consent import answers
from personalize.web.privacy import door
from personalize.web.shell.pages import linked

ANN = {"x-login": "4711"}
HERE = {"sec-fetch-site": "same-origin"}
LANGUAGES = ["nl", "nb", "en"]


def form_of(page: str, purpose: str) -> dict[str, str]:
    """The fields of one purpose's form, as a browser would send them."""
    forms = [dict(re.findall(r'name="(\w+)" value="([^"]*)"', form)) for form in page.split("<form")[1:]]
    return next(form for form in forms if form.get("purpose") == purpose)


def page(client: TestClient, lang: str = "en", **headers: str) -> str:
    return client.get(f"/personalize/me?lang={lang}", headers={**ANN, **headers}).text


def press(client: TestClient, pressed: str, /, **changes: str) -> Response:
    """Press the one button of a purpose."""
    fields = {**form_of(page(client), pressed), **changes}
    return client.post("/personalize/me/consent?lang=en", data=fields, headers={**ANN, **HERE})


@pytest.fixture
def clicked(client: TestClient, personalizer: Personalizer) -> TestClient:
    """A client that came through a newsletter link of somebody who agreed to being recognised."""
    press(client, "reading")
    house = personalizer.house
    link = make_link(
        house.ring,
        house.store.handles,
        site=personalizer.settings.site.url,
        url="http://127.0.0.1:8000/personalize/me",
        subject=house.subject_of("customer_number:4711"),
        mailing="weekly",
        now=personalizer.clock.now(),
    )
    client.headers.update(OPENING)
    assert client.get(link).cookies
    return client


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_purpose_stands_there_with_its_notice(client: TestClient, lang: str) -> None:
    text = unescape(page(client, lang))
    assert f'<html lang="{lang}">' in text
    purpose = {"nl": "Leesgedrag", "nb": "Lesevaner", "en": "Reading habits"}[lang]
    notice = {"nl": "onthouden wat ik lees", "nb": "huske hva jeg leser", "en": "remember what I read"}[lang]
    assert purpose in text
    assert notice in text


def test_the_sites_first_language_is_spoken_unless_told(client: TestClient) -> None:
    assert '<html lang="nl">' in client.get("/personalize/me").text
    assert '<html lang="nl">' in client.get("/personalize/me?lang=fr").text


@pytest.mark.parametrize(
    ("accepted", "lang"), [("en-GB,en;q=0.9", "en"), ("nn-NO", "nb"), ("fr, en;q=0.1", "en"), ("fr", "nl")]
)
def test_unless_told_a_page_speaks_as_the_browser_asks(client: TestClient, accepted: str, lang: str) -> None:
    asking = {"accept-language": accepted}
    for path in ("me", "consent", "purposes", "why", "not-you"):
        assert f'<html lang="{lang}"' in client.get(f"/personalize/{path}", headers=asking).text
    assert '<html lang="nb"' in client.get("/personalize/me?lang=nb", headers=asking).text


def test_titles_are_escaped(client: TestClient) -> None:
    text = page(client, "nl")
    assert "<aanbiedingen>" not in text
    assert "&lt;aanbiedingen&gt;" in text


def test_nothing_is_ticked_beforehand(client: TestClient) -> None:
    assert not re.search(r"checkbox|checked|selected", page(client))


def test_the_page_is_private_and_runs_no_script(client: TestClient) -> None:
    answer = client.get("/personalize/me", headers=ANN)
    assert "no-store" in answer.headers["cache-control"]
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "<script" not in answer.text
    assert "style=" not in answer.text


def test_agreeing_gives_a_receipt_and_a_date(client: TestClient) -> None:
    answer = press(client, "reading")
    assert answer.status_code == 303
    shown = client.get(f"/personalize/{answer.headers['location'].removeprefix('../')}", headers=ANN).text
    number = answer.headers["location"].rpartition("=")[2]
    assert f"<code>{show_receipt(bytes.fromhex(number))}</code>" in shown
    assert "you agreed to “Reading habits”" in shown
    assert "You agreed on " in shown


def test_what_was_agreed_to_is_on_record(client: TestClient, personalizer: Personalizer) -> None:
    press(client, "reading")
    subject = personalizer.house.subject_of("customer_number:4711")
    (event,) = personalizer.house.ledger.events(subject)
    assert (event.purpose, event.action, event.notice, event.notice_lang) == ("reading", "given", "reading@2", "en")
    assert event.notice_sha256 == personalizer.settings.notices["reading"].digests["en"]


def test_withdrawing_takes_one_button_like_agreeing(client: TestClient) -> None:
    press(client, "reading")
    assert form_of(page(client), "reading")["action"] == "withdraw"
    assert press(client, "reading").status_code == 303
    assert "Not allowed: you withdrew it on " in page(client)


def test_objecting_stops_a_legitimate_interest_until_taken_back(client: TestClient) -> None:
    assert "Allowed until you object" in page(client)
    press(client, "offers")
    assert "You objected on " in page(client)
    press(client, "offers")
    assert "Allowed until you object" in page(client)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"origin": "http://evil.example"},
        {"origin": "null"},
    ],
)
def test_a_post_from_elsewhere_changes_nothing(client: TestClient, headers: dict[str, str]) -> None:
    fields = form_of(page(client), "reading")
    answer = client.post("/personalize/me/consent", data=fields, headers={**ANN, **headers})
    assert answer.status_code == 403
    assert "Not allowed: you have not agreed" in page(client)


def test_an_old_browser_is_known_by_its_origin(client: TestClient) -> None:
    fields = form_of(page(client), "reading")
    headers = {**ANN, "origin": "http://127.0.0.1:8000"}
    assert client.post("/personalize/me/consent", data=fields, headers=headers).status_code == 303


def test_a_get_changes_nothing(client: TestClient) -> None:
    fields = form_of(page(client), "reading")
    assert client.get("/personalize/me/consent", params=fields, headers={**ANN, **HERE}).status_code == 405


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"notice": "0" * 64}, 409),
        ({"notice": ""}, 409),
        ({"lang": "nl"}, 409),
        ({"purpose": "everything"}, 409),
        ({"action": "erase"}, 400),
        ({"extra": "field"}, 400),
        ({"purpose": "x" * 5000}, 400),
    ],
)
def test_what_was_not_shown_cannot_be_agreed_to(client: TestClient, changes: dict[str, str], status: int) -> None:
    answer = press(client, "reading", **changes)
    assert answer.status_code == status
    assert "Nothing has been changed" in answer.text
    assert "Not allowed: you have not agreed" in page(client)


def test_a_repeated_field_is_refused(client: TestClient) -> None:
    body = "purpose=reading&purpose=offers&action=object&notice=&lang=en"
    headers = {**ANN, **HERE, "content-type": "application/x-www-form-urlencoded"}
    assert client.post("/personalize/me/consent", content=body, headers=headers).status_code == 400


def test_a_stranger_sees_the_purposes_but_no_state(client: TestClient) -> None:
    text = client.get("/personalize/me?lang=en").text
    assert '<a href="/en/login">Log in to see or change your choices.</a>' in text
    assert "Reading habits" in text
    assert 'class="state' not in text
    assert "<form" not in text


def test_the_way_to_the_log_in_is_the_languages_own(client: TestClient) -> None:
    assert '<a href="/nl/inloggen?na=/">' in client.get("/personalize/me").text


def test_a_site_that_does_not_say_where_people_log_in_gets_no_link() -> None:
    assert linked("", "Log in & see") == "Log in &amp; see"
    assert linked('/in?a="', "<b>") == '<a href="/in?a=&#34;">&lt;b&gt;</a>'


def test_a_stranger_cannot_agree(client: TestClient) -> None:
    fields = form_of(page(client), "reading")
    answer = client.post("/personalize/me/consent", data=fields, headers=HERE)
    assert answer.status_code == 403


def test_a_click_shows_no_state_and_changes_nothing(clicked: TestClient) -> None:
    text = clicked.get("/personalize/me?lang=en").text
    assert "Log in to see or change your choices." in text
    assert "You agreed on" not in text
    fields = {"purpose": "offers", "action": "object", "notice": "", "lang": "en"}
    answer = clicked.post("/personalize/me/consent?lang=nb", data=fields, headers=HERE)
    assert answer.status_code == 403
    assert '<a href="/nb/login">Logg inn først' in answer.text


def test_a_receipt_is_shown_to_its_owner_only(client: TestClient) -> None:
    number = press(client, "reading").headers["location"].rpartition("=")[2]
    press_other = client.get(f"/personalize/me?receipt={number}", headers={"x-login": "815"})
    shown = show_receipt(bytes.fromhex(number))
    assert shown not in press_other.text
    assert shown not in client.get(f"/personalize/me?receipt={number}").text
    assert shown in client.get(f"/personalize/me?receipt={number}", headers=ANN).text


def test_looking_makes_no_subject(client: TestClient, personalizer: Personalizer) -> None:
    page(client)
    assert list(personalizer.house.store.profiles.subjects()) == []
    press(client, "offers")
    assert len(list(personalizer.house.store.profiles.subjects())) == 1


def test_a_store_that_cannot_be_read_is_said_so(
    client: TestClient, personalizer: Personalizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    press(client, "reading")

    def locked(subject: int) -> None:
        raise StoreError

    monkeypatch.setattr(personalizer.house.ledger, "state", locked)
    answer = client.get("/personalize/me?lang=en", headers=ANN)
    assert answer.status_code == 503
    assert "cannot be shown at this moment" in answer.text
    assert "<form" not in answer.text


def test_who_is_logged_in_is_not_told_to_log_in_when_the_store_is_gone(
    client: TestClient, personalizer: Personalizer
) -> None:
    press(client, "reading")
    fields = form_of(page(client), "offers")
    folder = personalizer.settings.site.store
    folder.rename(folder.with_name("elsewhere"))
    time.sleep(1.1)  # what was read of the store holds for a second
    answer = client.get("/personalize/me?lang=en", headers=ANN)
    assert answer.status_code == 503
    assert "cannot be shown at this moment" in answer.text
    assert "Log in" not in answer.text
    assert client.post("/personalize/me/consent", data=fields, headers={**ANN, **HERE}).status_code == 503


def test_what_cannot_be_read_is_no_choice_that_could_not_be_recorded(
    client: TestClient, personalizer: Personalizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    press(client, "reading")
    unread, unrecorded = "cannot be shown at this moment", "Your choice could not be recorded"
    fields = form_of(page(client), "offers")
    for module in (door, answers):
        monkeypatch.setattr(module, "in_doubt", lambda request: True)
    reading = [
        client.get("/personalize/consent?lang=en", headers=ANN),
        client.get("/personalize/me/erase?lang=en", headers=ANN),
        client.post("/personalize/me/download?lang=en", data={"format": "html"}, headers={**ANN, **HERE}),
        client.post("/personalize/api/me", headers={**ANN, **HERE, "accept-language": "en"}),
    ]
    writing = client.post("/personalize/me/consent?lang=en", data=fields, headers={**ANN, **HERE})
    told = [(each.status_code, unread in each.text, unrecorded in each.text) for each in reading]
    assert told == [(503, True, False)] * 4
    assert (writing.status_code, unread in writing.text, unrecorded in writing.text) == (503, False, True)
    assert reading[-1].json()["code"] == "away"


@pytest.mark.parametrize("path", ["me", "purposes"])
def test_everybody_reads_whom_to_ask_and_where_to_complain(client: TestClient, path: str) -> None:
    text = client.get(f"/personalize/{path}?lang=en").text
    assert 'Questions? <a href="mailto:privacy@nieuwsblad.example">' in text
    assert '<br><a href="http://127.0.0.1:8000/privacy">Our privacy statement tells more.</a><br>' in text
    authority = '<a href="https://datatilsynet.example/">Datatilsynet &amp; co</a>'
    assert f"You can lodge a complaint with the supervisory authority: {authority}." in text


def test_programs_read_where_to_complain_in_the_catalogue(client: TestClient) -> None:
    told = client.get("/personalize/api/purposes").json()["dpv:hasAuthority"]
    assert (told["title"]["nb"], told["page"]["nb"]) == ("Datatilsynet & co", "https://datatilsynet.example/")
