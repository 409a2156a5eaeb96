"""Unmasking on the page of a code: the value wherever it stands there, and nothing that was not asked for."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from personalize.errors import StoreError
from personalize.model.staff import Look
from personalize.testing import TrialSite
from tests.unit.web.desk.conftest import ANNA, CONTENT, SECRET, TOML, Counter, plain

ASKED = {"attribute": "contract_end", "why": "she asks for the date"}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[TrialSite]:
    """The newspaper, where two slots read the end of the contract, and who subscribes is masked too."""
    toml = TOML.replace('masked = ["contract_end"]', 'masked = ["contract_end", "subscriber"]')
    (tmp_path / "personalize.toml").write_text(toml, encoding="utf-8")
    content = CONTENT.replace("interest == 'climate'", "contract_end >= date('2020-01-01')")
    with TrialSite(tmp_path / "personalize.toml", content=content) as site:
        site.knows(ANNA, subscriber=True, contract_end=date(2029, 12, 31))
        yield site


@pytest.fixture
def offer(site: TrialSite, code: str) -> str:
    return next(entry for entry in site.entries(ANNA) if entry.slot == "offer").entry_id.hex()


def test_a_value_is_unmasked_wherever_it_stands_on_the_page(told: Counter, code: str, offer: str) -> None:
    page = told.post(f"/code/{code}", entry=offer, **ASKED)
    assert plain(page).count(f"end of contract {SECRET}") == 2
    assert "end of contract is on or after 1 January 2020" in plain(page)
    assert page.text.count('class="unmask"') == 1
    assert [(look.what, look.query) for look in told.trail()[:2]] == [
        ("unmask", "value:contract_end"),
        ("code", f"code:{code}"),
    ]


def test_the_eye_and_the_focus_land_on_the_value(told: Counter, code: str, offer: str) -> None:
    _, used, rest = told.post(f"/code/{code}", entry=offer, **ASKED).text.partition('<details class="fold used" open>')
    assert used
    assert SECRET in rest.partition(" autofocus>")[2].partition("</p>")[0]
    assert rest.count(" autofocus") == 1


def test_what_was_unmasked_before_stays(told: Counter, code: str, offer: str) -> None:
    told.post(f"/code/{code}", entry=offer, **ASKED)
    page = told.post(f"/code/{code}", attribute="subscriber", why="and this", entry=offer, shown="contract_end")
    assert f"end of contract {SECRET}" in plain(page)
    assert "subscriber yes" in plain(page)


def test_what_is_not_in_the_trail_was_not_unmasked(told: Counter, code: str, offer: str) -> None:
    page = told.post(f"/code/{code}", attribute="subscriber", why="she asks", entry=offer, shown="contract_end")
    assert SECRET not in page.text
    assert SECRET not in told.text(f"/code/{code}")


def test_guesses_tell_nothing(told: Counter, code: str) -> None:
    assert told.post(f"/code/{code}", attribute="contract_end", why=" ").status_code == 400
    for path in (code, "0000-0000", "nothing"):
        assert told.post(f"/code/{path}", attribute="nothing", why="guess").status_code == 404
        assert told.trail()[0].query == f"code:{path}"


def test_other_roles_and_a_trail_that_is_away_are_refused(
    told: Counter, code: str, offer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(look: Look, *_: int) -> int:
        raise StoreError("away")

    told.roles = ["editor"]
    assert told.post(f"/code/{code}", entry=offer, **ASKED).status_code == 403
    told.roles = ["service"]
    monkeypatch.setattr(told.site.house.staff, "note_within", away)
    page = told.post(f"/code/{code}", entry=offer, **ASKED)
    assert page.status_code == 503
    assert SECRET not in page.text


def test_the_trail_names_the_value_that_was_shown(told: Counter, code: str, offer: str) -> None:
    told.post(f"/code/{code}", entry=offer, **ASKED)
    told.roles = ["supervisor"]
    assert '<span class="small">Einde van het contract</span>' in told.get("/trail?lang=nl").text
