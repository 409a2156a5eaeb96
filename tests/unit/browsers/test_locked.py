"""What is observed, and who logs in, while another program holds the store: nobody waits, and it is made up for."""

from pathlib import Path
from time import monotonic, sleep

import pytest

from personalize.model.attributes import Stored
from personalize.model.people import Assurance, Visitor
from personalize.profile import waiting
from personalize.testing.browser import Browser
from tests.own_login import MINUTE, URL, Paper, agree

ANNA, BRAM = b"customer_number:1", b"customer_number:2"
DAY = 24 * 60 * MINUTE


@pytest.fixture
def paper(tmp_path: Path):
    paper = Paper(tmp_path)
    paper.knows("1", first_name="Anna")
    paper.knows("2", first_name="Bram")
    yield paper
    paper.personalizer.close()


@pytest.fixture
def reader(paper: Paper) -> Browser:
    """Return a browser whose reader agreed, and read about the climate before."""
    browser = paper.browser()
    browser.request("POST", "/consent")
    assert reads(browser, "climate")
    return browser


def reads(browser: Browser, topic: str) -> bool:
    return browser.request("POST", "/observe", body=f"topic={topic}".encode()).text == "True"


def hero(browser: Browser) -> str:
    return browser.open().slot("hero")


def greeting(browser: Browser) -> str:
    return browser.open().slot("greeting")


def device_of(browser: Browser) -> int:
    return int(browser.request("GET", "/whoami").text.split()[2])


def flush(paper: Paper) -> None:
    paper.house.observations.waiting.flush()


def kept_of(paper: Paper, device: int) -> object:
    person = paper.house.store.profiles.load(device)
    return person.values["topic"].plain if person and "topic" in person.values else None


def test_what_is_observed_while_the_store_is_locked_is_kept_afterwards_and_no_page_waits(paper: Paper, reader: Browser):
    with paper.locked():
        began = monotonic()
        assert [reads(reader, topic) for topic in ("art", "sport")] == [True, True]
        assert monotonic() - began < 2
        assert hero(reader) == "More about climate"
    flush(paper)
    assert hero(reader) == "More about sport"
    assert paper.house.counters["observe_failed"] == 0


def test_a_withdrawal_before_the_write_wins_whatever_is_said_later(paper: Paper, reader: Browser):
    device = Visitor(subject=device_of(reader), device=device_of(reader), assurance=Assurance.click)
    with paper.locked():
        assert reads(reader, "sport")
    paper.house.ledger.withdraw(device, "reading")
    agree(paper.personalizer, device)
    flush(paper)
    assert kept_of(paper, device.device) == "climate"


def test_an_erasure_before_the_write_wins(paper: Paper, reader: Browser):
    device = device_of(reader)
    with paper.locked():
        assert reads(reader, "sport")
    paper.house.rights.erase(device)
    flush(paper)
    assert paper.rows(f"profiles WHERE subject = {device}") == 0


def test_a_consent_whose_term_ends_before_the_write_is_none(paper: Paper, reader: Browser):
    device = device_of(reader)
    with paper.locked():
        assert reads(reader, "sport")
    paper.clock.at += 2000 * DAY
    flush(paper)
    assert kept_of(paper, device) == "climate"


def test_both_the_device_and_the_person_must_have_said_nothing_since(paper: Paper, reader: Browser):
    reader.request("POST", "/login", body=ANNA)
    device, anna = device_of(reader), paper.house.subject_of(ANNA.decode())
    with paper.locked():
        assert reads(reader, "sport")
    paper.house.ledger.withdraw(Visitor(subject=anna, assurance=Assurance.login), "reading")
    flush(paper)
    assert kept_of(paper, device) == "climate"


def test_what_was_observed_later_elsewhere_stays(paper: Paper, reader: Browser):
    device = device_of(reader)
    with paper.locked():
        assert reads(reader, "sport")
    paper.clock.at += MINUTE
    paper.house.store.profiles.remember(device, "device", {"topic": Stored("art", paper.clock.at, 0)})
    flush(paper)
    assert kept_of(paper, device) == "art"


def test_more_than_may_wait_is_dropped_and_counted(paper: Paper, reader: Browser, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(waiting, "MOST", 1)
    other = paper.browser()
    other.request("POST", "/consent")
    with paper.locked():
        assert [reads(reader, "sport"), reads(other, "art"), reads(reader, "art")] == [True, False, True]
    assert paper.house.counters["observe_failed"] == 1


def test_a_running_site_writes_what_waits_by_itself(paper: Paper, reader: Browser):
    device = device_of(reader)
    paper.personalizer.close()
    paper.personalizer.open(index=True)
    paper.house = paper.personalizer.house
    observations, grants = paper.house.observations, paper.house.ledger.grants(device)
    with paper.locked():
        assert observations.keep(device, *observations.on_device("topic", "sport"), [grants])
    until = monotonic() + 20
    while kept_of(paper, device) != "sport" and monotonic() < until:
        sleep(0.05)
    assert kept_of(paper, device) == "sport"


def test_what_waits_is_written_when_the_site_stops(paper: Paper, reader: Browser):
    device = device_of(reader)
    with paper.locked():
        assert reads(reader, "sport")
    paper.personalizer.close()
    paper.personalizer.open()
    paper.house = paper.personalizer.house
    assert kept_of(paper, device) == "sport"


def test_what_the_store_does_not_take_until_the_end_is_counted_as_lost(
    paper: Paper, reader: Browser, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(waiting, "LAST_WAIT", 0.01)
    with paper.locked():
        assert reads(reader, "sport")
        paper.house.observations.waiting.stop()
    assert paper.house.counters["observe_failed"] == 1
    assert "1 observed values were lost" in caplog.text


def test_the_same_value_is_written_again_only_when_it_is_no_longer_young(paper: Paper, reader: Browser):
    written = paper.rows("changes")
    assert reads(reader, "climate")
    assert paper.rows("changes") == written
    paper.clock.at += 10 * MINUTE
    assert reads(reader, "climate")
    assert paper.rows("changes") == written + 1


def test_who_logs_in_while_the_store_is_locked_is_known_here_and_later_everywhere(paper: Paper, reader: Browser):
    device, before = device_of(reader), dict(reader.cookies)
    with paper.locked():
        reader.request("POST", "/login", body=ANNA)
        assert greeting(reader) == "Hello Anna"
        thief = paper.browser()
        thief.cookies = before
        assert hero(thief) == "default", "the reference before ends at once"
    paper.house.browsers.flush()
    assert (greeting(reader), hero(reader), device_of(reader)) == ("Hello Anna", "More about climate", device)
    assert paper.rows("browsers WHERE ended_at IS NULL") == 1


def test_who_logs_out_again_before_it_was_written_stays_logged_out(paper: Paper):
    browser, thief = paper.browser(), paper.browser()
    with paper.locked():
        browser.request("POST", "/login", body=ANNA)
        thief.cookies = dict(browser.cookies)
        browser.request("POST", "/logout")
        assert greeting(thief) == "default"
    paper.house.browsers.flush()
    assert (greeting(thief), paper.rows("browsers WHERE ended_at IS NULL")) == ("default", 0)


@pytest.mark.parametrize("act", ["/logout", "/login"])
def test_what_ends_a_login_in_another_worker_before_it_was_written_ends_it(paper: Paper, act: str):
    browser, first = paper.browser(), paper.personalizer
    other = Browser(paper.worker(paper.clock), URL)
    with paper.locked():
        browser.request("POST", "/login", body=ANNA)
    other.cookies = dict(browser.cookies)
    assert greeting(other) == "default", "there they are nobody until it is written"
    other.request("POST", act, body=BRAM)
    first.house.browsers.flush()
    assert greeting(browser) == "default"
    assert paper.rows("browsers WHERE ended_at IS NULL") == (act == "/login")
    first.close()


def test_a_login_that_is_never_written_is_said_when_the_site_stops(paper: Paper, caplog: pytest.LogCaptureFixture):
    with paper.locked():
        paper.browser().request("POST", "/login", body=ANNA)
        paper.house.browsers.stop()
    assert "1 logins were lost" in caplog.text


def test_a_login_that_waits_leaves_no_row_of_somebody_who_is_erased_meanwhile(paper: Paper):
    browser = paper.browser()
    with paper.locked():
        browser.request("POST", "/login", body=ANNA)
    paper.house.rights.erase(paper.house.subject_of(ANNA.decode()))
    paper.house.browsers.flush()
    assert (greeting(browser), paper.rows("browsers")) == ("default", 0)
