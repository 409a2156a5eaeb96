"""Requests for a correction at the desk: listed without a person, opened in the trail, settled."""

from datetime import timedelta

import pytest

from personalize.errors import StoreError
from personalize.explain.dates import local, midnight
from personalize.model.staff import Look, Role
from personalize.rights.corrections import STAFF
from personalize.testing import TrialSite
from tests.unit.web.desk.conftest import ANNA, Counter, plain

CLAIMED = "1 July 2031"


@pytest.fixture
def officer(desk: Counter, site: TrialSite) -> Counter:
    """A data officer, and Anna who says that the end of her contract is wrong."""
    desk.roles = ["data_officer"]
    site.house.rights.corrections.correct(site.house.subject_of(ANNA), "contract_end", CLAIMED, ANNA)
    return desk


def opened(officer: Counter) -> str:
    return plain(officer.post("/corrections", number="1", reason="rights", case="K-7"))


def test_the_list_names_nobody_and_no_value_and_writes_nothing_down(officer: Counter) -> None:
    page = officer.get("/corrections")
    assert "1 request waits." in plain(page)
    assert "Open request 1 End of contract Asked on" in plain(page)
    assert [word for word in (CLAIMED, "2029", "1001") if word in page.text] == []
    assert officer.trail() == []
    assert officer.get("/corrections?format=json").json()["open"][0]["number"] == 1


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.data_officer}))
def test_other_roles_see_neither_the_list_nor_a_request(officer: Counter, role: Role) -> None:
    officer.roles = [role]
    assert {officer.get(path).status_code for path in ("/corrections", "/correction/1")} == {403}
    assert officer.post("/correction/1", outcome="kept").status_code == 403
    assert "requests for a correction" not in officer.text("/")
    assert officer.trail() == []


def test_the_first_page_says_that_one_waits(officer: Counter) -> None:
    assert "1 request for a correction waits. Show them" in officer.text("/")


def test_a_request_is_opened_with_a_reason_and_in_the_trail_first(officer: Counter) -> None:
    assert officer.get("/correction/1").url.path == "/corrections"
    assert officer.post("/corrections", number="1", reason="").status_code == 400
    assert officer.trail() == []
    page = opened(officer)
    assert f"It should be {CLAIMED} We hold 31 December 2029 Where from our records" in page
    assert "Customer number 1001 What this person was shown" in page
    look = officer.trail()[0]
    assert (look.what, look.query, look.case, look.subject > 0) == ("correct", "request:1", "K-7", True)


def test_nothing_is_shown_while_the_trail_is_away(officer: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(look: Look, *_: int) -> int:
        raise StoreError("away")

    monkeypatch.setattr(officer.site.house.staff, "note_within", away)
    page = officer.post("/corrections", number="1", reason="rights")
    assert (page.status_code, CLAIMED in page.text) == (503, False)


def test_a_value_that_was_right_is_used_again(officer: Counter, site: TrialSite) -> None:
    opened(officer)
    page = officer.post("/correction/1", outcome="kept")
    assert "Settled: it was right" in plain(page)
    assert officer.trail()[1].query == "request:1 kept"
    assert site.house.rights.corrections.restricted(site.house.subject_of(ANNA)) == {}
    assert "Nobody waits for a correction." in officer.text("/corrections")


def test_a_corrected_source_leaves_the_old_value_unused(officer: Counter, site: TrialSite) -> None:
    opened(officer)
    assert "Settled: its source was corrected." in plain(officer.post("/correction/1", outcome="corrected"))
    assert "contract_end" in site.house.rights.corrections.restricted(site.house.subject_of(ANNA))
    assert "Settled: its source" in plain(officer.post("/correction/1", outcome="kept"))


@pytest.mark.parametrize("outcome", ["kept", "corrected"])
def test_what_the_person_does_not_want_used_at_all_is_not_said_to_be_used_again(
    officer: Counter, site: TrialSite, outcome: str
) -> None:
    site.house.rights.corrections.restrict(site.house.subject_of(ANNA), "contract_end")
    before = opened(officer)
    assert "it stays unused until they allow it again" in before
    assert "used again" not in before
    after = plain(officer.post("/correction/1", outcome=outcome))
    assert "Settled. It stays unused: the person does not want it used" in after
    assert "used again" not in after


@pytest.mark.parametrize(("days", "said"), [(28, "An answer is due by"), (29, "The answer was due on")])
def test_one_that_is_late_says_so(
    officer: Counter, site: TrialSite, monkeypatch: pytest.MonkeyPatch, days: int, said: str
) -> None:
    zone = site.house.settings.site.zone
    now = midnight(local(site.house.clock.now(), zone).date() + timedelta(days=days), zone)
    monkeypatch.setattr(site.house.clock, "now", lambda: now)
    assert said in officer.text("/corrections")


def test_who_wrote_it_down_is_told(officer: Counter, site: TrialSite) -> None:
    corrections, subject = site.house.rights.corrections, site.house.subject_of(ANNA)
    corrections.correct(subject, "subscriber", "no", ANNA, entered_by=STAFF)
    assert "Staff wrote it down" not in opened(officer)
    assert "Staff wrote it down for them." in officer.text("/correction/2")


@pytest.mark.parametrize("number", ["2", "x", "9" * 19])
def test_a_request_that_is_not_there_is_not_found(officer: Counter, number: str) -> None:
    opened(officer)
    assert officer.get(f"/correction/{number}").status_code == 404
    assert officer.post(f"/correction/{number}", outcome="kept").status_code == 404
