"""A small site with the middleware in front, whose log-in is a header."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Response as HttpResponse
from pwdlib.hashers.argon2 import Argon2Hasher
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from personalize.asgi.middleware import PersonalizeMiddleware
from personalize.model.staff import Account, Role
from personalize.personalizer import Personalizer
from personalize.ports import SystemClock
from personalize.recognition.keys import KeyRing
from tests.unit.web.settings import reading, spoken

TOML = """
[site]
url = "http://127.0.0.1:8000"
name = "Nieuwsblad"
languages = ["nl", "nb", "en"]
login_page = { nl = "/nl/inloggen?na=/", nb = "/nb/login", en = "/en/login" }
controller = "Nieuwsblad B.V."
privacy_contact = "privacy@nieuwsblad.example"
privacy_statement = "/privacy"
authority = "Datatilsynet & co"
authority_page = "https://datatilsynet.example/"

[purposes.offers]
basis = "legitimate_interest"
titles = { nl = "Passende <aanbiedingen>", nb = "Tilpassede tilbud", en = "Fitting offers" }

[slots.hero]
fields = { headline = "text" }
template = "hero.html"
context = { topic = "text" }
""" + reading(
    titles=spoken(nl="Leesgedrag", nb="Lesevaner", en="Reading habits"),
    texts=spoken(
        nl="Ja, Nieuwsblad mag onthouden wat ik lees.\n\nIk kan dit altijd intrekken.",
        nb="Ja, Nieuwsblad kan huske hva jeg leser.",
        en="Yes, Nieuwsblad may remember what I read.",
    ),
)
CONTENT = """
[[variant]]
slot = "hero"
name = "climate"
when = "topic == 'climate'"
[variant.fields]
headline = { nl = "Klimaat", nb = "Klima", en = "Climate" }
"""


async def home(request: Request) -> Response:
    return PlainTextResponse("home")


def who(scope: Any) -> str | None:
    """Log in as `x-login` says."""
    found = dict(scope["headers"]).get(b"x-login")
    return None if found is None else f"customer_number:{found.decode()}"


@pytest.fixture
def personalizer(tmp_path: Path) -> Personalizer:
    (tmp_path / "personalize.toml").write_text(TOML, encoding="utf-8")
    (tmp_path / "content").mkdir()
    (tmp_path / "content" / "hero.toml").write_text(CONTENT, encoding="utf-8")
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "hero.html").write_text("<h1>{{ headline }}</h1>", encoding="utf-8")
    KeyRing.new(SystemClock().now()).save(tmp_path / "personalize.keys")
    return Personalizer.from_toml(tmp_path / "personalize.toml", login=who)


@pytest.fixture
def client(personalizer: Personalizer) -> Iterator[TestClient]:
    app = Starlette(
        routes=[Route("/", home)],
        middleware=[Middleware(PersonalizeMiddleware, personalizer=personalizer)],
    )
    with TestClient(app, base_url="http://127.0.0.1:8000", follow_redirects=False) as client:
        yield client


PASSWORD = "correct horse battery"
DESK = "http://127.0.0.1:8001"
ROLES = {
    "anna": frozenset({Role.service}),
    "bea": frozenset({Role.supervisor}),
    "cas": frozenset({Role.data_officer}),
    "dia": frozenset({Role.editor}),
    "eva": frozenset({Role.admin}),
}
_HASH = Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


class Hands:
    """The clock of a test, which stands still until it is moved."""

    def __init__(self) -> None:
        self.at = SystemClock().now()

    def now(self) -> int:
        return self.at

    def move(self, *, minutes: float) -> None:
        self.at += int(minutes * 60_000_000)


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def desk(personalizer: Personalizer, clock: Hands) -> Iterator[TestClient]:
    """The staff app with an account for each role, its own store open."""
    personalizer.clock = clock
    house = personalizer.open()
    for name, roles in ROLES.items():
        house.accounts.put(Account(name=name, roles=roles, password=_HASH, made_at=clock.now()))
    with TestClient(personalizer.staff_app, base_url=DESK, follow_redirects=False) as client:
        yield client
    personalizer.close()


def sign_in(client: TestClient, name: str = "anna", password: str = PASSWORD, **fields: str) -> HttpResponse:
    """Send the sign-in form as its own page does."""
    form = {"name": name, "password": password, "next": "", **fields}
    return client.post("/sign-in", data=form, headers={"sec-fetch-site": "same-origin"})


def token_in(page: str) -> str:
    """The token of the forms on a page."""
    found = re.search(r'name="token" value="([^"]+)"', page)
    assert found
    return found[1]
