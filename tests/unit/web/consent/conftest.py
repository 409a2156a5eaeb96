"""A newspaper that asks by banner, by form and by mail, and a mail server on loopback that keeps what it gets."""

import re
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from threading import Event
from typing import Any
from urllib.parse import urlencode

import pytest
from aiosmtpd.controller import Controller
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from personalize.asgi.middleware import PersonalizeMiddleware
from personalize.consent.postman import Postman
from personalize.model.opt_in import Confirmed
from personalize.ports import SystemClock
from personalize.recognition.keys import KeyRing
from personalize.testing.browser import Browser
from personalize.testing.still import Still
from personalize.web.consent.letters import Letters
from tests.unit.web.settings import spoken

URL = "http://127.0.0.1:8000"
HERE = {"sec-fetch-site": "same-origin", "content-type": "application/x-www-form-urlencoded"}
LETTER = spoken(
    nl="Ja, stuur mij de brief.", nb="Ja, send meg brevet.", en="Yes, send me the letter.\n\nI can end it at any time."
)
TOML = f"""
[site]
url = "{URL}"
name = "Nieuwsblad"
languages = ["nl", "nb", "en"]

[mail]
host = "127.0.0.1"
port = PORT
security = "none"
from = "Nieuwsblad <brief@nieuwsblad.example>"

[purposes.letter]
basis = "consent"
notice = "letter"
double_opt_in = true
recognise = true
dpv = "dpv:DirectMarketing"
titles = {spoken(nl="De brief", nb="Brevet", en="The letter")}

[notices.letter]
version = 1
texts = {LETTER}

[purposes.reading]
basis = "consent"
notice = "reading"
recipients = ["Readers Ltd (NL)"]
titles = {spoken(nl="Wat u leest", nb="Det du leser", en="What you read")}

[notices.reading]
version = 1
texts = {spoken(nl="Ja, onthoud wat ik lees.", nb="Ja, husk det jeg leser.", en="Yes, remember what I read.")}

[purposes.partners]
basis = "consent"
notice = "partners"
third_party = true
titles = {spoken(nl="Partners", nb="Partnere", en="Partners")}

[notices.partners]
version = 1
texts = {spoken(nl="Ja, deel het.", nb="Ja, del det.", en="Yes, share it.")}

[purposes.service]
basis = "legitimate_interest"
titles = {spoken(nl="Dienst", nb="Tjeneste", en="Service")}

[slots.hero]
fields = {{ headline = "text" }}
"""


class Hands:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.at = SystemClock().now()

    def now(self) -> int:
        return self.at

    def move(self, *, minutes: float) -> None:
        self.at += int(minutes * 60_000_000)


class Mailbox:
    """What a mail server got. `answer` is what it says to a recipient, where that is not yes."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.answer, self.came = "", Event()

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.answer:
            return self.answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.mails.append(message_from_bytes(envelope.content.replace(b"\r\n", b"\n"), policy=default))
        self.came.set()
        return "250 OK"


class Anywhere(Controller):
    """A mail server on whatever port is free."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture(scope="session")
def smtp() -> Iterator[tuple[Mailbox, int]]:
    mailbox = Mailbox()
    controller = Anywhere(mailbox, hostname="127.0.0.1", port=0)
    controller.start()
    yield mailbox, controller.port
    controller.stop()


@pytest.fixture
def mailbox(smtp: tuple[Mailbox, int]) -> Mailbox:
    smtp[0].mails.clear()
    smtp[0].came.clear()
    smtp[0].answer = ""
    return smtp[0]


class Site:
    """The newspaper with its store open and its postman at hand, who goes his round when told."""

    def __init__(self, folder: Path, port: int, toml: str = TOML) -> None:
        (folder / "content").mkdir(exist_ok=True)
        (folder / "personalize.toml").write_text(toml.replace("PORT", str(port)), encoding="utf-8")
        if not (folder / "personalize.keys").exists():
            KeyRing.new(SystemClock().now()).save(folder / "personalize.keys")
        self.clock, self.told = Hands(), list[Confirmed]()
        self.personalizer = Still.from_toml(
            folder / "personalize.toml", login=who, confirmed=self.told.append, clock=self.clock
        )
        self.house = self.personalizer.open()
        settings = self.personalizer.settings
        letters = Letters(settings, self.house.opt_ins)
        self.postman = Postman(self.house.opt_ins, settings.mail, letters.compose, patience=0.5)
        middleware = Middleware(PersonalizeMiddleware, personalizer=self.personalizer)
        self.app = Starlette(routes=[Route("/", home), Route("/seen", home)], middleware=[middleware])

    def browser(self, login: str = "") -> Browser:
        return Browser(self.app, URL, login)

    def sign_up(self, address: str = "ann@example.org", browser: Browser | None = None, **headers: str) -> Any:
        notice = self.personalizer.settings.notices["letter"].digests["en"]
        return post(
            browser or self.browser(),
            "/personalize/consent/sign-up?lang=en",
            purpose="letter",
            notice=notice,
            lang="en",
            email=address,
        )

    def subjects(self) -> list[int]:
        return list(self.house.store.profiles.subjects())

    def status(self, subject: int, purpose: str = "letter") -> str:
        return self.house.ledger.state(subject)[purpose].status


async def home(request: Request) -> Response:
    visitor = request.state.personalize.visitor
    return PlainTextResponse(f"{visitor.subject} {visitor.assurance.name}")


def who(scope: Any) -> str | None:
    found = dict(scope["headers"]).get(b"x-trial-login")
    return None if found is None else found.decode()


def post(browser: Browser, url: str, /, **fields: str) -> Any:
    return browser.request("POST", url, HERE, urlencode(fields).encode())


def link_in(mail: EmailMessage, page: str) -> str:
    """The path of the link to one of our pages in a mail."""
    found = re.search(rf"{URL}(/personalize/{page}/\S+)", mail.get_content())
    assert found
    return found[1]


@pytest.fixture
def site(tmp_path: Path, smtp: tuple[Mailbox, int], mailbox: Mailbox) -> Iterator[Site]:
    site = Site(tmp_path, smtp[1])
    yield site
    site.personalizer.close()


@pytest.fixture
def mail(site: Site, mailbox: Mailbox) -> Callable[[], EmailMessage]:
    """Sign Ann up and return the mail she gets."""

    def one() -> EmailMessage:
        site.sign_up()
        site.postman.round()
        return mailbox.mails[-1]

    return one
