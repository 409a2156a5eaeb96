"""The one box finds out by itself what was typed: a code, or else an identifier, of which some have no shape."""

import re

import pytest
from httpx2 import Response

from personalize.cookbook.codes import code_of, show_code
from personalize.testing import TrialSite
from personalize.web.shell import limits
from tests.unit.web.desk.conftest import ANNA, Counter, plain, visit

EVA = "customer_number:M2"
ADDRESS = "1234AB 12"
LIKE_AN_ADDRESS = 3_363_944_899
"""The number of the code 3483-EE38."""
SHAPED_AS_CODE = show_code(code_of(5)).replace("-", "")


def known(site: TrialSite, identifier: str) -> str:
    """Make somebody known by this alone, and return the address of their page."""
    site.knows(identifier)
    return f"/person/{site.house.subject_of(identifier)}"


@pytest.mark.parametrize(
    ("typed", "identifier"),
    [
        ("M2", EVA),
        (" M2 ", EVA),
        (ADDRESS, f"address:{ADDRESS}"),
        ("1234 ab 12", f"address:{ADDRESS}"),
        (ADDRESS, f"customer_number:{ADDRESS}"),
        ("7KQ4-2MX8", "customer_number:7KQ4-2MX8"),
        (SHAPED_AS_CODE, f"customer_number:{SHAPED_AS_CODE}"),
    ],
)
def test_somebody_is_found_by_what_was_typed_alone(desk: Counter, site: TrialSite, typed: str, identifier: str) -> None:
    address = known(site, identifier)
    assert desk.look_up(typed).url.path == address


def test_a_code_on_record_comes_before_an_identifier(desk: Counter, site: TrialSite, code: str) -> None:
    known(site, f"customer_number:{code}")
    assert desk.look_up(code).url.path == f"/code/{code}"
    assert "identifier" not in [look.what for look in desk.trail()]


def test_a_code_as_it_is_printed_comes_before_the_address_that_reads_alike(
    desk: Counter, site: TrialSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("personalize.asgi.asking.random_number", lambda: LIKE_AN_ADDRESS)
    printed = visit(site, ANNA)
    address = known(site, "address:3483EE 38")
    assert desk.look_up(printed).url.path == f"/code/{printed}"
    assert desk.look_up("3483EE 38").url.path == address


@pytest.mark.parametrize(
    ("lang", "kinds"),
    [
        (
            "en",
            "Visit code, receipt number, customer number, e-mail address, phone number or postcode and house number",
        ),
        ("nl", "Bezoekcode, ontvangstnummer, klantnummer, e-mailadres, telefoonnummer of postcode en huisnummer"),
        (
            "nb",
            "Besøkskode, kvitteringsnummer, kundenummer, e-postadresse, telefonnummer eller postnummer og husnummer",
        ),
    ],
)
def test_the_box_names_what_this_site_can_be_searched_by(desk: Counter, lang: str, kinds: str) -> None:
    assert kinds in desk.text(f"/?lang={lang}")
    assert f": {kinds[0].lower()}{kinds[1:]}." in plain(desk.look_up(""))


def test_the_box_names_nothing_that_this_site_has_not(desk: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("personalize.web.desk.box.kinds_of", lambda settings: ("email",))
    assert "Visit code, receipt number or e-mail address" in desk.text("/")
    assert "hone number" not in desk.get("/").text


def test_the_keyboard_starts_where_something_is_missing(desk: Counter) -> None:
    def focused(page: Response) -> list[str]:
        return re.findall(r'<(?:input|select) id="(\w+)"[^>]* autofocus', page.text)

    assert focused(desk.get("/")) == ["q"]
    assert focused(desk.look_up("")) == ["q"]
    assert focused(desk.look_up(ANNA, reason="")) == ["reason"]
    other = desk.look_up(ANNA, reason="other")
    assert focused(other) == ["note"]
    assert "<details open>" in other.text


def test_what_is_neither_is_said_to_be_neither(desk: Counter) -> None:
    page = desk.look_up("M9")
    assert page.status_code == 404
    assert "This is not one of our visit codes" in plain(page)
    assert "Customer number: nobody." in plain(page)
    assert 'value="customer_number"' not in page.text
    assert [look.what for look in desk.trail()] == ["code", "identifier"]
    assert [look.query.partition(":")[0] for look in desk.trail()] == ["code", "customer_number"]


def test_an_address_of_nobody_is_no_visit_code_either(desk: Counter) -> None:
    page = plain(desk.look_up(ADDRESS))
    assert "Nobody is known by this" in page
    assert "Postcode and house number: nobody" in page
    assert "visit code" not in page.partition("Or is it")[0]


def test_a_code_that_nothing_is_under_is_still_answered_as_a_code(desk: Counter) -> None:
    assert "no page of ours bore it" in plain(desk.look_up(SHAPED_AS_CODE))


def test_those_who_may_not_look_people_up_learn_nothing_from_a_text_without_a_shape(
    desk: Counter, site: TrialSite
) -> None:
    known(site, EVA)
    desk.roles = ["editor"]
    there, not_there = desk.look_up("M2"), desk.look_up("M9")
    assert (there.status_code, not_there.status_code) == (403, 403)
    assert there.text == not_there.text
    assert desk.trail() == []


def test_every_try_is_in_the_trail_and_counts(desk: Counter, site: TrialSite, monkeypatch: pytest.MonkeyPatch) -> None:
    address = known(site, EVA)
    monkeypatch.setattr(limits, "HARD", 1)
    monkeypatch.setattr("personalize.web.shell.access.HARD", 1)
    assert desk.look_up("M9").status_code == 404
    page = desk.look_up("M2")
    assert page.status_code == 429
    assert address not in page.text


@pytest.mark.parametrize(
    ("lang", "words"), [("en", "more than one person"), ("nl", "meer dan één persoon"), ("nb", "mer enn én person")]
)
def test_people_who_share_an_identifier_are_offered_one_by_one(
    desk: Counter, site: TrialSite, lang: str, words: str
) -> None:
    for number in ("M3", "M4"):
        digests = [*site.house.digests(f"customer_number:{number}"), *site.house.digests("email:fam@example.org")]
        site.house.store.profiles.create(digests, 1)
    desk.get(f"/?lang={lang}")
    page = desk.look_up("fam@example.org")
    addresses = [f"/person/{site.house.subject_of(f'customer_number:{number}')}" for number in ("M3", "M4")]
    assert page.status_code == 404
    assert words in plain(page)
    assert sorted(f"/{link}" for link in re.findall(r'href="(person/[0-9]+)"', page.text)) == sorted(addresses)
    assert [look.subject for look in desk.trail()] == [0]
    assert desk.get(addresses[0]).status_code == 200
    assert addresses[0] in [f"/person/{look.subject}" for look in desk.trail()]


def test_the_next_caller_is_not_looked_up_under_the_case_of_the_last(told: Counter, code: str) -> None:
    kept = told.get("/").text
    assert 'value="why" selected' in kept
    assert 'value="C-17"' in kept
    empty = told.post("/next")
    assert empty.url.path == "/"
    assert "selected" not in empty.text
    assert "C-17" not in empty.text
    assert told.post("/", q=code, reason="", case="").status_code == 400
    assert told.get(f"/code/{code}").url.path == "/"


@pytest.mark.parametrize(("path", "links"), [("/", 0), ("/code/{code}", 1)])
def test_the_case_in_hand_stands_above_every_page_with_what_ends_it(
    told: Counter, code: str, path: str, links: int
) -> None:
    page = told.get(path.format(code=code)).text
    above = page.partition('<form class="case"')[2].partition("</form>")[0]
    assert "Case C-17" in above
    assert "<button" in above
    assert above.count("New look-up") == links
