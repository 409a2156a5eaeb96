"""Finding people without a code, their time-line, and stopping the use of their data."""

import re
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest

from personalize.explain import standing
from personalize.model.consent import Action
from personalize.testing import TrialSite
from personalize.web.desk import persons
from tests.unit.web.desk.conftest import ANNA, BEN, HERE, SECRET, Counter, decide, plain, visit

NOBODY = "customer_number:9999"


def stop(desk: Counter, site: TrialSite, purpose: str, code: str = "") -> str:
    subject = site.house.subject_of(ANNA)
    return plain(desk.post(f"/person/{subject}/stop", purpose=purpose, case="C-17", code=code))


def test_an_identifier_leads_to_the_person_s_time_line(desk: Counter, code: str) -> None:
    page = desk.look_up(ANNA)
    assert "What this person was shown" in plain(page)
    assert code in page.text
    assert SECRET not in page.text
    assert [look.what for look in desk.trail()] == ["timeline", "identifier"]


def test_no_identifier_stands_in_clear_in_the_trail_or_in_an_address(desk: Counter, code: str) -> None:
    page = desk.look_up("anna.unknown@lezers.example")
    assert page.status_code == 404
    assert "anna" not in str(page.url)
    assert re.fullmatch(r"email:[0-9a-f]{32,64}", desk.trail()[0].query)


def test_an_editor_learns_nothing_from_typing_an_identifier(desk: Counter, code: str) -> None:
    desk.roles = ["editor"]
    known, unknown = desk.look_up(ANNA), desk.look_up(NOBODY)
    assert (known.status_code, unknown.status_code) == (403, 403)
    assert known.text == unknown.text
    assert desk.trail() == []


@pytest.mark.parametrize("role", ["editor", "admin"])
def test_other_roles_see_no_page_about_anybody(told: Counter, site: TrialSite, code: str, role: str) -> None:
    told.roles = [role]
    subject = site.house.subject_of(ANNA)
    entry = site.entries(ANNA)[0].entry_id.hex()
    for path in (f"/code/{code}", f"/person/{subject}", f"/entry/{entry}"):
        assert told.get(path).status_code == 403


def test_the_chart_has_a_mark_for_each_decision_and_the_table_says_the_same(desk: Counter, site: TrialSite) -> None:
    for _ in range(3):
        visit(site, ANNA)
    page = desk.look_up(ANNA).text
    found = re.search(r"<svg.*?</svg>", page, re.DOTALL)
    assert found
    chart = ElementTree.fromstring(found[0])
    assert len([each for each in chart.iter() if "mark" in each.get("class", "")]) == 6
    assert page.count('class="because"') == 6
    assert "style=" not in page


def day(ago: int) -> str:
    return str((datetime.now(UTC).astimezone(ZoneInfo("Europe/Amsterdam")) - timedelta(days=ago)).date())


def test_a_day_shows_what_was_decided_on_it(told: Counter, site: TrialSite, code: str) -> None:
    path = f"/person/{site.house.subject_of(ANNA)}"
    assert f'<a href="..{path}?day={day(1)}">Yesterday</a>' in told.get(path).text
    assert code in told.get(f"{path}?day={day(0)}").text
    assert f'<a href="..{path}?day={day(0)}" aria-current="true">Today</a>' in told.get(f"{path}?day={day(0)}").text
    page = told.get(f"{path}?day={day(1)}")
    assert code not in page.text
    assert "nothing was decided for them" in plain(page)
    assert told.get(f"{path}?day={day(1)}&format=json").json()["pages"] == []


def test_an_empty_day_is_told_in_a_sentence_that_begins_with_a_capital(
    told: Counter, site: TrialSite, code: str
) -> None:
    path = f"/person/{site.house.subject_of(ANNA)}?day={day(1)}"
    assert "Ingenting ble avgjort for denne personen " in plain(told.get(f"{path}&lang=nb"))


def test_what_is_no_day_is_said_to_be_none(told: Counter, site: TrialSite, code: str) -> None:
    path = f"/person/{site.house.subject_of(ANNA)}"
    for text in ("2026-02-31", "9999-12-31", "x"):
        page = told.get(f"{path}?day={text}")
        assert "That is no day or time." in plain(page)
        assert code in page.text


def test_an_erased_person_is_nobody_on_no_day(told: Counter, site: TrialSite, code: str) -> None:
    subject = site.house.subject_of(ANNA)
    site.house.rights.erase(subject)
    assert told.get(f"/person/{subject}?day={day(1)}").status_code == 200


OLDER = "Only the newest are listed. Choose a day to see older ones."
OF_DAY = "Only the newest of that day are listed."


def test_that_there_is_more_is_said_only_where_there_is(
    told: Counter, site: TrialSite, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/person/{site.house.subject_of(ANNA)}"
    for most in ("MOST", "MOST_OF_DAY"):
        monkeypatch.setattr(persons, most, 2)
    assert len(site.entries(ANNA)) == 2
    assert "Only the newest" not in told.text(path) + told.text(f"{path}?day={day(0)}")
    assert not told.get(f"{path}?format=json").json()["more"]
    decide(site, ANNA, "offer")
    assert OLDER in told.text(path)
    assert OF_DAY in told.text(f"{path}?day={day(0)}")
    assert told.get(f"{path}?format=json").json()["more"]


@pytest.mark.parametrize(("most", "listed"), [(1, 1), (2, 2), (3, 2), (4, 4)])
def test_no_page_is_listed_in_part_unless_it_is_the_only_one(
    told: Counter, site: TrialSite, code: str, most: int, listed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit(site, ANNA)
    monkeypatch.setattr(persons, "MOST", most)
    page = told.get(f"/person/{site.house.subject_of(ANNA)}")
    assert (page.text.count('class="because"'), OLDER in plain(page)) == (listed, most < 4)


UNSERVED = "It was decided, but as far as we know not put on the page."


@pytest.mark.usefixtures("waited")
def test_what_was_not_put_on_the_page_is_told_and_drawn_as_such(desk: Counter, site: TrialSite) -> None:
    visit(site, ANNA)
    site.house.recorder.keep_served()
    decide(site, ANNA, "offer")
    page = desk.look_up(ANNA)
    assert page.text.count('class="mark shown"') == 2
    assert page.text.count('class="mark unserved"') == 1
    assert plain(page).count(f"“Keep reading” . {UNSERVED}") == 1
    pages = desk.get(f"/person/{site.house.subject_of(ANNA)}?format=json").json()["pages"]
    assert [[(line["kind"], line["unserved"]) for line in view["lines"]] for view in pages] == [
        [("unserved", UNSERVED)],
        [("shown", "")] * 2,
    ]


def test_while_it_cannot_be_known_yet_it_counts_as_put_on_the_page(desk: Counter, site: TrialSite) -> None:
    decide(site, ANNA, "offer")
    decide(site, ANNA, "hero")
    page = desk.look_up(ANNA)
    assert page.text.count('class="mark shown"') == 2
    assert UNSERVED not in plain(page)


def test_stopping_is_recorded_as_the_person_s_own_wish_with_its_proof(told: Counter, site: TrialSite) -> None:
    stop(told, site, "subscription")
    event = site.house.ledger.events(site.house.subject_of(ANNA))[-1]
    assert (event.action, event.actor) == (Action.objected, "staff:Marit")
    assert event.evidence["case"] == "C-17"
    stop(told, site, "reading")
    assert site.house.ledger.events(event.subject)[-1].action is Action.withdrawn


def test_a_no_to_what_was_never_agreed_to_is_no_withdrawal(desk: Counter, site: TrialSite) -> None:
    desk.look_up(BEN)
    page = plain(desk.post(f"/person/{site.house.subject_of(BEN)}/stop", purpose="reading", case="C-17"))
    assert "you did not agree to “Reading history”. The receipt number ends in" in page


def test_the_next_decision_shows_that_it_worked(told: Counter, site: TrialSite, code: str) -> None:
    page = stop(told, site, "subscription", code)
    assert "you objected to “Your subscription”. The receipt number ends in" in page
    assert "The next time “Switch now” will be shown at “the offer”." in page
    assert "You objected to “Your subscription”, so we do not look at “subscriber”." in page
    assert site.browser(ANNA).open("/").slot("offer") == "Switch now"


def test_why_it_will_not_be_read_is_not_told_by_how_consent_stood_before(
    told: Counter, site: TrialSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing, "CERTAIN", 0)
    code, subject = visit(site, BEN), site.house.subject_of(BEN)
    assert "You had not agreed to “Reading history”" in told.text(f"/code/{code}")
    site.gives(BEN, "reading")
    page = plain(told.post(f"/person/{subject}/stop", purpose="reading", case="C-17", code=code))
    assert "You withdrew your consent to “Reading history”, so we do not look at “interest”." in page


@pytest.mark.parametrize(
    ("aloud", "words"),
    [
        (
            "",
            (
                "On ",
                "you objected to “Your subscription”. The receipt number ends in ",
                "we showed “Keep reading”",
                "The next time “Switch now”",
            ),
        ),
        (
            "nb",
            (
                "«Abonnementet ditt». Kvitteringsnummeret slutter på ",
                "viste vi «Fortsett å lese»",
                "Neste gang viser vi",
            ),
        ),
    ],
)
def test_the_receipt_is_read_aloud_in_the_caller_s_language_with_the_end_of_its_number(
    told: Counter, site: TrialSite, code: str, aloud: str, words: tuple[str, ...]
) -> None:
    told.get("/?lang=nl")
    subject = site.house.subject_of(ANNA)
    fields = {"purpose": "subscription", "case": "C-17", "code": code, "aloud": aloud}
    page = plain(told.post(f"/person/{subject}/stop", **fields))
    assert [each for each in words if each not in page] == []
    number = site.house.ledger.events(subject)[-1].event_id.hex(" ", 2)
    assert f"{number[-9:]}." in page
    assert f"Ontvangstnummer {number}" in page


def test_what_is_stopped_has_no_button_any_more(told: Counter, site: TrialSite, code: str) -> None:
    assert 'id="stop-subscription"' in told.get(f"/code/{code}").text
    stop(told, site, "subscription")
    assert 'id="stop-subscription"' not in told.get(f"/code/{code}").text


def test_that_all_is_stopped_already_is_said_once_nothing_is_left(told: Counter, site: TrialSite, code: str) -> None:
    pages = (f"/code/{code}", f"/person/{site.house.subject_of(ANNA)}")
    for purpose, is_all in (("subscription", False), ("reading", True)):
        stop(told, site, purpose)
        found = [told.text(page) for page in pages]
        assert ["All of this is stopped already" in page for page in found] == [is_all] * 2
        assert ["They do not want this any more" in page for page in found] == [not is_all] * 2


def test_one_stop_is_one_stop_in_the_trail_its_receipt_is_looked_at(told: Counter, site: TrialSite, code: str) -> None:
    stop(told, site, "subscription")
    stood = [look.what for look in told.trail()]
    assert (stood.count("stop"), stood.count("receipt")) == (1, 1)


def test_stopping_needs_a_form_of_this_desk(told: Counter, site: TrialSite) -> None:
    path = f"/person/{site.house.subject_of(ANNA)}/stop"
    assert told.client.post(path, data={"purpose": "subscription"}, headers=HERE).status_code == 403
    assert told.get(path).status_code == 405
    assert site.house.ledger.state(site.house.subject_of(ANNA))["subscription"].status == "in_force"


def test_a_purpose_that_is_not_there_stops_nothing(told: Counter, site: TrialSite) -> None:
    before = site.house.ledger.events(site.house.subject_of(ANNA))
    stop(told, site, "nothing")
    assert site.house.ledger.events(site.house.subject_of(ANNA)) == before


def test_a_person_without_decisions_is_said_to_have_none(desk: Counter) -> None:
    assert "nothing has been decided for them yet" in plain(desk.look_up(BEN))


@pytest.mark.parametrize("path", ["/person/{}", "/person/{}/export"])
def test_a_person_s_consents_are_asked_for_once_however_many_decisions_are_told(
    told: Counter, site: TrialSite, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told.roles, subject = ["data_officer"], site.house.subject_of(ANNA)
    people, asked = site.house.store.people, list[str]()
    all_of = people.all
    monkeypatch.setattr(people, "all", lambda sql, values=(): asked.append(sql) or all_of(sql, values))
    site.withdraws(ANNA, "reading")
    numbers = []
    for _ in range(2):
        visit(site, ANNA)
        asked.clear()
        told.get(path.format(subject))
        numbers.append(sum("FROM consent_events" in sql for sql in asked))
    assert numbers[0] == numbers[1] > 0
