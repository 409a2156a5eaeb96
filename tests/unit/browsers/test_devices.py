"""Device subjects: made by a consent, linked at a login, used for what both agreed to, and cut again."""

from pathlib import Path

import pytest

from personalize.errors import ValueRefused
from personalize.model.people import Assurance, Visitor
from personalize.testing.browser import Browser
from tests.own_login import FORM, MINUTE, START, URL, Paper, agree
from tests.unit.browsers.visitors import link

ANNA, BRAM = b"customer_number:1", b"customer_number:2"
HOST = "__Host-pz"


@pytest.fixture
def paper(tmp_path: Path):
    paper = Paper(tmp_path)
    paper.knows("1", first_name="Anna")
    paper.knows("2", first_name="Bram")
    yield paper
    paper.personalizer.close()


def hero(browser: Browser) -> str:
    return browser.open().slot("hero")


def reads(browser: Browser, topic: str) -> bool:
    return browser.request("POST", "/observe", body=f"topic={topic}".encode()).text == "True"


def device_of(browser: Browser) -> int:
    return int(browser.request("GET", "/whoami").text.split()[2])


def reader(paper: Paper, topic: str = "climate") -> Browser:
    """Return a browser whose reader agreed, and read about this."""
    browser = paper.browser()
    browser.request("POST", "/consent")
    assert reads(browser, topic)
    return browser


def test_nothing_is_kept_before_the_post_that_gives_consent(paper: Paper):
    browser, people = paper.browser(), paper.rows("subjects")
    browser.open()
    assert not reads(browser, "climate")
    assert (browser.cookies, paper.rows("browsers"), paper.rows("subjects")) == ({}, 0, people)


def test_what_was_read_on_the_device_chooses_there_and_nowhere_else(paper: Paper):
    assert hero(reader(paper)) == "More about climate"
    assert hero(paper.browser()) == "default"


def test_a_withdrawal_on_the_device_works_on_the_next_request(paper: Paper):
    browser = reader(paper)
    device = device_of(browser)
    paper.house.ledger.withdraw(Visitor(subject=device, device=device, assurance=Assurance.click), "reading")
    assert (hero(browser), reads(browser, "sport")) == ("default", False)


def test_a_login_links_the_device_and_says_when_and_by_what_means(paper: Paper):
    browser = reader(paper)
    device = device_of(browser)
    browser.request("POST", "/login", body=ANNA)
    anna = paper.house.subject_of(ANNA.decode())
    assert browser.request("GET", "/whoami").text == f"{anna} login {device}"
    (link,) = paper.house.browsers.links_of(anna)
    assert (link.device, link.means, link.linked_at, link.cut_at) == (device, "login", START, None)
    assert (hero(browser), browser.open().slot("greeting")) == ("More about climate", "Hello Anna")


def test_linked_is_not_merged(paper: Paper):
    browser = reader(paper)
    browser.request("POST", "/login", body=ANNA)
    elsewhere = paper.browser()
    elsewhere.request("POST", "/login", body=ANNA)
    assert (hero(browser), hero(elsewhere)) == ("More about climate", "default")


def test_what_is_read_while_logged_in_at_a_linked_device_stays_with_the_device(paper: Paper):
    browser = reader(paper)
    browser.request("POST", "/login", body=ANNA)
    assert reads(browser, "sport")
    assert hero(browser) == "More about sport"
    assert paper.house.store.profiles.load(paper.house.subject_of(ANNA.decode())).values.keys() == {"first_name"}


def test_without_a_device_it_stays_with_the_person_everywhere(paper: Paper):
    browser, elsewhere = paper.browser(), paper.browser()
    for each in (browser, elsewhere):
        each.request("POST", "/login", body=ANNA)
    assert reads(browser, "sport")
    assert hero(elsewhere) == "More about sport"


@pytest.mark.parametrize("who", ["device", "person"])
@pytest.mark.parametrize("how", ["withdraw", "object"])
def test_linked_values_are_for_purposes_that_both_agree_to(paper: Paper, who: str, how: str):
    browser = reader(paper)
    device = device_of(browser)
    browser.request("POST", "/login", body=ANNA)
    assert hero(browser) == "More about climate"
    subject = device if who == "device" else paper.house.subject_of(ANNA.decode())
    visitor = Visitor(subject=subject, device=device if who == "device" else 0, assurance=Assurance.login)
    getattr(paper.house.ledger, how)(visitor, "reading")
    assert (hero(browser), reads(browser, "sport")) == ("default", False)


def test_a_logout_cuts_the_view_at_once_and_the_device_is_nobodys(paper: Paper):
    browser = reader(paper)
    lone = dict(browser.cookies)
    browser.request("POST", "/login", body=ANNA)
    linked = dict(browser.cookies)
    browser.request("POST", "/logout")
    for cookies in ({}, lone, linked):
        browser.cookies = dict(cookies)
        assert browser.request("GET", "/whoami").text == "None none 0"
        assert hero(browser) == "default"


def test_the_link_comes_back_with_no_cookie_but_a_new_device_can_be_made(paper: Paper):
    browser = reader(paper)
    old = device_of(browser)
    browser.request("POST", "/login", body=ANNA)
    browser.request("POST", "/logout")
    browser.request("POST", "/consent")
    assert device_of(browser) not in (0, old)
    assert hero(browser) == "default"


def test_a_link_that_was_cut_is_read_by_nobody_any_more(paper: Paper):
    browser = reader(paper)
    device, anna = device_of(browser), paper.house.subject_of(ANNA.decode())
    browser.request("POST", "/login", body=ANNA)
    assert paper.house.browsers.cut(anna, device, "not me", paper.clock.now())
    assert (hero(browser), device_of(browser)) == ("default", 0)
    assert not paper.house.browsers.cut(anna, device, "not me", paper.clock.now())
    browser.request("POST", "/login", body=ANNA)
    assert hero(browser) == "default", "the next login does not link it again"
    (link,) = paper.house.browsers.links_of(anna)
    assert (link.cut_means, link.cut_at) == ("not me", START)


def test_only_who_it_is_linked_to_can_cut_a_link(paper: Paper):
    browser = reader(paper)
    device = device_of(browser)
    browser.request("POST", "/login", body=ANNA)
    assert not paper.house.browsers.cut(paper.house.subject_of(BRAM.decode()), device, "not me", START)
    assert hero(browser) == "More about climate"


def test_a_second_person_on_the_same_device_inherits_nothing(paper: Paper):
    browser = reader(paper)
    browser.request("POST", "/login", body=ANNA)
    browser.request("POST", "/login", body=BRAM)
    assert (hero(browser), browser.open().slot("greeting"), device_of(browser)) == ("default", "Hello Bram", 0)
    browser.request("POST", "/login", body=ANNA)
    assert hero(browser) == "default", "nor does the first get it back over the second's login"


def test_an_expired_login_leaves_no_device_behind(paper: Paper):
    browser = reader(paper)
    browser.request("POST", "/login", body=ANNA)
    paper.clock.at += 13 * 3600 * 1_000_000
    assert browser.request("GET", "/whoami").text == "None none 0"


def test_a_mailbox_visit_does_not_link_and_falls_back_to_the_device(paper: Paper):
    browser = reader(paper)
    device, anna, house = device_of(browser), paper.house.subject_of(ANNA.decode()), paper.house
    handle = house.pipeline.recogniser.browser_of(browser.cookies[HOST].encode(), paper.clock.now())
    browser.cookies[HOST] = house.browsers.begin(anna, Assurance.mailbox, paper.clock.now(), handle)
    assert browser.request("GET", "/whoami").text == f"{anna} mailbox 0"
    assert (hero(browser), house.browsers.links_of(anna)) == ("default", [])
    paper.clock.at += 13 * 3600 * 1_000_000
    assert browser.request("GET", "/whoami").text == f"{device} click {device}"


def test_the_sites_own_login_links_the_device_too(tmp_path: Path):
    who: list[str | None] = [None]
    paper = Paper(tmp_path, login=lambda scope: who[0])
    anna = paper.knows("1", first_name="Anna")
    browser = reader(paper)
    device = device_of(browser)
    who[0] = ANNA.decode()
    assert browser.request("GET", "/whoami").text == f"{anna} login 0"
    paper.house.browsers.flush()
    assert browser.request("GET", "/whoami").text == f"{anna} login {device}"
    assert hero(browser) == "More about climate"
    who[0] = BRAM.decode()
    assert hero(browser) == "default"
    who[0] = None
    assert browser.request("GET", "/whoami").text == "None none 0"
    paper.personalizer.close()


def test_a_link_that_waits_leaves_no_row_of_somebody_who_is_erased_meanwhile(tmp_path: Path):
    who: list[str | None] = [None]
    paper = Paper(tmp_path, login=lambda scope: who[0])
    anna, browser = paper.knows("1", first_name="Anna"), reader(paper)
    who[0] = ANNA.decode()
    browser.open()
    paper.house.rights.erase(anna)
    paper.house.browsers.flush()
    assert paper.rows("device_links") == 0
    paper.personalizer.close()


def test_erasing_a_person_erases_the_devices_that_are_linked_to_them(paper: Paper):
    browser = reader(paper)
    device, anna = device_of(browser), paper.house.subject_of(ANNA.decode())
    browser.request("POST", "/login", body=ANNA)
    paper.house.rights.erase(anna)
    assert paper.house.store.profiles.load(device) is None
    assert (paper.rows("browsers"), paper.rows("device_links")) == (0, 0)


def test_erasing_a_person_leaves_no_device_to_anybody_that_was_linked_to_them_and_cut(paper: Paper):
    browser = reader(paper)
    device, house, now = device_of(browser), paper.house, paper.clock.now()
    anna, bram = (house.subject_of(who.decode()) for who in (ANNA, BRAM))
    browser.request("POST", "/login", body=ANNA)
    handle = house.pipeline.recogniser.browser_of(browser.cookies[HOST].encode(), now)
    browser.cookies[HOST] = house.browsers.begin(bram, Assurance.mailbox, now, handle)
    house.browsers.cut(anna, device, "not me", now)
    house.rights.erase(anna)
    paper.clock.at += 13 * 3600 * 1_000_000
    assert browser.request("GET", "/whoami").text == "None none 0"
    assert house.store.profiles.load(device) is None


def test_the_readable_copy_names_each_browser_and_the_cut_ones_as_such(paper: Paper):
    anna, unused = paper.house.subject_of(ANNA.decode()), "not used for you any more"
    browser, given = reader(paper), {"origin": URL, "sec-fetch-site": "same-origin", **FORM}
    device = device_of(browser)
    browser.request("POST", "/login", body=ANNA)
    copy = browser.request("POST", "/personalize/me/download", given, b"format=html").text
    assert (copy.count("A browser, known to be yours since"), unused in copy) == (2, False)
    paper.house.browsers.cut(anna, device, "shared", START)
    browser.request("POST", "/login", body=ANNA)
    copy = browser.request("POST", "/personalize/me/download", given, b"format=html").text
    assert (copy.count("A browser, known to be yours since"), unused in copy) == (1, True)


def test_a_device_that_nobody_can_come_back_to_is_erased(paper: Paper):
    kept, gone, cut = reader(paper), reader(paper), reader(paper)
    devices = [device_of(each) for each in (kept, gone, cut)]
    gone.request("POST", "/logout")
    cut.request("POST", "/login", body=ANNA)
    paper.house.browsers.cut(paper.house.subject_of(ANNA.decode()), devices[2], "shared", START)
    paper.house.rights.caretaker.round()
    assert [paper.house.store.profiles.load(each) is not None for each in devices] == [True, False, False]


def test_what_is_not_in_the_dictionary_is_refused_to_the_developer(paper: Paper):
    browser = reader(paper)
    with pytest.raises(ValueRefused, match="no attribute"):
        browser.request("POST", "/observe", body=b"topics=climate")
    with pytest.raises(ValueRefused, match="not from 'device'"):
        browser.request("POST", "/observe", body=b"theme=dark")


def test_a_device_agrees_for_itself_alone(paper: Paper):
    anna, device, events = paper.knows("1"), device_of(reader(paper)), paper.house.ledger.events
    before = len(events(anna)), len(events(device))
    paper.clock.at += 2 * MINUTE
    agree(paper.personalizer, Visitor(subject=anna, device=device, assurance=Assurance.click))
    assert (len(events(anna)), len(events(device))) == (before[0], before[1] + 2)


def test_what_a_person_did_is_not_told_to_whoever_opens_their_link(paper: Paper):
    browser, forwardee = paper.browser(), paper.browser()
    browser.request("POST", "/login", body=ANNA)
    assert reads(browser, "climate")
    forwardee.open(link(paper, paper.house.subject_of(ANNA.decode())))
    assert forwardee.request("GET", "/whoami").text.split()[1] == "click"
    assert (hero(browser), hero(forwardee), reads(forwardee, "sport")) == ("More about climate", "default", False)
    assert hero(browser) == "More about climate"
