"""Keys renewed under load fail no request, and an emergency cut-off is complete everywhere within seconds (T39)."""

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import pytest

from personalize.recognition.keys import KeyRing
from personalize.recognition.mailing import make_link
from personalize.testing.browser import OPENING, Browser
from tests.own_login import URL, Hands, Paper

CUT_OFF = 5.0
"""Seconds within which a retired key verifies nothing in any worker."""
PATIENCE = 30.0


class Ticking(Hands):
    """A clock that runs."""

    def now(self) -> int:
        return time.time_ns() // 1000


class Workers:
    """Two workers of one site, with a login, a link and a mail of one reader."""

    def __init__(self, folder: Path) -> None:
        self.paper = Paper(folder)
        self.first, self.keys = self.paper.personalizer, folder / "personalize.keys"
        self.paper.clock.now = time_in_us
        self.reader = self.paper.knows("1", first_name="Anna", theme="sea")
        self.apps = [self.paper.app, self.paper.worker(Ticking())]
        self.houses = [self.first.house, self.paper.personalizer.house]

    def link(self, at: int) -> str:
        """Return a new link of the reader, signed by one worker."""
        house = self.houses[at]
        return make_link(
            house.ring,
            house.store.handles,
            site=URL,
            url=f"{URL}/",
            subject=self.reader,
            mailing="weekly",
            now=house.clock.now(),
        )

    def mail(self, at: int) -> str:
        """Return the address that a mail of the reader has to unsubscribe by."""
        token = self.houses[at].opt_ins.unsubscribe_token(self.reader, "reading")
        return f"/personalize/unsubscribe/{token}"

    def login(self, at: int) -> dict[str, str]:
        """Return the cookies of a browser where the reader logged in."""
        browser = Browser(self.apps[at], URL)
        browser.request("POST", "/login", body=b"customer_number:1")
        return browser.cookies

    def clicked(self, at: int, link: str) -> dict[str, str]:
        """Return the cookies that a link sets."""
        browser = Browser(self.apps[at], URL)
        assert browser.request("GET", link, OPENING).status == 303
        return browser.cookies

    def holds(self, at: int, cookies: dict[str, str], link: str, mail: str) -> tuple[bool, bool, bool]:
        """Say whether a cookie, a link and a mail's address are taken by a worker."""
        browser = Browser(self.apps[at], URL)
        browser.cookies.update(cookies)
        known = not browser.request("GET", "/whoami").text.startswith("None")
        return known, bool(self.clicked(at, link)), browser.request("GET", mail).status == 200

    def rotate(self, retire: int = 0) -> None:
        """Add a key to the file, and retire one in the same write."""
        now = time_in_us()
        ring = KeyRing.load(self.keys).rotate(now)
        (ring.retire(retire, now) if retire else ring).save(self.keys, replace=True)


def time_in_us() -> int:
    return time.time_ns() // 1000


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Workers]:
    site = Workers(tmp_path)
    yield site
    site.paper.personalizer.close()
    site.first.close()


def browse(site: Workers, at: int, done: Event, told: Counter[str]) -> None:
    """Log in, click and write at one worker, and use it at the other at once, until told to stop."""
    other = 1 - at
    while not done.is_set():
        link, mail, login = site.link(at), site.mail(at), site.login(at)
        for cookies in (login, site.clicked(other, link)):
            told[str(site.holds(other, cookies, link, mail))] += 1
            told[str(site.holds(at, cookies, link, mail))] += 1


def test_keys_that_are_renewed_under_load_fail_no_request(site: Workers) -> None:
    done, told = Event(), Counter[str]()
    threads = [Thread(target=browse, args=(site, at, done, told)) for at in (0, 1)]
    before = site.login(0), site.link(0), site.mail(0)
    for thread in threads:
        thread.start()
    for _ in range(3):
        site.rotate()
        time.sleep(0.4)
    done.set()
    for thread in threads:
        thread.join(PATIENCE)
    assert set(told) == {"(True, True, True)"}, told
    assert site.holds(1, *before) == (True, True, True)
    assert all(len(house.ring.keys) == 4 for house in site.houses)


def test_a_cut_off_is_complete_in_every_worker_within_seconds(site: Workers) -> None:
    of_before = site.login(0), site.link(0), site.mail(0)
    click = site.clicked(0, of_before[1])
    for at in (0, 1):
        assert site.holds(at, *of_before) == site.holds(at, click, *of_before[1:]) == (True, True, True)
    began = time.monotonic()
    site.rotate(retire=1)
    for at in (1, 0):
        while site.holds(at, *of_before) != (False, False, False):
            assert time.monotonic() - began < CUT_OFF
        assert site.holds(at, click, *of_before[1:]) == (False, False, False)
    assert time.monotonic() - began < CUT_OFF
    assert site.holds(1, site.login(0), site.link(0), site.mail(0)) == (True, True, True)
