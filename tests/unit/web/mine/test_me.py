"""The visitor's one page: what it tells at which assurance, and that each right is one button and one call."""

import re
from html import unescape

import pytest
from starlette.testclient import TestClient

from personalize.consent.receipts import show_receipt
from personalize.model.people import Assurance
from personalize.model.staff import Look
from personalize.recognition.recognise import Credentials
from personalize.testing import TrialSite
from personalize.testing.browser import LOGIN
from personalize.web.privacy import mine
from personalize.web.privacy.acts import ACTS
from tests.full_store import taking_no_more
from tests.unit.web.mine.visiting import ANNA, FIELDS, FORM, HERE, SECRETS, STOPPING, call, follow, page, press


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
    assert [text.count("ou came through a link in a newsletter") for text in (alone, known)] == [1, 1]
    told = ("agreed", "objected", "your newsletters", "whether you already have a subscription")
    assert [word for word in told if word in alone] == []
    assert [word for word in told if word not in known] == []


def test_why_says_once_that_somebody_came_by_a_link_and_not_again_at_each_place(
    site: TrialSite, clicked: TestClient, anna: TestClient
) -> None:
    clicked.get("/")
    (code,) = {entry.code for entry in site.entries(ANNA) if entry.assurance == Assurance.click}
    text = unescape(anna.get(f"/personalize/why?lang=en&code={code}").text)
    assert text.count("ou came through a link in a newsletter") == 1
    assert "“Greeting by name” was not shown: to look at “first name” we have to be surer who you are." in text


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
    assert "you can change it at any time" not in text
    assert '<a href="not-you?lang=en">Not you?</a>' in text


def test_who_logged_in_is_not_asked_whether_it_is_them(anna: TestClient) -> None:
    assert "not-you" not in page(anna)
    assert "you can change it at any time" in page(anna)


@pytest.mark.parametrize("path", ["/personalize", "/personalize/"])
def test_the_bare_path_leads_to_the_page(anna: TestClient, path: str) -> None:
    led = anna.get(f"{path}?lang=nb")
    assert (led.status_code, led.headers["location"]) == (303, "/personalize/me?lang=nb")
    assert "no-store" in led.headers["cache-control"]
    assert anna.get(f"{path}?lang=x%0d%0ay").headers["location"] == "/personalize/me"
    assert [anna.post(path).status_code, anna.get("/personalize/nothing").status_code] == [404, 404]


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


def test_the_page_shows_every_receipt_of_stopping_everything(site: TrialSite, anna: TestClient) -> None:
    text = follow(anna, anna.post("/personalize/me/stop?lang=en", headers={**HERE, "content-type": FORM}))
    note = text.partition('role="status"')[2].partition("</div>")[0]
    made = [event for event in site.house.ledger.events(site.house.subject_of(ANNA)) if event.action in STOPPING]
    assert len(made) > 1
    assert [event.action for event in made if show_receipt(event.event_id) not in note] == []


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
    assert all(show_receipt(event.event_id) in page(anna) for event in made)


def test_stopping_everything_is_recorded_in_full_or_not_at_all(site: TrialSite, anna: TestClient) -> None:
    before = site.house.ledger.events(site.house.subject_of(ANNA))
    with taking_no_more(site.house, "withdrawn"):
        answer = call(anna, "stop")
    assert (answer.status_code, answer.json()["code"]) == (503, "away")
    assert site.house.ledger.events(site.house.subject_of(ANNA)) == before


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


def test_the_page_of_one_who_logs_in_and_is_not_known_says_so(site: TrialSite) -> None:
    ben = TestClient(site.app, base_url=site.url, follow_redirects=False, headers={LOGIN: "customer_number:815"})
    assert "nothing is kept about you" in page(ben)
    assert press(ben, "restrict").status_code == 400
    assert press(ben, "download", format="json").status_code == 409
    assert len(list(site.house.store.profiles.subjects())) == 1


def test_what_a_person_claims_is_escaped(anna: TestClient) -> None:
    press(anna, "correct", attribute="first_name", claimed="<img src=x onerror=alert(1)>{0}")
    assert "<img" not in anna.get("/personalize/me").text


MORE = "The file that you can download below has all of it."


def test_twelve_pages_are_told_and_that_there_are_more_only_where_there_are(site: TrialSite, anna: TestClient) -> None:
    for _ in range(11):
        anna.get("/")
    text = page(anna)
    assert (text.count("More about "), MORE in text) == (12, False)
    anna.get("/")
    text = page(anna)
    assert (text.count("More about "), MORE in text) == (12, True)


def test_a_page_of_many_places_hides_none_before_it(
    site: TrialSite, anna: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mine, "MOST_SHOWN", 1)
    pipeline = site.house.pipeline
    for _ in range(9):
        pipeline.decide(pipeline.prepare(Credentials(login=ANNA)), "offer", code=123_456_789)
    text = page(anna)
    assert (text.count("More about "), MORE in text) == (1, True)


def test_what_was_not_looked_through_may_be_more(
    site: TrialSite, anna: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mine, "MOST_READ", len(site.entries(ANNA)))
    assert MORE not in page(anna)
    anna.get("/")
    assert MORE in page(anna)


def test_the_number_of_a_receipt_stands_in_groups_that_can_be_read_out(site: TrialSite, anna: TestClient) -> None:
    done = follow(anna, press(anna, "consent", **FIELDS["consent"]))
    newest, *_ = reversed(site.house.ledger.events(site.house.subject_of(ANNA)))
    assert done.count(f"<code>{newest.event_id.hex(' ', 2)}</code>") == 2
    assert newest.event_id.hex() not in re.sub(r"<[^>]*>", "", done)


def test_fifty_looks_of_staff_are_told_and_that_there_are_more_only_where_there_are(
    site: TrialSite, anna: TestClient
) -> None:
    subject, now = site.house.subject_of(ANNA), site.house.clock.now()
    for number in range(50):
        note = Look(at=now + number, staff="x", role="service", what="code", reason=f"call {number}", subject=subject)
        site.house.staff.note(note)
    text = page(anna)
    assert (len(set(re.findall(r"call \d+", text))), MORE in text) == (50, False)
    site.house.staff.note(Look(at=now + 50, staff="x", role="service", what="code", reason="call 50", subject=subject))
    text = page(anna)
    assert (len(set(re.findall(r"call \d+", text))), MORE in text) == (50, True)
