"""One browser for each way of being known, of a site whose people and devices agreed to everything."""

from personalize.model.people import Assurance
from personalize.recognition.cookies import JOINT
from personalize.recognition.mailing import make_link
from personalize.testing.browser import Browser
from tests.own_login import URL, Paper

HOST = "__Host-pz"
STRANGER, CLICK, BOTH, DEVICE, MAILBOX, LOGIN = WAYS = (
    "stranger",
    "click",
    "click on a device",
    "device",
    "mailbox",
    "login",
)


def visitor(paper: Paper, way: str, subject: int) -> Browser:
    """Return a browser that proves this much: of `subject`, or of the device alone."""
    browser, house, now = paper.browser(), paper.house, paper.clock.now()
    if way in (DEVICE, BOTH):
        browser.request("POST", "/consent")
    if way in (MAILBOX, LOGIN):
        browser.cookies[HOST] = house.browsers.begin(subject, Assurance[way], now)
    if way in (CLICK, BOTH):
        device = browser.cookies.pop(HOST, "")
        browser.open(link(paper, subject))
        browser.cookies[HOST] = JOINT.decode().join(filter(None, (device, browser.cookies[HOST])))
    return browser


def link(paper: Paper, subject: int, path: str = "/") -> str:
    """Return a newsletter link to this person."""
    house = paper.house
    return make_link(
        house.ring,
        house.store.handles,
        site=URL,
        url=URL + path,
        subject=subject,
        mailing="weekly",
        now=paper.clock.now(),
    )
