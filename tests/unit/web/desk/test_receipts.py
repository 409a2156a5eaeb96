"""A receipt that a caller holds leads to what they agreed or objected to, under the rules of every look-up."""

import pytest

from personalize.testing import TrialSite
from tests.unit.web.desk.conftest import ANNA, Counter, plain

NEVER_GIVEN = "019dff4e130079889dc36c768b66a103"


@pytest.fixture
def number(site: TrialSite) -> str:
    """The number of the receipt of what Anna agreed to."""
    site.objects(ANNA, "subscription")
    first, _ = site.house.ledger.events(site.house.subject_of(ANNA))
    return first.event_id.hex()


def grouped(number: str) -> str:
    return " ".join(number[at : at + 4] for at in range(0, 32, 4)).upper()


@pytest.mark.parametrize("written", [str, grouped, "receipt:{}".format])
def test_a_receipt_leads_to_all_that_its_person_said(desk: Counter, number: str, written: type[str]) -> None:
    page = desk.look_up(written(number))
    assert (page.url.path, page.status_code) == (f"/receipt/{number}", 200)
    text = plain(page)
    agreed, objected = text.index("you agreed to “Reading history”"), text.index("you objected to “Your subscription”")
    assert agreed < text.index("What else this person agreed or objected to") < objected
    assert "Yes, remember what I read." in text
    assert text.count("It was said on the page “Your data, your choice”.") == 2


def test_the_look_stands_in_the_trail_with_its_person(desk: Counter, site: TrialSite, number: str) -> None:
    desk.look_up(number)
    (look,) = desk.trail()
    assert (look.what, look.subject) == ("receipt", site.house.subject_of(ANNA))
    assert (look.query, look.case, look.role) == (f"receipt:{number}", "C-17", "service")
    site.house.rights.erase(look.subject)
    (look,) = desk.trail()
    assert (look.subject, look.query) == (0, "")


def test_a_number_that_was_never_given_out_is_answered_as_one(desk: Counter, site: TrialSite) -> None:
    site.knows(ANNA)
    page = desk.look_up(NEVER_GIVEN)
    assert page.status_code == 404
    assert "No receipt of ours has this number" in plain(page)
    assert "company" not in plain(page)
    assert [look.query for look in desk.trail() if look.what == "receipt"] == ["receipt:unknown"]


def test_a_number_of_an_erased_person_is_answered_as_an_unknown_one(
    desk: Counter, site: TrialSite, number: str
) -> None:
    site.house.rights.erase(site.house.subject_of(ANNA))
    page = desk.look_up(number)
    assert (page.status_code, number in plain(page).replace(" ", "")) == (404, True)
    assert "their receipts went with them" in plain(page)


def test_a_customer_number_of_the_same_shape_is_found_too(desk: Counter, site: TrialSite) -> None:
    site.knows(f"customer_number:{NEVER_GIVEN}")
    assert desk.look_up(NEVER_GIVEN).url.path.startswith("/person/")


def test_what_cannot_be_the_number_of_a_receipt_is_said_to_be_none(desk: Counter) -> None:
    page = desk.look_up("019dff4e", kind="receipt")
    assert page.status_code == 400
    assert "That cannot be read as: Receipt number." in plain(page)


def test_the_reason_comes_first_also_for_a_program(desk: Counter, number: str) -> None:
    asked = desk.get(f"/receipt/{number}")
    assert (asked.url.path, f'value="{number}"' in asked.text) == ("/", True)
    assert "Reading history" not in asked.text
    refused = desk.get(f"/receipt/{number}", accept="application/json")
    told = desk.get(f"/receipt/{number}?reason=why", accept="application/json").json()
    assert (refused.status_code, told["receipt"], len(told["receipts"])) == (400, number, 2)
    assert [look.what for look in desk.trail()] == ["receipt"]


def test_it_is_read_aloud_in_the_language_of_what_was_agreed_to(desk: Counter, number: str) -> None:
    desk.look_up(number)
    page = desk.get(f"/receipt/{number}?aloud=nl").text
    assert '<blockquote class="aloud" lang="nl"><p>Op ' in page
    assert "“Leesgeschiedenis”" in page
