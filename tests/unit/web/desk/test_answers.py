"""Five ways in which there is nothing to tell, and five different answers."""

import pytest

from personalize.cookbook.codes import LENGTH, code_of, show_code
from personalize.testing import TrialSite
from personalize.web.desk.queries import read_queries, shape_of
from tests.unit.web.desk.conftest import ANNA, Counter, plain, visit

KINDS = ("customer_number", "email", "phone", "address", "plate")
NEVER_GIVEN = show_code(code_of(0))


def mistyped(code: str) -> str:
    """The same code with one character wrong."""
    return ("2" if code[0] != "2" else "3") + code[1:]


def test_an_unknown_code_is_said_to_be_unknown(desk: Counter) -> None:
    page = desk.look_up(NEVER_GIVEN)
    assert page.status_code == 404
    assert "no page of ours bore it" in plain(page)


def test_a_mistyped_code_is_answered_with_the_likely_one(desk: Counter, code: str) -> None:
    page = desk.look_up(mistyped(code))
    assert "Not quite a visit code" in plain(page)
    assert f'href="code/{code}"' in page.text


def test_a_foreign_code_is_said_to_be_none_of_ours(desk: Counter) -> None:
    assert "This is not one of our visit codes" in plain(desk.look_up("ORDER-2026-99118", kind="code"))


def test_an_erased_person_s_code_says_so_and_nothing_about_them(desk: Counter, site: TrialSite, code: str) -> None:
    site.house.rights.erase(site.house.subject_of(ANNA))
    page = plain(desk.look_up(code))
    assert "was erased on" in page
    assert "we showed “Keep reading”" in page
    assert "climate letter" not in page
    assert "What we used" not in page


def test_a_code_from_before_what_is_kept_has_expired(desk: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk.site.house.rights, "kept_since", lambda: 1_700_000_000_000_000)
    assert "Or is it long ago?" in plain(desk.look_up(NEVER_GIVEN))
    assert "This code is too old" in desk.text(f"/code/{NEVER_GIVEN}?day=2023-01-01")
    assert "no page of ours bore it" in desk.text(f"/code/{NEVER_GIVEN}?day=2026-01-01")


def test_every_answer_is_in_the_trail_without_what_was_typed(desk: Counter) -> None:
    desk.look_up("Jansen-van-der-Berg", kind="code")
    assert desk.trail()[0].query == "code:foreign"


@pytest.mark.parametrize(
    ("typed", "kinds"),
    [
        ("7KQ4-2MXJ", "code customer_number"),
        ("7kq42mxj", "code customer_number"),
        ("7KQ4-2MX9", "code customer_number"),
        ("M2", "code customer_number"),
        ("1234AB 12", "address code customer_number"),
        ("3483EE 38", "address code customer_number"),
        ("3483-EE38", "code customer_number"),
        ("12-DBB-1", "plate code customer_number"),
        ("anna@lezers.example", "email"),
        ("+31 6 12345678", "phone"),
        ("0612345678", "phone"),
        ("4711", "customer_number"),
        ("12345678", "customer_number"),
        ("customer_number:A-17", "customer_number"),
        ("email:anna@lezers.example", "email"),
        ("what?", "code customer_number"),
        ("y" * 65, "code"),
    ],
)
def test_what_was_typed_is_found_out(site: TrialSite, typed: str, kinds: str) -> None:
    found = read_queries(typed, "", KINDS, site.house.digests)
    assert [query.kind for query in found] == kinds.split()


def test_a_text_is_a_code_or_nearly_one_or_nothing_of_ours(site: TrialSite) -> None:
    code = visit(site, ANNA)
    assert shape_of(code.lower()) == "code"
    assert shape_of(mistyped(code)) == "near"
    assert shape_of(code[:-1]) == "near"
    assert shape_of("X" * (LENGTH + 4)) == "foreign"
