"""What the desk refuses: guesses, another's case, other sites' links, numbers and days that cannot be."""

import base64
import logging

import pytest

from personalize.testing import TrialSite
from personalize.web.desk import case as cases
from tests.unit.web.desk.conftest import ANNA, BEN, Counter

HUGE = str(2**63)


def entry(site: TrialSite) -> str:
    return site.entries(ANNA)[0].entry_id.hex()


def test_unmasking_without_a_reason_tells_nothing(told: Counter, site: TrialSite) -> None:
    before = len(told.trail())
    there, not_there = f"/entry/{entry(site)}", f"/entry/{'0' * 32}"
    pages = [told.post(there, attribute=name) for name in ("subscriber", "nothing")]
    pages.append(told.post(not_there, attribute="subscriber", why=" "))
    assert [page.status_code for page in pages] == [400] * 3
    assert len(told.trail()) == before


def test_unmasking_what_is_not_there_stands_in_the_trail(told: Counter, site: TrialSite) -> None:
    for path, subject in ((entry(site), site.house.subject_of(ANNA)), ("0" * 32, 0)):
        assert told.post(f"/entry/{path}", attribute="nothing", why="guess").status_code == 404
        look = told.trail()[0]
        assert (look.what, look.reason, look.subject, look.query) == ("unmask", "guess", subject, f"entry:{path}")


@pytest.mark.parametrize("text", ["", "x", "x.y", "%%%.x", base64.urlsafe_b64encode(b"\x91" * 9000).decode()])
def test_a_cookie_that_is_no_case_is_none(told: Counter, code: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    cookie = {"cookie": f"pz-case={text}"}
    assert told.get(f"/code/{code}", **cookie).url.path == "/"
    monkeypatch.setattr(cases, "_is_of_session", lambda *_: True)
    told.client.cookies.clear()
    assert told.get(f"/code/{code}", **cookie).url.path == "/"


@pytest.mark.parametrize("site_of", ["cross-site", "same-site"])
def test_another_site_s_link_writes_nothing_down(told: Counter, site: TrialSite, code: str, site_of: str) -> None:
    before = len(told.trail())
    for path in (f"/code/{code}", f"/person/{site.house.subject_of(ANNA)}", "/trail", "/recall"):
        page = told.get(path, **{"sec-fetch-site": site_of})
        assert page.status_code == 403
        assert 'class="button" href="' in page.text
    assert told.get("/", **{"sec-fetch-site": site_of}).status_code == 200
    assert len(told.trail()) == before
    assert told.get(f"/code/{code}", **{"sec-fetch-site": "none"}).status_code == 200


@pytest.mark.parametrize("number", [HUGE, "9" * 5000, "x", "\u0663"])
@pytest.mark.parametrize("path", ["/person/{}", "/person/{}/export", "/person/{}/stopped/00"])
def test_a_number_nobody_can_have_is_nobody_s(told: Counter, path: str, number: str) -> None:
    told.roles = ["data_officer"]
    assert told.get(path.format(number)).status_code == 404


@pytest.mark.parametrize("query", [f"thing=batch&name={HUGE}", "thing=attribute&name=interest&to=9999-12-31"])
def test_a_recall_of_what_cannot_be_is_refused(told: Counter, query: str) -> None:
    told.roles = ["data_officer"]
    assert [told.get(f"{path}?{query}").status_code for path in ("/recall", "/recall.csv")] == [400, 400]


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
def test_a_day_out_of_time_is_no_day(desk: Counter, day: str) -> None:
    assert desk.get(f"/then?day={day}&time=23:30").status_code == 400


def test_a_receipt_under_what_is_no_code_is_refused(told: Counter, site: TrialSite) -> None:
    path = f"/person/{site.house.subject_of(ANNA)}/stop"
    receipt = told.post(path, purpose="reading", case="C-18").url.path
    assert told.trail()[1].case == "C-18"
    assert [told.get(f"{receipt}?code={code}").status_code for code in ("", "!!!!-!!!!")] == [200, 404]


def test_nothing_is_stopped_without_a_case_number(desk: Counter, site: TrialSite) -> None:
    desk.look_up(BEN, case="")
    before = len(desk.trail())
    subject = site.house.subject_of(BEN)
    assert desk.post(f"/person/{subject}/stop", purpose="reading", case=" ").status_code == 400
    assert len(desk.trail()) == before


def test_each_recall_is_said_in_the_log(told: Counter, caplog: pytest.LogCaptureFixture) -> None:
    told.roles = ["data_officer"]
    for path in ("/recall", "/recall.csv"):
        assert told.get(f"{path}?thing=attribute&name=interest").status_code == 200
    said = [each.getMessage() for each in caplog.records if each.levelno == logging.WARNING]
    assert said[-2:] == [f"Marit {done} 1 decisions by recall of one attribute." for done in ("listed", "exported")]
