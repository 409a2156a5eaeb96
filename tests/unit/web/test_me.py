"""The visitor's one page: what it tells at which assurance, and that each right is one button and one call."""

import json
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from datetime import date
from html import unescape
from pathlib import Path

import pytest
from httpx2 import Response
from msgspec import structs
from starlette.testclient import TestClient

from personalize.explain.explanation import Explanation
from personalize.explain.language import LANGUAGES, language
from personalize.house import House
from personalize.model.attributes import Stored
from personalize.model.cookbook import CookbookEntry
from personalize.model.people import Assurance
from personalize.model.staff import Look
from personalize.ports import FirstVisit, Handle
from personalize.testing import TrialSite
from personalize.testing.browser import LOGIN, OPENING
from personalize.web.privacy import me
from personalize.web.privacy.acts import ACTS
from personalize.web.privacy.insight import teller
from personalize.web.privacy.terms import SENTENCES

DAY = 86_400_000_000
NEWSPAPER = Path(__file__).resolve().parents[3] / "examples" / "02-newspaper"
ANNA = "customer_number:4711"
FORM = "application/x-www-form-urlencoded"
HERE = {"sec-fetch-site": "same-origin"}
STOPPING = frozenset({"withdrawn", "objected"})
SECRETS = ("Anna-Sophie", "31 December 2031", "frostletter")
FIELDS = {
    "consent": {"purpose": "subscription", "action": "object", "notice": "", "lang": "en"},
    "stop": {},
    "correct": {"attribute": "first_name", "claimed": "Annelies"},
    "restrict": {"attribute": "first_name"},
    "allow": {"attribute": "first_name"},
    "cut": {"device": "1"},
    "erase": {"sure": "yes"},
}


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("newspaper")
    text = re.sub(r"(?m)^template = .*?\n", "", (NEWSPAPER / "personalize.toml").read_text(encoding="utf-8"))
    (folder / "personalize.toml").write_text(text, encoding="utf-8")
    shutil.copytree(NEWSPAPER / "content", folder / "content")
    shutil.copy(NEWSPAPER / "last_days.py", folder)
    return folder / "personalize.toml"


@pytest.fixture
def site(config: Path) -> Iterator[TrialSite]:
    """The newspaper with one subscriber, who agreed to two things and came by once."""
    with TrialSite(config) as site:
        site.knows(ANNA, first_name=SECRETS[0], contract_end=date(2031, 12, 31), newsletters=frozenset({SECRETS[2]}))
        site.gives(ANNA, "climate_letter")
        site.gives(ANNA, "recognition")
        site.browser(ANNA).open("/")
        yield site


@pytest.fixture
def anna(site: TrialSite) -> TestClient:
    """Anna's browser, logged in."""
    return TestClient(site.app, base_url=site.url, follow_redirects=False, headers={LOGIN: ANNA})


@pytest.fixture
def nobody(site: TrialSite) -> TestClient:
    return TestClient(site.app, base_url=site.url, follow_redirects=False)


@pytest.fixture
def clicked(site: TrialSite, nobody: TestClient) -> TestClient:
    """A browser that opened Anna's newsletter link."""
    nobody.headers.update(OPENING)
    assert nobody.get(site.link(ANNA)).cookies
    return nobody


def page(client: TestClient, query: str = "") -> str:
    return unescape(client.get(f"/personalize/me?lang=en{query}").text)


def press(client: TestClient, act: str, **fields: str) -> Response:
    return client.post(f"/personalize/me/{act}?lang=en", data=fields or FIELDS[act], headers=HERE)


def call(client: TestClient, act: str, **fields: str) -> Response:
    path = f"/personalize/api/me/{act}?lang=en" if act else "/personalize/api/me?lang=en"
    return client.post(path, json=fields or FIELDS.get(act, {}), headers=HERE)


def follow(client: TestClient, answer: Response) -> str:
    assert answer.status_code == 303, answer.text
    return unescape(client.get(f"/personalize/me/{answer.headers['location']}").text)


def test_everything_that_is_known_stands_there_with_its_source_age_and_purpose(anna: TestClient) -> None:
    text = page(anna)
    assert all(secret in text for secret in SECRETS)
    assert "From our subscriber records, as of " in text
    assert "Kept for “Your subscription" in text
    assert "you agreed to “The climate letter" in text
    assert "Yes, Nieuwsblad may send me the climate letter by e-mail every week" in text
    assert re.search(r"At .*we showed|we showed “", text)


def test_at_a_click_why_tells_what_was_shown_and_nothing_of_the_person(
    site: TrialSite, clicked: TestClient, anna: TestClient
) -> None:
    press(anna, "consent", **FIELDS["consent"])
    clicked.get("/")
    (code,) = {entry.code for entry in site.entries(ANNA) if entry.assurance == Assurance.click}
    alone, known = (unescape(who.get(f"/personalize/why?lang=en&code={code}").text) for who in (clicked, anna))
    assert "we showed “Three months for the price of one” at “the offer”" in alone
    assert "You came through a link in a newsletter, and had not logged in." in alone
    told = ("agreed", "objected", "your newsletters", "whether you already have a subscription")
    assert [word for word in told if word in alone] == []
    assert [word for word in told if word not in known] == []


@pytest.fixture
def device(site: TrialSite, nobody: TestClient) -> TestClient:
    """A browser of nobody in particular, in which the banner was agreed to."""
    texts = f"reading:{site.personalizer.settings.notices['reading'].digests['en']}"
    fields = {"texts": texts, "lang": "en", "from": "banner", "back": "/", "answer": "yes"}
    assert nobody.post("/personalize/consent", data=fields, headers=HERE).status_code == 303
    return nobody


def test_a_browser_alone_chooses_what_is_kept_in_browsers_and_nothing_else(site: TrialSite, device: TestClient) -> None:
    text = page(device)
    assert "This is about this browser alone." in text
    assert re.findall(r'name="purpose" value="(\w+)"', text) == ["reading"]
    call(device, "stop")
    (subject,) = set(site.house.store.profiles.subjects()) - {site.house.subject_of(ANNA)}
    said = [(event.purpose, event.action) for event in site.house.ledger.events(subject)]
    assert said == [("reading", "given"), ("reading", "withdrawn")]


def test_a_browser_alone_reads_why_in_full(site: TrialSite, device: TestClient) -> None:
    device.get("/")
    (subject,) = set(site.house.store.profiles.subjects()) - {site.house.subject_of(ANNA)}
    (code,) = {entry.code for entry in site.house.cookbook.by_subject(subject, 9)}
    text = unescape(device.get(f"/personalize/why?lang=en&code={code}").text)
    assert "This is what we did not use" in text
    assert "Log in" not in text


def test_the_file_of_a_browser_says_that_a_cookie_is_all_it_is_known_by(device: TestClient) -> None:
    text = unescape(press(device, "download", format="html").text)
    assert "By a cookie in your browser alone." in text
    assert "Of these we keep no text" not in text


def test_a_browser_takes_back_what_it_said_of_anything(site: TrialSite, device: TestClient) -> None:
    press(device, "consent", purpose="subscription", action="object", notice="", lang="en")
    assert "Take back my objection" in page(device)


def test_banner_and_form_ask_nobody_what_only_somebody_can_answer(nobody: TestClient, anna: TestClient) -> None:
    asked = r'name="texts" value="([^"]*)"'
    for path in ("consent", "consent/banner"):
        alone, known = (client.get(f"/personalize/{path}?lang=en").text for client in (nobody, anna))
        assert {pair.partition(":")[0] for found in re.findall(asked, alone) for pair in found.split()} == {"reading"}
        assert "reading:" in known
    assert "climate_letter:" in anna.get("/personalize/consent?lang=en").text


def test_at_a_click_nothing_personal_is_told(clicked: TestClient) -> None:
    text = page(clicked)
    assert not [secret for secret in SECRETS if secret in text]
    assert "<form" not in text
    assert "You agreed on" not in text


def test_below_mailbox_and_from_elsewhere_nothing_is_done(
    site: TrialSite, clicked: TestClient, anna: TestClient
) -> None:
    before = state(site)
    foreign = {"sec-fetch-site": "cross-site"}
    assert FIELDS.keys() == ACTS.keys()
    for act, fields in FIELDS.items():
        form, api = f"/personalize/me/{act}", f"/personalize/api/me/{act}"
        assert [answer.status_code for answer in (press(clicked, act), call(clicked, act))] == [403, 403]
        assert anna.post(form, data=fields, headers=foreign).status_code == 403
        assert anna.post(api, json=fields, headers=foreign).status_code == 403
        assert anna.post(api, data=fields, headers=HERE).status_code == 400
        assert anna.get(api, headers=HERE).status_code == 405
    assert state(site) == before


def state(site: TrialSite) -> object:
    subject = site.house.subject_of(ANNA)
    return site.house.ledger.events(subject), site.house.rights.corrections.restricted(subject)


@pytest.mark.parametrize("way", [press, call])
def test_this_is_wrong_keeps_the_claim_and_stops_using_the_value(
    site: TrialSite, anna: TestClient, way: object
) -> None:
    answer = way(anna, "correct")
    assert answer.status_code in (200, 303)
    text = page(anna)
    assert "because you say that it is wrong" in text
    assert "it should be “Annelies”" in text
    assert site.house.rights.corrections.waiting()[0].attribute == "first_name"
    assert "Anna-Sophie" not in site.browser(ANNA).open("/").text


def test_what_staff_wrote_down_is_told_as_theirs(site: TrialSite, anna: TestClient) -> None:
    corrections, subject = site.house.rights.corrections, site.house.subject_of(ANNA)
    corrections.correct(subject, "first_name", "Annelies")
    assert "Our staff wrote this down for you." not in page(anna)
    corrections.correct(subject, "contract_end", "31 March", entered_by="staff")
    text = page(anna)
    assert re.search(r"it should be “31 March”\. .*\(request \d+\)\. Our staff wrote this down for you\.", text)


def test_the_readable_file_has_receipts_requests_and_why_a_value_is_not_used(site: TrialSite, anna: TestClient) -> None:
    press(anna, "correct")
    corrections, subject = site.house.rights.corrections, site.house.subject_of(ANNA)
    corrections.restrict(subject, "contract_end")
    shown, text = page(anna), unescape(press(anna, "download", format="html").text)
    told = re.findall(r"Not used since [^<]*|On [^<]* you said that it should be [^<]*", shown)
    assert len(told) == 3
    assert [sentence for sentence in told if sentence not in text] == []
    numbers = [event.event_id.hex() for event in site.house.ledger.events(subject)]
    assert len(numbers) == 2
    assert all(f"Receipt number: <code>{number}</code>" in text for number in numbers)
    assert "What you said is wrong" in text


def test_the_page_shows_every_receipt_of_stopping_everything(site: TrialSite, anna: TestClient) -> None:
    text = follow(anna, anna.post("/personalize/me/stop?lang=en", headers={**HERE, "content-type": FORM}))
    note = text.partition('role="status"')[2].partition("</div>")[0]
    made = [event for event in site.house.ledger.events(site.house.subject_of(ANNA)) if event.action in STOPPING]
    assert len(made) > 1
    assert [event.event_id.hex() for event in made if event.event_id.hex() not in note] == []


@pytest.mark.parametrize(
    ("query", "accepted", "words"),
    [
        ("", "", "Dit verzoek kwam niet"),
        ("", "nb-NO,nb;q=0.9,en;q=0.5", "Denne forespørselen kom ikke"),
        ("", "fr-FR, de;q=0.9, no;q=0.3, en;q=0.1", "Denne forespørselen kom ikke"),
        ("", "nl;q=0, en;q=0.001", "This request did not come"),
        ("", "en;q=x, *;q=0.5", "Dit verzoek kwam niet"),
        ("?lang=en", "nb", "This request did not come"),
    ],
)
def test_a_refused_call_has_a_word_for_programs_and_a_sentence_in_the_reader_s_language(
    anna: TestClient, query: str, accepted: str, words: str
) -> None:
    headers = {"sec-fetch-site": "cross-site", "accept-language": accepted}
    told = anna.post(f"/personalize/api/me/stop{query}", json={}, headers=headers).json()
    assert told["code"] == "foreign"
    assert told["error"].startswith(words)


def test_what_a_refused_call_was_refused_for_is_told_by_its_word(anna: TestClient, clicked: TestClient) -> None:
    codes = [
        call(clicked, "stop"),
        call(anna, "stop", more="1"),
        call(anna, "consent", purpose="no", action="object", notice="", lang="en"),
        call(anna, "restrict", attribute="no"),
    ]
    assert [answer.json()["code"] for answer in codes] == ["unsure", "incomplete", "refused", "impossible"]
    assert codes[2].json()["detail"].startswith("There is no purpose 'no'")


def test_stopping_everything_names_every_receipt(site: TrialSite, anna: TestClient) -> None:
    numbers = call(anna, "stop").json()["receipts"]
    made = [event for event in site.house.ledger.events(site.house.subject_of(ANNA)) if event.action in STOPPING]
    assert len(made) > 1
    assert numbers == [event.event_id.hex() for event in made]
    assert all(number in page(anna) for number in numbers)


def test_stop_using_this_and_use_it_again(site: TrialSite, anna: TestClient) -> None:
    assert "Anna-Sophie" in site.browser(ANNA).open("/").text
    assert "not used any more" in follow(anna, press(anna, "restrict"))
    assert "because you asked us not to" in page(anna)
    assert "Anna-Sophie" not in site.browser(ANNA).open("/").text
    press(anna, "allow")
    assert "Anna-Sophie" in site.browser(ANNA).open("/").text


def test_stop_everything_takes_one_button(site: TrialSite, anna: TestClient) -> None:
    answer = anna.post("/personalize/me/stop?lang=en", headers={**HERE, "content-type": FORM})
    assert "Everything is stopped." in follow(anna, answer)
    assert {state.status for state in site.house.ledger.state(site.house.subject_of(ANNA)).values()} == {
        "objected",
        "not_given",
    }
    assert "Anna-Sophie" not in site.browser(ANNA).open("/").text
    assert "Stop everything" not in page(anna)


@pytest.mark.parametrize(("kind", "media"), [("json", "application/json"), ("html", "text/html; charset=utf-8")])
def test_everything_is_downloaded_by_a_post(anna: TestClient, kind: str, media: str) -> None:
    answer = press(anna, "download", format=kind)
    assert (answer.status_code, answer.headers["content-type"]) == (200, media)
    assert answer.headers["content-disposition"] == f'attachment; filename="127.0.0.1.{kind}"'
    assert "no-store" in answer.headers["cache-control"]
    assert "Anna-Sophie" in answer.text
    assert anna.get("/personalize/me/download").status_code == 405


def test_while_a_copy_is_made_for_somebody_their_next_one_is_refused_and_told_when(
    anna: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, free, made = threading.Event(), threading.Event(), list[Response]()

    def slow(house: House, lang: str) -> Callable[[CookbookEntry], Explanation]:
        began.set()
        free.wait(30)
        return teller(house, lang)

    monkeypatch.setattr(me, "teller", slow)
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


def test_a_yes_beyond_twenty_answers_a_day_is_refused_by_page_and_call_and_a_no_is_not(anna: TestClient) -> None:
    choice = {**FIELDS["consent"], "purpose": "subscription"}
    for action in ("object", "lift") * 10:
        assert press(anna, "consent", **{**choice, "action": action}).status_code == 303
    assert press(anna, "consent", **{**choice, "action": "object"}).status_code == 303
    again = {**choice, "action": "lift"}
    page, api = press(anna, "consent", **again), call(anna, "consent", **again)
    assert (page.status_code, "You can say no at any time." in page.text) == (429, True)
    assert (api.status_code, api.json()["code"]) == (429, "often")
    assert press(anna, "consent", **{**choice, "action": "object"}).status_code == 303


@pytest.mark.parametrize("erased", [False, True])
def test_the_copy_says_that_no_data_was_used_only_where_that_can_be_known(
    anna: TestClient, monkeypatch: pytest.MonkeyPatch, erased: bool
) -> None:
    def without_data(house: House, lang: str) -> Callable[[CookbookEntry], Explanation]:
        tell = teller(house, lang)
        return lambda entry: structs.replace(tell(entry), ingredients=(), erased=erased)

    monkeypatch.setattr(me, "teller", without_data)
    text = press(anna, "download", format="html").text
    assert "<article>" in text
    assert (language("en").say("No personal data was used for this.") in text) is not erased


def test_a_browser_of_nobody_in_particular_sees_and_ends_its_own(site: TrialSite, nobody: TestClient) -> None:
    form = nobody.get("/personalize/consent?lang=en").text.partition("<form")[2]
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
    agreed = nobody.post("/personalize/consent?lang=en", data={**fields, "answer": "yes"}, headers=HERE)
    assert agreed.status_code in (200, 303), agreed.text
    assert "You agreed on " in page(nobody)
    assert not [secret for secret in SECRETS if secret in page(nobody)]
    assert press(nobody, "stop", everything="").status_code == 400
    assert nobody.post("/personalize/me/stop", headers={**HERE, "content-type": FORM}).status_code == 303
    assert "You agreed on " not in page(nobody)
    assert press(nobody, "erase").status_code == 303
    assert len(list(site.house.store.profiles.subjects())) == 1


def test_insight_is_one_call(anna: TestClient, nobody: TestClient) -> None:
    told = json.loads(call(anna, "").text)
    assert {value["attribute"]: value["value"] for value in told["values"]}["first_name"] == "Anna-Sophie"
    assert [each["purpose"] for each in told["consents"]] == ["climate_letter", "recognition"]
    assert told["consents"][0]["text"].startswith("Ja, Nieuwsblad mag")
    assert call(nobody, "").status_code == 403


def test_insight_tells_what_was_read_in_a_linked_browser(site: TrialSite, anna: TestClient) -> None:
    device, _ = site.house.browsers.begin_device(site.house.clock.now())
    site.house.store.profiles.remember(device, "letters", {"newsletters": Stored(["garden"], 1, 0)})
    site.house.store.browsers.link(device, site.house.subject_of(ANNA), "login", site.house.clock.now())
    (told,) = json.loads(call(anna, "").text)["devices"]
    assert (told["device"], told["means"], told["values"][0]["value"]) == (str(device), "login", ["garden"])
    site.house.browsers.cut(site.house.subject_of(ANNA), device, "not me", site.house.clock.now())
    assert json.loads(call(anna, "").text)["devices"][0]["values"] == []


def test_erasing_asks_first_and_then_knows_nobody(site: TrialSite, anna: TestClient) -> None:
    asked = anna.get("/personalize/me/erase?lang=en")
    assert "This cannot be undone" in asked.text
    assert site.house.subject_of(ANNA)
    assert press(anna, "erase", sure="no").status_code == 400
    answer = press(anna, "erase")
    assert answer.headers["location"] == "erased?lang=en"
    assert "Max-Age=0" in answer.headers["set-cookie"]
    text = page(anna)
    assert not [secret for secret in SECRETS if secret in text]
    assert "nothing is kept about you" in text
    assert site.house.rights.sweep() == 1


def test_one_person_does_not_reach_anothers(site: TrialSite) -> None:
    site.knows("customer_number:815")
    device, _ = site.house.browsers.begin_device(site.house.clock.now())
    site.house.store.browsers.link(device, site.house.subject_of(ANNA), "login", site.house.clock.now())
    ben = TestClient(site.app, base_url=site.url, follow_redirects=False, headers={LOGIN: "customer_number:815"})
    assert press(ben, "cut", device=str(device)).status_code == 400
    assert press(ben, "correct").status_code == 400
    assert not [secret for secret in SECRETS if secret in page(ben)]


def test_this_was_not_me_cuts_a_browser(site: TrialSite, anna: TestClient) -> None:
    device, _ = site.house.browsers.begin_device(site.house.clock.now())
    site.house.store.browsers.link(device, site.house.subject_of(ANNA), "login", site.house.clock.now())
    assert "Another browser, known to be yours" in page(anna)
    assert "not used for you any more" in follow(anna, press(anna, "cut", device=str(device)))
    assert site.house.browsers.links_of(site.house.subject_of(ANNA))[0].cut_at is not None
    assert "you said it was not you" in page(anna)


def test_who_looked_is_told_by_role_and_reason_but_not_by_name(site: TrialSite, anna: TestClient) -> None:
    subject, now = site.house.subject_of(ANNA), site.house.clock.now()
    site.house.staff.note(Look(at=now, staff="Marit", role="service", what="code", reason="A call", subject=subject))
    text = page(anna)
    assert "Customer service: A call" in text
    assert "Marit" not in text
    site.house.staff.note(
        Look(at=now, staff="Marit", role="service", what="code", reason="Een klacht", subject=subject)
    )
    assert "Customer service: A complaint" in page(anna)
    assert "Marit" not in call(anna, "").text


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


def test_the_page_of_one_who_logs_in_and_is_not_known_says_so(site: TrialSite) -> None:
    ben = TestClient(site.app, base_url=site.url, follow_redirects=False, headers={LOGIN: "customer_number:815"})
    assert "nothing is kept about you" in page(ben)
    assert press(ben, "restrict").status_code == 400
    assert press(ben, "download", format="json").status_code == 409
    assert len(list(site.house.store.profiles.subjects())) == 1


def test_what_a_person_claims_is_escaped(anna: TestClient) -> None:
    press(anna, "correct", attribute="first_name", claimed="<img src=x onerror=alert(1)>{0}")
    assert "<img" not in anna.get("/personalize/me").text


def test_the_catalogue_names_every_purpose_source_and_term(nobody: TestClient) -> None:
    text = unescape(nobody.get("/personalize/purposes?lang=en").text)
    assert "Your consent. It ends after 2 years by itself." in text
    assert "from our subscriber records · used for 30 days · kept until a newer one replaces it" in text
    answer = nobody.get("/personalize/api/purposes")
    assert answer.headers["content-type"] == "application/ld+json"
    told = answer.json()
    assert told["@context"]["dpv"] == "https://w3id.org/dpv#"
    processes = {each["@id"].partition("#")[2]: each for each in told["dpv:hasProcess"]}
    assert processes["climate_letter"]["dpv:hasLegalBasis"] == {"@id": "dpv:Consent"}
    assert processes["climate_letter"]["dpv:hasNotice"]["sha256"].keys() == {"nl", "nb", "en"}
    assert processes["subscription"]["dpv:hasStorageCondition"]["duration"] == "P400D"


def test_the_catalogue_says_until_when_the_rest_is_kept(nobody: TestClient) -> None:
    told = nobody.get("/personalize/api/purposes").json()
    kept = {each["dct:identifier"]: each for each in told["dpv:hasStorageCondition"]}
    assert kept["links"]["duration"] == "P44D"
    assert kept["consents"]["dpv:hasDuration"]["@type"] == "dpv:UntilEventDuration"
    data = [each for process in told["dpv:hasProcess"] for each in process["dpv:hasPersonalData"]]
    assert [each for each in data if "dpv:hasStorageCondition" not in each] == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_term_of_the_catalogue_is_said(nobody: TestClient, lang: str) -> None:
    text = unescape(nobody.get(f"/personalize/purposes?lang={lang}").text)
    told = nobody.get("/personalize/api/purposes").json()["dpv:hasStorageCondition"]
    assert {each["dct:identifier"] for each in told} <= SENTENCES.keys()
    lines = [language(lang).say(SENTENCES[each["dct:identifier"]], length="…").partition("…")[0] for each in told]
    assert [line for line in lines if line not in text] == []
