"""A house of boards for the door's tests: what the middleware is handed, with outcomes written by the test."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from personalize.asgi.middleware import PersonalizeMiddleware
from personalize.asgi.rendering import Renderer
from personalize.cookbook.codes import code_of
from personalize.model.attributes import Attribute, AttributeType
from personalize.model.content import Field, Recipe, Rule, RuleKind, Slot
from personalize.model.decisions import Decision, Reason
from personalize.model.people import STRANGER, Assurance, Visitor
from personalize.settings import Settings, Site

RECIPE = "c0ffee" * 10
VALID = b"V" * 87
UNWILLING = b"U" * 87
COOKIE = b"__Host-pz=anna"
KNOWN = [(b"cookie", COOKIE)]
SLOTS = {
    "hero": Slot(
        name="hero",
        fields=(Field(name="headline"), Field(name="link", kind="url", required=False)),
        context={"topic": AttributeType.text, "visits": AttributeType.number},
    ),
    "offer": Slot(name="offer", fields=(Field(name="headline"),)),
}


IN_FORCE = Recipe(
    timezone="Europe/Amsterdam",
    languages=("nl",),
    attributes=tuple(
        Attribute(name=name, type=AttributeType.text, source="crm", purpose="offers") for name in ("active", "months")
    ),
    rules=(Rule(kind=RuleKind.suppressor, plugin="existing-customer", version="1", name="has-it"),),
)


NOW = SimpleNamespace(at=0)


class Prepared(SimpleNamespace):
    visitor: Visitor
    hot: None = None
    problem: str = ""


class Trip:
    """Decides as the test says: `shows` maps slot to headline, for known people; `public` for strangers."""

    def __init__(self) -> None:
        self.shows: dict[str, str] = {"hero": "For you"}
        self.public: dict[str, str] = {}
        self.recipe = RECIPE
        self.asked: list[tuple[str, Mapping[str, object], str, bool]] = []
        self.prepared = 0
        self.put_on_pages: list[tuple[bytes, int, int]] = []
        self.served = lambda *mark: self.put_on_pages.append(mark)
        self.counters: Counter[str] = Counter()
        self.broken = False
        self.visits: list[bytes] = []
        self.recogniser = SimpleNamespace(beside=lambda held, click, now: click)

    @property
    def serving(self) -> SimpleNamespace:
        recipe = SimpleNamespace(recipe=IN_FORCE, digest=self.recipe)
        return SimpleNamespace(recipe=recipe, absent=lambda hot, slot, context, mask: {})

    def met(self, login: str) -> None:
        """Nobody was met just now."""

    def prepare(self, credentials: Any, headers: Any = ()) -> Prepared:
        self.prepared += 1
        if self.broken:
            raise OSError("no store")
        if credentials.login is not None:
            visitor = Visitor(subject=1, assurance=Assurance.login, identifier=credentials.login)
            return Prepared(visitor=visitor, moment=NOW)
        if credentials.cookie == b"anna":
            return Prepared(visitor=Visitor(subject=1, assurance=Assurance.click), moment=NOW)
        return Prepared(visitor=STRANGER, moment=NOW)

    def in_doubt(self, problem: str) -> Prepared:
        return Prepared(visitor=STRANGER, moment=NOW, problem=problem)

    def came(self, cookie: bytes, visitor: Visitor, headers: Any) -> None:
        self.visits.append(cookie)

    def click(self, text: bytes, headers: Any = ()) -> tuple[bool, str | None]:
        return text in (VALID, UNWILLING), "anna" if text == VALID else None

    def decide(
        self,
        prepared: Prepared,
        slot: str,
        context: Mapping[str, object] = {},
        *,
        language: str = "",
        code: int = 0,
        count: bool = True,
    ) -> Decision:
        self.asked.append((slot, dict(context), language, count))
        known = prepared.visitor.subject is not None
        headline = (self.shows if known else self.public).get(slot)
        if headline is None:
            return self.default(slot, Reason.NOT_MATCHED)
        fields = {"headline": headline.format(**{"language": language, **context})}
        return Decision.of(
            slot=slot,
            variant=f"{slot}-variant",
            reason=Reason.TARGETING_MATCH,
            recipe=self.recipe,
            fields=fields,
            code=code_of(code) if known else "",
            page_id=slot.encode() if known else b"",
        )

    def decide_all(
        self,
        prepared: Prepared,
        names: Any,
        contexts: Any = (),
        language: str = "",
        code: int = 0,
        count: bool = True,
    ) -> list[Decision]:
        each = zip(names, contexts or [{}] * len(names), strict=True)
        return [self.decide(prepared, *one, language=language, code=code, count=count) for one in each]

    def default(self, slot: str, reason: Reason, problem: str = "") -> Decision:
        return Decision.of(slot=slot, variant=None, reason=reason, recipe=self.recipe, problem=problem)

    instead = default


async def own_pages(scope: Any, receive: Any, send: Any) -> None:
    text = f"own {scope['root_path']} {scope['path']}".encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": text})


class House:
    """What the personalizer hands the middleware."""

    def __init__(self, login: Any = None, url: str = "https://site.example", **site: Any) -> None:
        self.settings = Settings(
            file=Path("personalize.toml"),
            root=Path(),
            site=Site(url=url, languages=("nl", "nb", "en"), **site),
            slots=SLOTS,
        )
        self.login, self.counters = login, Counter[str]()
        self.pipeline = Trip()
        self.refused = ""
        self.browsing = None
        self.renderer = Renderer(self.settings, self.counters)
        self.visitor_app = own_pages
        self.log: list[str] = []

    async def startup(self) -> None:
        self.log.append("startup")

    async def shutdown(self) -> None:
        self.log.append("shutdown")

    def wrap(self, app: Any) -> PersonalizeMiddleware:
        return PersonalizeMiddleware(app, self)


class Answer:
    """What came out of an ASGI app for one request."""

    def __init__(self, messages: list[dict[str, Any]]) -> None:
        self.messages = messages
        self.start = next(each for each in messages if each["type"] == "http.response.start")
        self.status: int = self.start["status"]
        self.headers: list[tuple[bytes, bytes]] = list(self.start.get("headers", []))
        self.chunks = [each.get("body", b"") for each in messages if each["type"] == "http.response.body"]
        self.body = b"".join(self.chunks)
        self.complete = not messages[-1].get("more_body", False)

    def header(self, name: bytes) -> bytes | None:
        values = [value for key, value in self.headers if key.lower() == name]
        assert len(values) < 2, (name, values)
        return values[0] if values else None


def request(path: str = "/", method: str = "GET", headers: Any = (), query: bytes = b"", **more: Any) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "https",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query,
        "root_path": "",
        "headers": [(b"host", b"site.example"), *headers],
        "client": ("127.0.0.1", 5000),
        "server": ("127.0.0.1", 443),
        **more,
    }


async def ask(app: Any, path: str = "/", **parts: Any) -> Answer:
    """Send one request through an app and return what it answered."""
    return await answer(app, request(path, **parts))


async def answer(app: Any, scope: dict[str, Any]) -> Answer:
    messages: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        messages.append(message)

    await app(scope, receive, send)
    return Answer(messages)


App = Callable[[Any, Any, Any], Awaitable[None]]


def page(*chunks: bytes, status: int = 200, headers: Any = None, before: Any = None) -> App:
    """Return an app that answers HTML in these chunks; `before(visit)` is called first."""
    bore = [(b"content-type", b"text/html; charset=utf-8")] if headers is None else headers

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if before is not None:
            before(scope["state"]["personalize"])
        await send({"type": "http.response.start", "status": status, "headers": bore})
        for chunk in chunks[:-1]:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": chunks[-1] if chunks else b""})

    return app


HTML = [(b"content-type", b"text/html; charset=utf-8")]
AGENT = b"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
DOCUMENT = [
    (b"sec-fetch-dest", b"document"),
    (b"sec-fetch-mode", b"navigate"),
    (b"accept", b"text/html"),
    (b"user-agent", AGENT),
]
