"""Logins of a site without its own: rotation, logout, expiry, in every worker."""

from pathlib import Path

import pytest

from personalize.errors import ValueRefused
from personalize.testing.browser import Browser
from tests.own_login import MINUTE, Paper

ANNA, BRAM = b"customer_number:1", b"customer_number:2"
HOST = "__Host-pz"


@pytest.fixture
def paper(tmp_path: Path):
    paper = Paper(tmp_path)
    paper.knows("1", first_name="Anna")
    paper.knows("2", first_name="Bram")
    yield paper
    paper.personalizer.close()


def greeting(browser: Browser) -> str:
    return browser.open().slot("greeting")


def test_who_logs_in_is_known_until_the_logout(paper: Paper):
    browser = paper.browser()
    assert greeting(browser) == "default"
    browser.request("POST", "/login", body=ANNA)
    assert greeting(browser) == "Hello Anna"
    assert browser.request("POST", "/logout").headers["set-cookie"] == (
        f"{HOST}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0"
    )
    assert (greeting(browser), browser.cookies) == ("default", {})


def test_the_login_answer_is_private_and_sets_the_cookie_for_the_session(paper: Paper):
    page = paper.browser().request("POST", "/login", body=ANNA)
    assert page.headers["cache-control"] == "private, no-store"
    assert page.headers["set-cookie"].partition("=")[2].partition(";")[2] == " Path=/; Secure; HttpOnly; SameSite=Lax"


def test_a_logout_ends_the_row_so_that_a_copied_cookie_is_worth_nothing(paper: Paper):
    browser, thief = paper.browser(), paper.browser()
    browser.request("POST", "/login", body=ANNA)
    thief.cookies.update(browser.cookies)
    assert greeting(thief) == "Hello Anna"
    browser.request("POST", "/logout")
    assert greeting(thief) == "default"


def test_every_login_makes_a_new_reference_and_ends_the_one_before(paper: Paper):
    browser, attacker = paper.browser(), paper.browser()
    attacker.request("POST", "/login", body=BRAM)
    browser.cookies.update(attacker.cookies)
    browser.request("POST", "/login", body=ANNA)
    assert browser.cookies[HOST] != attacker.cookies[HOST]
    assert (greeting(browser), greeting(attacker)) == ("Hello Anna", "default")
    planted = dict(browser.cookies)
    browser.request("POST", "/login", body=ANNA)
    attacker.cookies.update(planted)
    assert (greeting(browser), greeting(attacker)) == ("Hello Anna", "default")


def test_a_login_that_lies_idle_ends_and_one_that_is_used_does_not(paper: Paper):
    browser = paper.browser()
    browser.request("POST", "/login", body=ANNA)
    for _ in range(4):
        paper.clock.at += 20 * MINUTE
        assert greeting(browser) == "Hello Anna"
    paper.clock.at += 31 * MINUTE
    assert greeting(browser) == "default"


def test_a_login_ends_after_its_absolute_time_however_much_it_is_used(paper: Paper):
    browser = paper.browser()
    browser.request("POST", "/login", body=ANNA)
    for _ in range(35):
        paper.clock.at += 20 * MINUTE
        assert greeting(browser) == "Hello Anna"
    paper.clock.at += 20 * MINUTE
    assert greeting(browser) == "default"


def test_the_times_of_a_login_stand_in_the_settings(tmp_path: Path):
    paper = Paper(tmp_path, more='[sessions]\nidle = "2m"\nabsolute = "5m"\n')
    paper.knows("1", first_name="Anna")
    browser = paper.browser()
    browser.request("POST", "/login", body=ANNA)
    seen = []
    for minutes in (1, 1, 4):
        paper.clock.at += minutes * MINUTE
        seen.append(greeting(browser))
    paper.personalizer.close()
    assert seen == ["Hello Anna", "Hello Anna", "default"]


def test_another_worker_follows_a_login_and_its_use_and_a_logout_within_a_second(paper: Paper):
    first = paper.personalizer
    elsewhere = paper.worker(paper.clock)
    second, paper.personalizer = paper.personalizer, first
    browser = paper.browser()
    there = Browser(elsewhere, "https://paper.example")
    browser.request("POST", "/login", body=ANNA)
    there.cookies.update(browser.cookies)
    assert greeting(there) == "Hello Anna"
    paper.clock.at += 20 * MINUTE
    assert greeting(browser) == "Hello Anna"
    first.house.browsers.flush()
    paper.clock.at += 20 * MINUTE
    assert greeting(there) == "Hello Anna", "it was used in the other worker meanwhile"
    browser.request("POST", "/logout")
    second.house.freshness._next = 0.0
    assert greeting(there) == "default"
    second.close()


def test_a_login_whom_nobody_knows_leaves_no_row_and_no_cookie(paper: Paper):
    browser = paper.browser()
    page = browser.request("POST", "/login", body=b"customer_number:99")
    assert "set-cookie" not in page.headers
    assert (paper.rows("browsers"), browser.cookies) == (0, {})


def test_a_login_whom_nobody_knows_ends_the_login_of_another(paper: Paper):
    browser = paper.browser()
    browser.request("POST", "/login", body=ANNA)
    thief = paper.browser()
    thief.cookies.update(browser.cookies)
    browser.request("POST", "/login", body=b"customer_number:99")
    assert (browser.cookies, greeting(thief)) == ({}, "default")


def test_where_the_site_says_who_is_logged_in_that_is_the_only_truth(paper: Paper):
    browser = paper.browser()
    browser.request("POST", "/login", body=ANNA)
    first = paper.personalizer
    app = paper.worker(paper.clock, login=lambda scope: None)
    other = Browser(app, "https://paper.example")
    other.cookies.update(browser.cookies)
    assert greeting(other) == "default"
    with pytest.raises(ValueRefused, match="only truth"):
        other.request("POST", "/login", body=BRAM)
    with pytest.raises(ValueRefused, match="only truth"):
        other.request("POST", "/logout")
    paper.personalizer.close()
    paper.personalizer = first


def test_an_erased_person_is_no_longer_logged_in_and_leaves_no_row(paper: Paper):
    browser = paper.browser()
    browser.request("POST", "/login", body=ANNA)
    paper.house.rights.erase(paper.house.subject_of(ANNA.decode()))
    assert (greeting(browser), paper.rows("browsers")) == ("default", 0)


def test_a_logout_while_the_store_is_locked_holds_here_and_is_made_up_for(paper: Paper):
    browser, thief = paper.browser(), paper.browser()
    browser.request("POST", "/login", body=ANNA)
    thief.cookies.update(browser.cookies)
    with paper.locked():
        browser.request("POST", "/logout")
    assert greeting(thief) == "default"
    assert paper.rows("browsers WHERE ended_at IS NULL") == 1
    paper.house.browsers.flush()
    assert paper.rows("browsers WHERE ended_at IS NULL") == 0


def test_ended_and_expired_rows_are_swept(paper: Paper):
    browser = paper.browser()
    for _ in range(3):
        browser.request("POST", "/login", body=ANNA)
    assert paper.rows("browsers") == 3
    paper.clock.at += 37 * 60 * MINUTE
    paper.house.browsers.sweep()
    assert paper.rows("browsers") == 0
