"""The page on which those who supervise see who looked up whom, when and why."""

import ast
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

import personalize
from personalize.errors import StoreError
from personalize.model.staff import BY_IDENTIFIER, REFUSED, Look, Role
from personalize.personalizer import Personalizer
from personalize.web.trail.pages import KINDS

from .conftest import ROLES, Hands, sign_in

DAY = 24 * 60
WRITERS = {"Look", "look", "note", "note_look", "noted"}
"""What puts a look into the trail; the kind is `what`, or the third thing given."""


def kinds_in_code() -> Iterator[ast.expr]:
    for folder in ("cli", "web"):
        for path in (Path(personalize.__file__).parent / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") in WRITERS:
                    yield from node.args[2:3] or [word.value for word in node.keywords if word.arg == "what"]


@pytest.fixture
def looks(desk: TestClient, personalizer: Personalizer, clock: Hands) -> TestClient:
    """Three looks: anna's of eight days ago, anna's and cas's of today."""
    for minutes, staff, subject in ((0, "anna", 5), (8 * DAY, "anna", 6), (1, "cas", 5)):
        clock.move(minutes=minutes)
        entry = Look(
            at=clock.now(), staff=staff, role="service", what="code", reason="<b>asks</b>", case="C-1", subject=subject
        )
        personalizer.house.staff.note(entry)
    clock.move(minutes=1)
    return desk


def found(desk: TestClient, query: str = "") -> list[tuple[str, str | None]]:
    rows = desk.get(f"/trail?format=json&{query}").json()["looks"]
    return [(row["staff"], row["subject"]) for row in rows if row["what"] != "trail"]


@pytest.mark.parametrize("name", ROLES)
def test_only_those_who_supervise_see_it(looks: TestClient, name: str) -> None:
    sign_in(looks, name)
    allowed = ROLES[name] <= {Role.supervisor, Role.data_officer, Role.admin}
    answer = looks.get("/trail")
    assert answer.status_code == (200 if allowed else 403)
    assert ("C-1" in answer.text) is allowed


def test_a_reason_is_told_in_the_readers_language_and_given_to_programs_as_written(
    desk: TestClient, personalizer: Personalizer, clock: Hands
) -> None:
    written = "Een klacht: twee keer gebeld"
    look = Look(at=clock.now(), staff="anna", role="service", what="code", reason=written)
    personalizer.house.staff.note(look)
    sign_in(desk, "bea")
    assert "A complaint: twee keer gebeld" in desk.get("/trail?lang=en").text
    assert written in [row["reason"] for row in desk.get("/trail?format=json").json()["looks"]]


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("code:mistyped", "verkeerd getypt"),
        ("receipt:unknown", "niets gevonden"),
        ("code:7KQ4-2MX9", "7KQ4-2MX9"),
        ("receipt:01a20ab226fc710d89380f6615ccd228", "01a2 0ab2 26fc 710d 8938 0f66 15cc d228"),
        ("email:0a1b2c3d4e5f", "E-mailadres 0a1b2c3d"),
        ("email", "E-mailadres"),
        ("request:7", "Verzoek 7"),
        ("request:7 kept", "Verzoek 7: De waarde klopte"),
        ("purpose:reading", "Leesgedrag"),
        ("entry:a64510ae1a5dcc2d00000002", "a64510ae1a5dcc2d00000002"),
        ("batch:1", "Een import: 1"),
        ("notice:reading@2", "Een toestemmingstekst: reading@2"),
        ("value:gone", "value:gone"),
    ],
)
def test_what_was_typed_is_told_in_words_and_given_to_programs_as_written(
    desk: TestClient, personalizer: Personalizer, clock: Hands, query: str, told: str
) -> None:
    look = Look(at=clock.now(), staff="anna", role="service", what="code", reason="asks", query=query)
    personalizer.house.staff.note(look)
    sign_in(desk, "bea")
    assert f'<span class="small">{told}</span>' in desk.get("/trail?lang=nl").text
    assert query in [row["query"] for row in desk.get("/trail?format=json").json()["looks"]]


def test_the_part_of_the_trail_that_was_looked_at_is_told_in_words(desk: TestClient) -> None:
    sign_in(desk, "bea")
    desk.get("/trail?staff=anna&subject=5&from=2026-01-30&to=2026-02-01")
    told = desk.get("/trail?lang=nl").text
    part = "anna, persoon 5, 30 januari 2026 tot en met 1 februari 2026"
    assert f'dit logboek<br><span class="small">{part}</span>' in told
    assert "staff=anna" not in told


def test_the_last_week_is_shown_newest_first(looks: TestClient) -> None:
    sign_in(looks, "bea")
    assert found(looks) == [("cas", "5"), ("anna", "6")]
    page = looks.get("/trail?lang=en").text
    assert page.index("cas") < page.index("anna")
    assert "visit code" in page
    assert "&lt;b&gt;asks" in page


def test_it_is_filtered_by_staff_person_and_period(looks: TestClient) -> None:
    sign_in(looks, "bea")
    assert found(looks, "staff=anna") == [("anna", "6")]
    assert found(looks, "subject=5") == [("cas", "5")]
    assert found(looks, "subject=5&from=2020-01-01") == [("cas", "5"), ("anna", "5")]
    assert found(looks, "to=2020-01-01") == []


@pytest.mark.parametrize(
    "query", ["before=x", "subject=x", "subject=-1", f"subject={2**63}", "from=31-1-26", "to=9999-12-31"]
)
def test_a_filter_that_makes_no_sense_says_so(looks: TestClient, query: str) -> None:
    sign_in(looks, "bea")
    assert looks.get(f"/trail?{query}").status_code == 400


def test_looking_at_the_trail_stands_in_it(looks: TestClient, personalizer: Personalizer) -> None:
    sign_in(looks, "bea")
    looks.get("/trail?staff=anna")
    (newest,) = personalizer.house.staff.looks(since=0, until=2**60, limit=1)
    assert (newest.staff, newest.role, newest.what) == ("bea", "supervisor", "trail")
    assert newest.reason.startswith("staff=anna 20")


def test_with_the_trail_away_it_is_not_shown_though_it_was_just_before(
    looks: TestClient, personalizer: Personalizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> int:
        raise StoreError

    sign_in(looks, "bea")
    assert looks.get("/trail").status_code == 200
    monkeypatch.setattr(personalizer.house.staff, "note_within", fail)
    answer = looks.get("/trail")
    assert (answer.status_code, "C-1" in answer.text) == (503, False)


def test_a_look_at_somebody_of_the_staff_reads_unlike_one_at_a_person(
    looks: TestClient, personalizer: Personalizer
) -> None:
    sign_in(looks, "bea")
    for query in ("staff=5", "subject=5"):
        looks.get(f"/trail?{query}")
    person, staff = (row.reason for row in personalizer.house.staff.looks(since=0, until=2**60, limit=2))
    assert (staff[:8], person[:9]) == ("staff=5 ", "person=5 ")


def test_older_ones_are_a_link_away_only_where_there_are(
    looks: TestClient, personalizer: Personalizer, clock: Hands
) -> None:
    sign_in(looks, "bea")
    for number in range(197):
        clock.move(minutes=0.001)
        entry = Look(at=clock.now(), staff="anna", role="service", what="code", reason=f"call {number}")
        personalizer.house.staff.note(entry)
    clock.move(minutes=0.001)
    first = looks.get("/trail?format=json").json()
    assert (len(first["looks"]), first["more"]) == (200, False)
    page = unescape(looks.get("/trail?lang=en&from=2020-01-01").text)
    assert "200 look-ups are shown at a time." in page
    older = set(re.findall(r'href="\?([^"]*before=[^"]*)"', page))
    (address,) = older
    then = looks.get(f"/trail?format=json&{address}").json()
    assert [(row["staff"], row["subject"]) for row in then["looks"]] == [("anna", "6"), ("anna", "5")]
    assert not then["more"]
    assert "at a time" not in looks.get(f"/trail?lang=en&{address}").text


@pytest.mark.parametrize("lang", ["nl", "nb", "en"])
def test_it_is_there_in_each_language(looks: TestClient, lang: str) -> None:
    sign_in(looks, "cas")
    page = looks.get(f"/trail?lang={lang}").text
    assert f'<html lang="{lang}">' in page
    assert {"nl": "Wie iets opzocht", "nb": "Hvem som har slått opp", "en": "Who looked"}[lang] in page


def test_every_kind_of_look_has_a_label() -> None:
    kinds = list(kinds_in_code())
    assert {kind.id for kind in kinds if isinstance(kind, ast.Name)} == {"what"}  # handed on as it was given
    written = {kind.value for kind in kinds if isinstance(kind, ast.Constant)}
    assert len(kinds) == sum(isinstance(kind, ast.Name | ast.Constant) for kind in kinds)
    assert {*written, *BY_IDENTIFIER, REFUSED} == KINDS.keys()


@pytest.mark.parametrize("lang", ["nl", "nb", "en"])
def test_an_objection_a_restriction_and_a_correction_are_called_that(
    desk: TestClient, personalizer: Personalizer, clock: Hands, lang: str
) -> None:
    for what in ("stop", "restrict", "correct"):
        look = Look(at=clock.now(), staff="shell:ops", role="shell", what=what, reason="called", subject=5)
        personalizer.house.staff.note(look)
    sign_in(desk, "bea")
    page = desk.get(f"/trail?lang={lang}").text
    said = {
        "nl": ("bezwaar of intrekking", "beperking van gebruik", "correctie"),
        "nb": ("protest eller tilbaketrekking", "begrensning av bruk", "retting"),
        "en": ("objection or withdrawal", "restriction of use", "correction"),
    }
    assert [f">{words}</td>" in page for words in said[lang]] == [True] * 3
