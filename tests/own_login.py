"""A site without `login=`: its own form logs people in by `visit.login`, and it observes what is read."""

import sqlite3
import urllib.parse
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from jinja2 import DictLoader, Environment
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from personalize.asgi.middleware import PersonalizeMiddleware
from personalize.asgi.visit import Visit
from personalize.model.people import Assurance, Visitor
from personalize.personalizer import Personalizer
from personalize.recognition.cookies import set_cookie_header
from personalize.recognition.keys import KeyRing
from personalize.testing.browser import Browser
from personalize.testing.still import Still

SECOND = 1_000_000
MINUTE = 60 * SECOND
URL = "https://paper.example"
START = 1_790_000_000 * SECOND
FORM = {"content-type": "application/x-www-form-urlencoded"}
TOML = """
[site]
url = "https://paper.example"
languages = ["en"]
[purposes.reading]
basis = "consent"
notice = "reading"
titles.en = "News of your taste"
[purposes.recognition]
basis = "consent"
notice = "reading"
recognise = true
titles.en = "Recognising you"
[notices.reading]
version = 1
texts.en = "Yes, do."
[sources.crm]
key = "customer_number"
identifiers = { customer_number = "customer_number" }
columns = { first_name = "first_name", theme = "theme" }
[attributes.first_name]
type = "text"
source = "crm"
purpose = "reading"
titles.en = "first name"
[attributes.theme]
type = "text"
source = "crm"
purpose = "reading"
assurance = "click"
titles.en = "theme"
[attributes.topic]
type = "text"
source = "device"
purpose = "reading"
assurance = "click"
titles.en = "topic read last"
[slots.hero]
fields = { text = "text" }
[slots.greeting]
fields = { text = "text" }
"""
CONTENT = """
[[variant]]
slot = "hero"
name = "taste"
when = "known(topic)"
fields.text = "More about {topic}"
[[variant]]
slot = "greeting"
name = "name"
when = "known(first_name)"
fields.text = "Hello {first_name}"
"""
PAGE = (
    "{% for name in slots %}<!--begin {{ name }}-->{% slot name %}default{% endslot %}<!--end {{ name }}-->{% endfor %}"
)


class Hands:
    """A clock that stands until it is moved."""

    def __init__(self, at: int = START) -> None:
        self.at = at

    def now(self) -> int:
        return self.at


class Paper:
    """The site: `browser()` gives one of its readers' browsers. `more` stands at the end of its settings."""

    def __init__(
        self, folder: Path, *, more: str = "", content: str = CONTENT, toml: str = TOML, **given: object
    ) -> None:
        (folder / "content").mkdir(parents=True, exist_ok=True)
        (folder / "personalize.toml").write_text(toml + more)
        (folder / "content" / "all.toml").write_text(content)
        self.folder, self.clock = folder, Hands()
        if not (folder / "personalize.keys").exists():
            KeyRing.new(START).save(folder / "personalize.keys")
        self.app = self.worker(self.clock, **given)
        self.house = self.personalizer.house

    def worker(self, clock: Hands, **given: object) -> Starlette:
        """Open the site in another worker, and return its app."""
        self.personalizer = Still.from_toml(self.folder / "personalize.toml", clock=clock, **given)
        self.personalizer.open()
        env = Environment(loader=DictLoader({"page": PAGE}), autoescape=True)
        self.personalizer.install(env)
        template, slots = env.get_template("page"), list(self.personalizer.settings.slots)
        personalizer = self.personalizer

        def page(request: Request) -> Response:
            visit = request.state.personalize
            return HTMLResponse(template.render(slots=slots) + repr(sorted(visit.segments)))

        async def consent(request: Request) -> Response:
            return await _consent(request, personalizer)

        routes = [Route("/", page), Route("/consent", consent, methods=["POST"])]
        routes += [Route(f"/{each.__name__}", each, methods=["POST"]) for each in (login, logout, observe)]
        return Starlette(
            routes=[*routes, Route("/whoami", whoami)],
            middleware=[Middleware(PersonalizeMiddleware, personalizer=personalizer)],
        )

    def browser(self) -> Browser:
        return Browser(self.app, URL)

    def knows(self, number: str, **values: str) -> int:
        """Make a customer known who agreed to everything; return the subject."""
        subject = self.house.store.profiles.create(self.house.digests(f"customer_number:{number}"), self.clock.now())
        visitor = Visitor(subject=subject, assurance=Assurance.login)
        agree(self.personalizer, visitor)
        self.personalizer.remember(visitor, "crm", dict(values))
        return subject

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Let another program hold the store's write lock."""
        self.house.store.browsers.wait = 0.01
        with closing(sqlite3.connect(self.folder / "store" / "people.sqlite", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield

    def rows(self, table: str) -> int:
        """Return how many rows a table of people.sqlite has."""
        with sqlite3.connect(self.folder / "store" / "people.sqlite") as people:
            return int(people.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def agree(personalizer: Personalizer, visitor: Visitor) -> None:
    """Record that a visitor agrees to every purpose."""
    digest = personalizer.settings.notices["reading"].digests["en"]
    for purpose in personalizer.settings.purposes:
        personalizer.ledger.give(visitor, purpose, "en", digest)


def visit_of(request: Request) -> Visit:
    visit: Visit = request.state.personalize
    return visit


async def login(request: Request) -> Response:
    visit_of(request).login((await request.body()).decode())
    return RedirectResponse("/", 303)


async def logout(request: Request) -> Response:
    visit_of(request).logout()
    return RedirectResponse("/", 303)


async def observe(request: Request) -> Response:
    name, value = urllib.parse.parse_qsl((await request.body()).decode())[0]
    return PlainTextResponse(str(visit_of(request).observe(name, value)))


async def whoami(request: Request) -> Response:
    visitor = visit_of(request).visitor
    return PlainTextResponse(f"{visitor.subject} {visitor.assurance.name} {visitor.device}")


async def _consent(request: Request, personalizer: Personalizer) -> Response:
    """Make a device subject for a stranger who agrees, as the banner does."""
    visitor, response = visit_of(request).visitor, RedirectResponse("/", 303)
    if visitor.subject is None:
        subject, value = personalizer.house.browsers.begin_device(personalizer.clock.now())
        visitor = Visitor(subject=subject, device=subject, assurance=Assurance.click)
        response.raw_headers.append(set_cookie_header(URL, value))
    agree(personalizer, visitor)
    return response
