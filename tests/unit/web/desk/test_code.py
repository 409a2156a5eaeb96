"""The page of a visit code: the sentence, what unfolds, and the trail before it."""

import re

import pytest
from msgspec.structs import replace

from personalize.cookbook.codes import code_of
from personalize.errors import StoreError
from personalize.model.staff import Look
from personalize.recognition.recognise import Credentials
from personalize.testing import TrialSite
from personalize.web.desk.answers import views_of
from tests.unit.web.desk.conftest import ANNA, BEN, SECRET, Counter, device_at, plain, visit

SAYS = {"hero": "front page", "offer": "Switch now"}


def test_a_code_is_answered_by_the_sentence_to_read_aloud(desk: Counter, code: str) -> None:
    page = desk.look_up(code)
    assert page.status_code == 200
    assert str(page.url).endswith(f"/code/{code}")
    assert "we showed “Keep reading” at “the offer”." in plain(page)


@pytest.mark.parametrize(("lang", "words"), [("nl", "toonden wij “Blijf lezen”"), ("nb", "viste vi «Fortsett å lese»")])
def test_it_is_read_aloud_in_the_caller_s_language(told: Counter, code: str, lang: str, words: str) -> None:
    assert words in told.text(f"/code/{code}?aloud={lang}")


@pytest.mark.parametrize("lang", ["nl", "nb"])
def test_the_line_under_the_code_begins_with_a_capital(told: Counter, code: str, lang: str) -> None:
    found = re.search(r'<p class="lead">([^<]+)', told.get(f"/code/{code}?lang={lang}").text)
    assert found
    assert found[1][0].isupper()


def test_what_unfolds_is_said_in_the_language_to_read_aloud_in(told: Counter, site: TrialSite, code: str) -> None:
    offer = next(entry for entry in site.entries(ANNA) if entry.slot == "offer")
    for address in (f"/code/{code}", f"/entry/{offer.entry_id.hex()}"):
        page = told.get(f"{address}?aloud=nb")
        assert "«Bytt nå» ble ikke vist: «Fortsett å lese» gikk foran." in plain(page)
        assert "Hadde du protestert mot «Abonnementet ditt»" in plain(page)
        assert '<p class="about" lang="nb">' in page.text
        assert "What if?" in plain(page)
    visitor = visit(site, "customer_number:1002")
    assert "Ingen personopplysninger ble brukt til dette." in told.text(f"/code/{visitor}?aloud=nb")


def test_what_else_was_considered_names_the_one_thing_that_kept_it_away(told: Counter, code: str) -> None:
    assert "“Switch now” was not shown: “Keep reading” came first." in told.text(f"/code/{code}")


def test_an_ingredient_tells_its_source_and_the_text_that_was_agreed_to(told: Counter, code: str) -> None:
    page = told.text(f"/code/{code}")
    assert "interest climate" in page
    assert re.search(r"to which you agreed on .+ \(version 2 of the text\)", page)
    assert "Yes, remember what I read." in page


def test_what_if_says_what_one_change_would_have_done(told: Counter, code: str) -> None:
    assert "Had you objected to “Your subscription”" in told.text(f"/code/{code}")


def test_a_masked_value_stands_nowhere_on_the_page(told: Counter, code: str) -> None:
    assert SECRET not in told.text(f"/code/{code}")
    assert SECRET not in told.get(f"/code/{code}?format=json").text
    told.roles = ["data_officer"]
    assert SECRET in told.text(f"/code/{code}")


def test_unmasking_needs_a_reason_of_its_own_and_stands_in_the_trail(told: Counter, site: TrialSite) -> None:
    offer = next(entry for entry in site.entries(ANNA) if entry.slot == "offer")
    path = f"/entry/{offer.entry_id.hex()}"
    assert told.post(path, attribute="contract_end", why=" ").status_code == 400
    shown = told.post(path, attribute="contract_end", why="she asks for the date")
    assert SECRET in plain(shown)
    look = told.trail()[0]
    assert (look.what, look.reason, look.query) == ("unmask", "she asks for the date", "value:contract_end")


def test_the_look_is_in_the_trail_with_reason_and_case(told: Counter, site: TrialSite) -> None:
    look = told.trail()[0]
    assert look.what == "code"
    assert (look.staff, look.reason, look.case) == ("Marit", "Somebody asks why they saw something", "C-17")
    assert look.subject == site.house.subject_of(ANNA)


def test_without_a_reason_nothing_is_told(desk: Counter, code: str) -> None:
    page = desk.get(f"/code/{code}")
    assert str(page.url).endswith(f"/?q={code}")
    assert "Keep reading" not in plain(page)
    assert desk.get(f"/code/{code}?format=json").status_code == 400
    assert desk.trail() == []


def test_without_the_trail_nothing_is_told(told: Counter, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(look: Look, *_: int) -> int:
        raise StoreError("away")

    monkeypatch.setattr(told.site.house.staff, "note_within", away)
    page = told.get(f"/code/{code}")
    assert page.status_code == 503
    assert "Keep reading" not in page.text


def test_a_program_gets_the_same_answer_as_json(desk: Counter, code: str) -> None:
    answer = desk.get(f"/code/{code}?reason=why&case=C-18", accept="application/json").json()
    assert {entry["slot"] for entry in answer["entries"]} == {"hero", "offer"}
    assert desk.trail()[0].case == "C-18"


def test_the_places_of_a_page_are_told_in_its_own_order_everywhere(desk: Counter, site: TrialSite) -> None:
    pipeline = site.house.pipeline
    once = pipeline.prepare(Credentials(login=BEN))
    for slot in ("hero", "offer"):
        pipeline.decide(once, slot, code=123_456_789)
    again = pipeline.prepare(Credentials(login=BEN))
    for slot in ("offer", "hero"):
        pipeline.decide(again, slot, code=987_654_321)
    for number, order in ((123_456_789, ["hero", "offer"]), (987_654_321, ["offer", "hero"])):
        code = code_of(number)
        answer = desk.get(f"/code/{code}?reason=why&case=C-18", accept="application/json").json()
        assert [entry["slot"] for entry in answer["entries"]] == order
        why = site.browser(BEN).open(f"/personalize/why?code={code}&lang=en").text
        assert sorted(order, key=lambda slot: why.index(SAYS[slot])) == order
    mine = site.browser(BEN).open("/personalize/me?lang=en").text
    assert re.findall("front page|Switch now", mine) == ["Switch now", "front page", "front page", "Switch now"]


def test_an_entry_has_a_page_of_its_own_with_the_names_for_developers(told: Counter, site: TrialSite) -> None:
    offer = next(entry for entry in site.entries(ANNA) if entry.slot == "offer")
    page = told.text(f"/entry/{offer.entry_id.hex()}")
    assert "we showed “Keep reading”" in page
    assert "TARGETING_MATCH" in page
    assert told.trail()[0].what == "entry"


def test_two_pages_under_one_code_are_told_apart_by_their_time(site: TrialSite, code: str) -> None:
    visit(site, ANNA)
    entries = sorted(site.entries(ANNA), key=lambda entry: (entry.at, entry.entry_id))
    assert [len(view.entries) for view in views_of(entries)] == [2, 2]


def test_what_the_caller_had_stopped_is_not_told_as_unknown(desk: Counter, site: TrialSite) -> None:
    site.house.rights.corrections.restrict(site.house.subject_of(ANNA), "subscriber")
    page = plain(desk.look_up(visit(site, ANNA)))
    assert "at your request we do not use “subscriber”" in page
    assert "we know nothing about “subscriber”" not in page


@pytest.mark.parametrize("is_cut", [False, True])
def test_what_was_stopped_in_a_browser_before_it_was_linked_is_not_told_as_unknown(
    observing: TrialSite, is_cut: bool
) -> None:
    browser, house = observing.browser(ANNA), observing.house
    device, anna = device_at(observing, browser), house.subject_of(ANNA)
    assert anna
    house.rights.corrections.restrict(device, "topic")
    browser.open("/")
    house.browsers.flush()
    if is_cut:
        house.browsers.cut(anna, device, "login", house.clock.now())
    assert browser.open("/").slot("hero") == "default of hero"
    newest = max(observing.entries(ANNA), key=lambda entry: entry.at)
    page = plain(Counter(observing).look_up(newest.code))
    assert ("at your request we do not use what was seen of “t” in a browser of yours" in page) is not is_cut
    assert ("we know nothing about “t”" in page) is is_cut


@pytest.mark.parametrize("replaced", [False, True])
def test_the_text_that_was_agreed_to_is_marked_as_of_its_own_language(
    told: Counter, site: TrialSite, code: str, replaced: bool
) -> None:
    agreed = site.house.settings.notices["reading"]
    if replaced:
        newer = replace(agreed, version=3, texts={"en": "Yes."}, digests={"en": "0" * 64}, earlier=(agreed,))
        site.house.settings.notices["reading"] = newer
    page = told.get(f"/code/{code}?lang=nl&aloud=nb").text
    assert '<blockquote lang="en">Yes, remember what I read.</blockquote>' in page
