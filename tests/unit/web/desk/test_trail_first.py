"""Every page about somebody, for every role: in the trail before it is shown, or not shown at all (law 12)."""

import pytest

from personalize.errors import StoreError
from personalize.model.staff import Look, Role
from personalize.testing import TrialSite
from personalize.web.desk.told import LOOKERS
from tests.unit.web.desk.conftest import ANNA, Counter, visit

PERSONAL = ("Keep reading", "Reading history", "climate", "contract", "subscriber", "1001")
PAGES = {
    "code": ("GET", "/code/{code}"),
    "receipt": ("GET", "/receipt/{receipt}"),
    "entry": ("GET", "/entry/{entry}"),
    "timeline": ("GET", "/person/{subject}"),
    "unmask": ("POST", "/entry/{entry}"),
    "stop": ("POST", "/person/{subject}/stop"),
    "identifier": ("POST", "/"),
}
FIELDS = {
    "unmask": {"attribute": "subscriber", "why": "she asks"},
    "stop": {"purpose": "reading"},
    "identifier": {"q": ANNA, "reason": "why"},
}


def ask(desk: Counter, site: TrialSite, code: str, what: str) -> tuple[int, str]:
    method, path = PAGES[what]
    subject = site.house.subject_of(ANNA)
    receipt = site.house.ledger.events(subject)[0].event_id.hex()
    path = path.format(code=code, entry=site.entries(ANNA)[0].entry_id.hex(), subject=subject, receipt=receipt)
    page = desk.post(path, **FIELDS[what]) if method == "POST" else desk.get(path)
    return page.status_code, page.text.partition("<main")[2]


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("what", PAGES)
def test_the_look_is_written_down_or_the_page_is_refused(told: Counter, site: TrialSite, what: str, role: str) -> None:
    code, before = visit(site, ANNA), len(told.trail())
    told.roles = [role]
    status, _ = ask(told, site, code, what)
    assert status == (200 if role in LOOKERS else 403)
    looks = told.trail()[: len(told.trail()) - before]
    assert {look.role for look in looks} == ({role} if role in LOOKERS else set())
    assert (what in [look.what for look in looks]) == (role in LOOKERS)


@pytest.mark.parametrize("what", PAGES)
def test_nothing_is_shown_while_the_trail_is_away(
    told: Counter, site: TrialSite, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(look: Look, *_: int) -> int:
        raise StoreError("away")

    code = visit(site, ANNA)
    events = site.house.ledger.events(site.house.subject_of(ANNA))
    monkeypatch.setattr(site.house.staff, "note_within", away)
    status, text = ask(told, site, code, what)
    assert status == 503
    assert [word for word in PERSONAL if word in text] == []
    assert site.house.ledger.events(site.house.subject_of(ANNA)) == events


def test_what_is_written_into_the_trail_is_one_line(told: Counter) -> None:
    told.get("/entry/00%0aFORGED%1b[2J")
    assert told.trail()[0].query == "entry:00 FORGED [2J"
