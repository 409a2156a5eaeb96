"""A small site that logs its visitors in at a real identity provider on loopback."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from httpx2 import Response as HttpResponse
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from personalize import PersonalizeMiddleware, Personalizer
from personalize.ports import SystemClock
from personalize.recognition.keys import KeyRing
from personalize_oidc import OidcLogin
from tests.identity_provider import IdentityProvider

SITE = "http://127.0.0.1:8000"
HERE = {"sec-fetch-site": "same-origin"}
TOML = """
[site]
url = "http://127.0.0.1:8000"
name = "Nieuwsblad"
languages = ["nl", "nb", "en"]

[purposes.newsletter]
basis = "consent"
notice = "newsletter"
titles = { nl = "Nieuwsbrief", nb = "Nyhetsbrev", en = "Newsletter" }

[purposes.reading]
basis = "consent"
notice = "reading"
titles = { nl = "Leesgedrag", nb = "Lesevaner", en = "Reading habits" }

[notices.newsletter]
version = 1
texts = { nl = "Ja, mail mij.", nb = "Ja, send meg e-post.", en = "Yes, mail me." }

[notices.reading]
version = 1
texts = { nl = "Ja, onthoud wat ik lees.", nb = "Ja, husk hva jeg leser.", en = "Yes, remember what I read." }

[plugins.oidc]
issuer = "ISSUER"
client_id = "nieuwsblad"
title = "ID-Krant"
scopes = ["profile"]

[plugins.oidc.identifiers]
customer_number = "customer_number"
email = "email"

[plugins.oidc.levels.low]
purposes = ["newsletter"]
term = "90d"
scopes = ["email"]
titles = { nl = "Weinig", nb = "Litt", en = "Little" }

[plugins.oidc.levels.high]
purposes = ["newsletter", "reading"]
term = "30d"
scopes = ["email", "address"]
titles = { nl = "Veel", nb = "Mye", en = "Much" }
"""


@pytest.fixture(scope="session")
def running() -> Iterator[IdentityProvider]:
    with IdentityProvider().serving() as provider:
        yield provider


class Hands:
    """The clock of a test: the real time, moved."""

    def __init__(self) -> None:
        self.moved = 0

    def now(self) -> int:
        return SystemClock().now() + self.moved

    def move(self, *, seconds: float) -> None:
        self.moved += int(seconds * 1_000_000)


class Site:
    """The site, and what a visitor does in one browser."""

    def __init__(self, client: TestClient, personalizer: Personalizer, provider: IdentityProvider) -> None:
        self.client, self.personalizer, self.provider = client, personalizer, provider

    def clean(self) -> None:
        self.client.cookies.clear()
        self.personalizer.counters.clear()
        self.clock.moved, self.provider.lie = 0, None
        self.provider.knows("bea", customer_number="4711", email="bea@nieuwsblad.example", email_verified=True)
        house = self.personalizer.house
        with house.store.people.write() as people:
            people.execute("DELETE FROM logins")
        for subject in list(house.store.profiles.subjects()):
            house.rights.erase(subject)

    @property
    def clock(self) -> "Hands":
        clock = self.personalizer.clock
        assert isinstance(clock, Hands)
        return clock

    @property
    def who(self) -> str:
        return self.client.get("/").text

    @property
    def refusals(self) -> dict[str, int]:
        counters = self.personalizer.counters
        return {name.removeprefix("oidc_refused_"): n for name, n in counters.items() if "refused" in name}

    def begin(self, level: str = "", lang: str = "en", **form: str) -> str:
        """Send the form of the login page, and return the address of the provider that its answer leads to."""
        page = self.client.get(f"/login/?lang={lang}").text
        shown = re.search(r'name="shown" value="(\w+)"', page)
        chosen = {"level": level, "shown": shown[1]} if level and shown else {}
        answer = self.client.post(f"/login/?lang={lang}", data={"next": "", **chosen, **form}, headers=HERE)
        assert answer.status_code == 200, answer.text
        return onwards(answer)

    def come_back(self, location: str) -> HttpResponse:
        parts = urlsplit(location)
        assert f"{parts.scheme}://{parts.netloc}" == SITE
        return self.client.get(f"{parts.path}?{parts.query}", headers={"sec-fetch-site": "cross-site"})

    def log_in(self, sub: str = "bea", level: str = "", **form: str) -> HttpResponse:
        return self.come_back(self.provider.log_in(self.begin(level, **form), sub))


def onwards(answer: HttpResponse) -> str:
    found = re.search(r'<meta http-equiv="refresh" content="0; url=([^"]+)"', answer.text)
    assert found, answer.text
    return unescape(found[1])


def make(
    folder: Path, provider: IdentityProvider, options: str, *, url: str = SITE, more: str = ""
) -> tuple[Starlette, Personalizer]:
    text = TOML.replace("ISSUER", provider.issuer).replace("[plugins.oidc]\n", f"[plugins.oidc]\n{options}\n")
    (folder / "personalize.toml").write_text(text.replace(SITE, url) + more, encoding="utf-8")
    KeyRing.new(SystemClock().now()).save(folder / "personalize.keys")
    oidc = OidcLogin()
    personalizer = Personalizer.from_toml(folder / "personalize.toml", login=oidc.login, clock=Hands())

    async def home(request: Request) -> Response:
        visitor = request.state.personalize.visitor
        return PlainTextResponse(f"{visitor.identifier or 'nobody'} {visitor.assurance.name}")

    app = Starlette(
        routes=[Route("/", home), Mount("/login", app=oidc.app(personalizer))],
        middleware=[Middleware(PersonalizeMiddleware, personalizer=personalizer)],
    )
    return app, personalizer


@pytest.fixture(scope="session")
def open_site(running: IdentityProvider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Site]]:
    """Open a site with these options, once for all tests that want the same."""
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        patch.setenv("PERSONALIZE_OIDC_SECRET", "told to the site alone")

        @cache
        def opened(options: str) -> Site:
            app, personalizer = make(tmp_path_factory.mktemp("site"), running, options)
            client = stack.enter_context(TestClient(app, base_url=SITE, follow_redirects=False))
            return Site(client, personalizer, running)

        yield opened


@pytest.fixture
def options() -> str:
    return ""


@pytest.fixture
def site(open_site: Callable[[str], Site], options: str) -> Site:
    """The site, where nobody has been yet and everybody tells the truth."""
    site = open_site(options)
    site.clean()
    return site
