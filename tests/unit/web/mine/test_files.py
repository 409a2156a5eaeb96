"""What visitors take home: a file to read and one for programs."""

import json
import re
import shutil
import threading
from collections.abc import Callable
from html import unescape
from pathlib import Path

import msgspec
import pytest
from httpx2 import Response
from msgspec import structs
from starlette.testclient import TestClient

from personalize.consent.receipts import show_receipt
from personalize.cookbook.lookup import in_order
from personalize.explain.explanation import Explanation
from personalize.explain.language import language
from personalize.house import House
from personalize.model.attributes import Stored
from personalize.model.consent import Action, Basis, ConsentEvent
from personalize.model.cookbook import CookbookEntry
from personalize.model.people import Assurance
from personalize.model.staff import Look
from personalize.ports import FirstVisit, Handle
from personalize.testing import TrialSite
from personalize.testing.browser import LOGIN
from personalize.web.privacy import insight
from personalize.web.privacy.insight import file_name, teller
from tests.unit.web.mine.visiting import ANNA, DAY, HERE, call, page, press


def test_the_file_of_a_browser_says_that_a_cookie_is_all_it_is_known_by(device: TestClient) -> None:
    text = unescape(press(device, "download", format="html").text)
    assert "By a cookie in your browser alone." in text
    assert "Of these we keep no text" not in text


def test_the_readable_file_has_receipts_requests_and_why_a_value_is_not_used(site: TrialSite, anna: TestClient) -> None:
    press(anna, "correct")
    corrections, subject = site.house.rights.corrections, site.house.subject_of(ANNA)
    corrections.restrict(subject, "contract_end")
    shown, text = page(anna), unescape(press(anna, "download", format="html").text)
    told = re.findall(r"Not used since [^<]*|On [^<]* you said that it should be [^<]*", shown)
    assert len(told) == 3
    assert [sentence for sentence in told if sentence not in text] == []
    numbers = [event.event_id.hex(" ", 2) for event in site.house.ledger.events(subject)]
    assert len(numbers) == 2
    assert all(f"Receipt number: <code>{number}</code>" in text for number in numbers)
    assert "What you said is wrong" in text


@pytest.mark.parametrize(("kind", "media"), [("json", "application/json"), ("html", "text/html; charset=utf-8")])
def test_everything_is_downloaded_by_a_post(anna: TestClient, kind: str, media: str) -> None:
    answer = press(anna, "download", format=kind)
    assert (answer.status_code, answer.headers["content-type"]) == (200, media)
    named = rf'attachment; filename="nieuwsblad-insight-[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}\.{kind}"'
    assert re.fullmatch(named, answer.headers["content-disposition"])
    assert "no-store" in answer.headers["cache-control"]
    assert "Anna-Sophie" in answer.text
    assert anna.get("/personalize/me/download").status_code == 405


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Bjørnøya Ærlig & co.", "bjornoya-aerlig-co"),
        ("Café Één", "cafe-een"),
        ("新聞", "127-0-0-1"),
        ('a"\r\nb', "a-b"),
    ],
)
def test_a_file_is_called_by_its_site_in_plain_letters(
    site: TrialSite, monkeypatch: pytest.MonkeyPatch, name: str, slug: str
) -> None:
    house = site.house
    named = structs.replace(house.settings, site=structs.replace(house.settings.site, name=name))
    monkeypatch.setattr(house, "settings", named)
    monkeypatch.setattr(house.clock, "now", lambda: DAY, raising=False)
    assert file_name(house, language("nl"), "html") == f"{slug}-inzage-1970-01-02.html"


def test_while_a_copy_is_made_for_somebody_their_next_one_is_refused_and_told_when(
    anna: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, free, made = threading.Event(), threading.Event(), list[Response]()

    def slow(house: House, lang: str) -> Callable[[CookbookEntry], Explanation]:
        began.set()
        free.wait(30)
        return teller(house, lang)

    monkeypatch.setattr(insight, "teller", slow)
    first = threading.Thread(target=lambda: made.append(press(anna, "download", format="json")))
    first.start()
    assert began.wait(30)
    page, api = press(anna, "download", format="html"), call(anna, "")
    free.set()
    first.join()
    assert [(each.status_code, each.headers["retry-after"]) for each in (page, api)] == [(503, "30")] * 2
    assert "Please try again in half a minute." in page.text
    assert api.json()["code"] == "busy"
    assert (made[0].status_code, call(anna, "").status_code) == (200, 200)


def test_both_files_tell_what_the_law_asks_for(anna: TestClient) -> None:
    text = unescape(press(anna, "download", format="html").text)
    for said in (
        "Basis: Our legitimate interest: allowed until you object, which always works.",
        "Who gets it: ",
        "Decisions that used it: kept for 400 days",
        '<td data-label="How long">Kept until a newer one replaces it, or you have it erased.</td>',
        "Your links in newsletters: for 44 days after they were made.",
        '<a href="http://127.0.0.1:8000/personalize/me?lang=en">Your data, your choice</a>',
        "You can lodge a complaint with",
    ):
        assert said in text
    used_for = press(anna, "download", format="json").json()["used_for"]
    assert {"dpv:hasDataController", "dpv:hasRight", "dpv:hasAuthority", "dpv:hasProcess"} <= used_for.keys()


@pytest.mark.parametrize("erased", [False, True])
def test_the_copy_says_that_no_data_was_used_only_where_that_can_be_known(
    anna: TestClient, monkeypatch: pytest.MonkeyPatch, erased: bool
) -> None:
    def without_data(house: House, lang: str) -> Callable[[CookbookEntry], Explanation]:
        tell = teller(house, lang)
        return lambda entry: structs.replace(tell(entry), ingredients=(), erased=erased)

    monkeypatch.setattr(insight, "teller", without_data)
    text = press(anna, "download", format="html").text
    assert "<article>" in text
    assert (language("en").say("No personal data was used for this.") in text) is not erased


@pytest.mark.parametrize("visits", range(3))
def test_the_file_for_programs_is_laid_out_as_if_it_were_made_at_once(
    site: TrialSite, device: TestClient, visits: int
) -> None:
    for _ in range(visits):
        device.get("/")
    (browser,) = set(site.house.store.profiles.subjects()) - {site.house.subject_of(ANNA)}
    entries = site.house.cookbook.by_subject(browser, 100)
    text = call(device, "").text
    assert text == msgspec.json.format(text, indent=2)
    codes = [decision["code"].replace("-", "") for decision in json.loads(text)["decisions"]]
    assert (codes, bool(codes)) == ([entry.code for entry in entries], visits > 0)


def test_decisions_are_read_as_they_are_told(site: TrialSite) -> None:
    site.browser(ANNA).open("/")
    told: list[CookbookEntry] = []
    found = site.house.rights.insights.gather(site.house.subject_of(ANNA), site.house.clock.now(), told.append)
    reading = iter(found.decisions)
    assert (next(reading), len(told), next(reading), len(told)) == (None, 1, None, 2)
    assert len([*reading]) == len(told) - 2 > 0


def test_the_places_of_a_page_stand_in_the_order_in_which_it_asked_for_them(site: TrialSite) -> None:
    browser, house = site.browser(ANNA), site.house
    browser.open("/")
    browser.open("/")
    entries = [*house.cookbook.all_of(house.subject_of(ANNA))]
    told: list[CookbookEntry] = []
    assert [*house.rights.insights.gather(house.subject_of(ANNA), house.clock.now(), told.append).decisions]
    codes = list(dict.fromkeys(entry.code for entry in entries))
    pages = [in_order(entry for entry in entries if entry.code == code) for code in codes]
    assert told == [entry for page in pages for entry in page]
    assert told != entries


def test_of_somebody_of_whom_no_value_is_held_the_page_says_nothing_else(device: TestClient) -> None:
    assert re.search(
        r"You have been in this system since [^<]*\.</p>\s*<p>Nothing else is known of you\.", page(device)
    )


@pytest.mark.parametrize(("lang", "kept"), [("nl", "400 dagen bewaard"), ("nb", "oppbevares i 400 dager")])
def test_a_term_is_a_phrase_of_its_own(anna: TestClient, lang: str, kept: str) -> None:
    answer = anna.post(f"/personalize/me/download?lang={lang}", data={"format": "html"}, headers=HERE)
    assert f": {kept}</li>" in answer.text


def test_looks_of_staff_begin_with_a_capital_as_all_that_is_listed(site: TrialSite, anna: TestClient) -> None:
    look = Look(
        at=DAY, staff="Marit", role="service", what="code", reason="A call", subject=site.house.subject_of(ANNA)
    )
    site.house.staff.note(look)
    for text in (
        anna.get("/personalize/me?lang=nl").text,
        anna.post("/personalize/me/download?lang=nl", data={"format": "html"}, headers=HERE).text,
    ):
        assert "Vrijdag 2 januari 1970" in text


def test_insight_is_one_call(anna: TestClient, nobody: TestClient) -> None:
    told = json.loads(call(anna, "").text)
    assert {value["attribute"]: value["value"] for value in told["values"]}["first_name"] == "Anna-Sophie"
    assert [each["purpose"] for each in told["consents"]] == ["climate_letter", "recognition"]
    assert told["consents"][0]["text"].startswith("Ja, Nieuwsblad mag")
    assert call(nobody, "").status_code == 403


def test_insight_tells_what_was_read_in_a_linked_browser(site: TrialSite, anna: TestClient) -> None:
    device, _ = site.house.browsers.begin_device(site.house.clock.now())
    site.house.store.profiles.remember(device, "letters", {"newsletters": Stored(["garden"], 1, 0)})
    site.house.rights.corrections.correct(device, "newsletters", "kitchen")
    site.house.rights.corrections.allow(device, "newsletters")
    site.house.store.browsers.link(device, site.house.subject_of(ANNA), "login", site.house.clock.now())
    (told,) = json.loads(call(anna, "").text)["devices"]
    assert (told["device"], told["means"], told["values"][0]["value"]) == (str(device), "login", ["garden"])
    assert (told["corrections"][0]["claimed"], told["not_used_once"][0]["attribute"]) == ("kitchen", "newsletters")
    site.house.browsers.cut(site.house.subject_of(ANNA), device, "not me", site.house.clock.now())
    assert json.loads(call(anna, "").text)["devices"][0]["values"] == []


def test_the_readable_file_tells_what_was_read_and_said_in_a_linked_browser_until_it_is_cut(
    site: TrialSite, device: TestClient, anna: TestClient
) -> None:
    heading, subject = "What was read and said in your browsers", site.house.subject_of(ANNA)
    (browser,) = set(site.house.store.profiles.subjects()) - {subject}
    assert heading not in unescape(press(anna, "download", format="html").text)
    site.house.store.profiles.remember(browser, "letters", {"newsletters": Stored(["gardenletter"], 1, 0)})
    site.house.rights.corrections.correct(browser, "newsletters", "kitchenletter")
    site.house.store.browsers.link(browser, subject, "login", site.house.clock.now())
    told = unescape(press(anna, "download", format="html").text).partition(heading)[2].partition("</section>")[0]
    (event,) = site.house.ledger.events(browser)
    expected = ("gardenletter</td>", "Your newsletters: On ", "be “kitchenletter”", show_receipt(event.event_id))
    assert [said for said in expected if said not in told] == []
    site.house.browsers.cut(subject, browser, "not me", site.house.clock.now())
    assert heading not in unescape(press(anna, "download", format="html").text)


@pytest.mark.parametrize(
    ("told", "actor", "evidence"),
    [
        ("name", "staff:marit.bakke", {"case": "C-1", "reason": "A call", "staff": "marit.bakke"}),
        ("role", "staff", {"case": "C-1", "reason": "A call"}),
        ("nobody", "staff", {}),
    ],
)
def test_a_receipt_names_staff_as_the_site_tells(
    config: Path, tmp_path: Path, told: str, actor: str, evidence: dict[str, str]
) -> None:
    copied = shutil.copytree(config.parent, tmp_path / "newspaper") / config.name
    copied.write_text(f'{config.read_text("utf-8")}\n[staff]\ntold = "{told}"\n', "utf-8")
    wrote = {"case": "C-1", "reason": "A call", "staff": "marit.bakke"}
    with TrialSite(copied) as site:
        site.knows(ANNA)
        anna = TestClient(site.app, base_url=site.url, headers={LOGIN: ANNA})
        subject = site.house.subject_of(ANNA)
        site.house.ledger.stop(subject, "subscription", actor="staff:marit.bakke", evidence=wrote)
        (receipt,) = json.loads(call(anna, "").text)["consents"]
    assert (receipt["actor"], receipt.get("evidence", {})) == (actor, evidence)


def test_every_time_in_the_file_for_programs_is_written_out(site: TrialSite, anna: TestClient) -> None:
    house, subject = site.house, site.house.subject_of(ANNA)
    device, _ = house.browsers.begin_device(house.clock.now())
    house.store.browsers.link(device, subject, "login", house.clock.now())
    press(anna, "correct")
    house.ledger.stop(subject, "climate_letter", actor="staff:shell", evidence={})
    assert not re.search(r"\b\d{16}\b", call(anna, "").text)


def test_the_readable_file_says_what_became_of_a_newsletter_link(site: TrialSite, anna: TestClient) -> None:
    def link(mailing: str, *, days: int, revoked_at: int | None = None) -> tuple[bytes, Handle]:
        handle = Handle(
            subject=site.house.subject_of(ANNA),
            mailing=mailing,
            campaign=b"",
            issued=now - 20 * DAY,
            expires=now + days * DAY,
            revoked_at=revoked_at,
        )
        return mailing.encode(), handle

    now = site.house.clock.now()
    links = [link("spring", days=-6), link("summer", days=6), link("autumn", days=6, revoked_at=now - DAY)]
    site.house.store.handles.add_handles(links)
    site.house.store.handles.count_visits([FirstVisit(b"summer", site.house.subject_of(ANNA), now)])
    text = unescape(press(anna, "download", format="html").text)
    assert "It was first followed on " in text
    for mailing, told in (("spring", "expired on"), ("summer", "works until"), ("autumn", "was revoked on")):
        assert re.search(rf"in the mailing “{mailing}”, made on [^<.]*\. It {told} [^<.]*\.", text)


def test_page_and_readable_file_tell_what_an_imported_consent_proves(site: TrialSite, anna: TestClient) -> None:
    given, subject = 1_462_276_800_000_000, site.house.subject_of(ANNA)
    event = ConsentEvent(
        event_id=bytes(16),
        subject=subject,
        purpose="reading",
        action=Action.given,
        basis=Basis.consent,
        method="import",
        actor="import",
        assurance=Assurance.none,
        occurred_at=given,
        recorded_at=given + 3000 * DAY,
        valid_until=given + 730 * DAY,
        source="crm",
        batch=7,
        evidence={"means": "form <b>"},
    )
    site.house.store.consents.append([event])
    title = site.personalizer.settings.purposes["reading"].titles["en"]
    for text in (page(anna), unescape(press(anna, "download", format="html").text)):
        assert f"On Thursday 3 May 2018 at 14:00 your permission for “{title}” ended by itself." in text
        assert "imported on Saturday 20 July 2024 at 14:00 (import 7)." in text
        assert "How it was said, as delivered: “form <b>”." in text
        assert "As proof this is weak" in text


@pytest.mark.parametrize("lang", ["nl", "nb", "en"])
def test_every_heading_of_the_readable_file_begins_with_a_capital(anna: TestClient, lang: str) -> None:
    answer = anna.post(f"/personalize/me/download?lang={lang}", data={"format": "html"}, headers=HERE)
    headings = re.findall(r"<h[1-4]>(.*?)</h", answer.text)
    assert len(headings) > 10
    assert [heading for heading in headings if not heading[0].isupper()] == []
