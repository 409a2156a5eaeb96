"""No byte of one visitor reaches another through a shared cache, whatever the site says to caches (T18)."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from personalize.asgi.middleware import PersonalizeMiddleware
from personalize.testing.site import TrialSite
from tests.house import request as scope_of
from tests.property.shared_cache import Answer, Headers, Reader, SharedCache

REQUESTS = [pytest.param(400, id="sample"), pytest.param(100_000, marks=pytest.mark.soak, id="all")]
CONFIG = """
[site]
url = "https://site.example"
languages = ["en"]
markers = {markers}
[purposes.offers]
basis = "legitimate_interest"
titles.en = "Offers"
[sources.crm]
country = "NL"
key = "customer_number"
identifiers = {{ customer_number = "number" }}
columns = {{ first_name = "first_name", letters = "letters" }}
[attributes.first_name]
type = "text"
source = "crm"
purpose = "offers"
titles.en = "first name"
[attributes.letters]
type = "text"
source = "crm"
purpose = "offers"
assurance = "click"
titles.en = "letters"
[slots.greeting]
fields = {{ text = "text" }}
context = {{ topic = "text" }}
[slots.public]
fields = {{ text = "text" }}
"""
CONTENT = """
[[variant]]
slot = "greeting"
name = "by-name"
fields.text = "Hello {first_name}, reader of {letters}"
[[variant]]
slot = "public"
name = "everybody"
fields.text = "An offer for everybody"
"""
NAMES = {"1": "Anna-8c2f41", "2": "Bram-5d90ae"}
SECRETS = {who: (name.encode(), f"letter-{name}".encode()) for who, name in NAMES.items()}
SAID: tuple[Headers, ...] = (
    [],
    [(b"cache-control", b"public, max-age=0, s-maxage=60"), (b"etag", b'"one"')],
    [(b"cache-control", b"public, max-age=3600"), (b"expires", b"Thu, 01 Jan 2099 00:00:00 GMT"), (b"age", b"1")],
    [(b"cdn-cache-control", b"max-age=600"), (b"last-modified", b"Thu, 01 Jan 2026 00:00:00 GMT")],
    [(b"Surrogate-Control", b"max-age=600"), (b"ETag", b'W/"one"'), (b"vary", b"accept-encoding")],
    [(b"cloudflare-cdn-cache-control", b"max-age=600"), (b"x-accel-expires", b"600"), (b"edge-control", b"max-age=9")],
    [(b"cache-control", b"no-cache"), (b"etag", b'"two"')],
)
ASKED: tuple[Headers, ...] = (
    [],
    [],
    [],
    [(b"if-none-match", b'"one", W/"one", "two"')],
    [(b"if-modified-since", b"Thu, 01 Jan 2026 00:00:00 GMT")],
    [(b"range", b"bytes=0-20"), (b"if-range", b'"one"')],
    [(b"accept-encoding", b"gzip")],
    [(b"cache-control", b"only-if-cached, max-stale=9999")],
)
HTML: Headers = [(b"accept", b"text/html"), (b"sec-fetch-dest", b"document"), (b"sec-fetch-mode", b"navigate")]


def site(visit: Any, path: str, headers: Headers) -> Response:
    """Answer with the slots that the path names, and with what the path's number says to caches."""
    _, kind, number = path.split("/")
    said = SAID[int(number) % len(SAID)]
    asked = dict(headers).get(b"if-none-match", b"")
    tag = next((value for name, value in said if name.lower() == b"etag"), b"")
    if tag and tag in asked:
        return _bearing(Response(status_code=304), said)
    if kind == "tags":
        page = f"{visit.render('greeting')}|{visit.render('public')}|{visit.code}"
    elif kind == "who":
        page = f"subject {visit.visitor.subject} {visit.visitor.identifier}"
    else:
        page = (
            "<p>static</p>"
            if kind == "static"
            else "<p><!--slot greeting-->none<!--/slot--><!--slot public-->x<!--/slot-->"
        )
    return _bearing(HTMLResponse(page), said)


def _bearing(response: Response, said: Headers) -> Response:
    response.raw_headers += said
    return response


def login(scope: Any) -> str | None:
    cookie = dict(scope["headers"]).get(b"cookie", b"").decode()
    return f"customer_number:{cookie.removeprefix('session=')}" if cookie.startswith("session=") else None


@pytest.fixture(params=[False, True], ids=["tags", "markers"])
def trial(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TrialSite]:
    config = tmp_path / "personalize.toml"
    config.write_text(CONFIG.format(markers=str(request.param).lower()), "utf-8")
    with TrialSite(config, content=CONTENT) as trial:
        trial.personalizer.login = login
        for who, name in NAMES.items():
            trial.knows(f"customer_number:{who}", first_name=name, letters=f"letter-{name}")
        yield trial


def asking(trial: TrialSite) -> Any:
    """Return the site behind the middleware, as a cache asks it."""

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        request = Request(scope, receive)
        await site(request.state.personalize, scope["path"], scope["headers"])(scope, receive, send)

    app = PersonalizeMiddleware(inner, trial.personalizer)

    async def ask(method: str, path: str, headers: Headers) -> Answer:
        messages: list[Any] = []

        async def send(message: Any) -> None:
            messages.append(message)

        async def receive() -> Any:
            return {"type": "http.request", "body": b"", "more_body": False}

        await app(scope_of(path, method, headers), receive, send)
        body = b"".join(each.get("body", b"") for each in messages[1:])
        return Answer(messages[0]["status"], list(messages[0]["headers"]), b"" if method == "HEAD" else body)

    return ask


@pytest.mark.parametrize("requests", REQUESTS)
@pytest.mark.parametrize("heeds_vary", [True, False])
async def test_no_byte_of_one_visitor_reaches_another(trial: TrialSite, heeds_vary: bool, requests: int) -> None:
    chance, cache = random.Random(requests), SharedCache(asking(trial), heeds_vary=heeds_vary)
    people = {who: Reader(cache, [(b"cookie", f"session={who}".encode())]) for who in NAMES}
    people["nobody"] = Reader(cache, [])
    kinds = ("tags", "who", "static", "markers")
    seen: dict[str, int] = dict.fromkeys(people, 0)
    owners: dict[bytes, str] = {}
    for _ in range(requests):
        cache.now += chance.choice((0, 1, 30))
        who, path = chance.choice(list(people)), f"/{chance.choice(kinds)}/{chance.randrange(len(SAID))}"
        method = "HEAD" if chance.random() < 0.05 else "GET"
        shown, answer = await people[who].look(method, path, [*HTML, *chance.choice(ASKED)])
        told = shown + b"".join(name + value for name, value in answer.headers)
        for other, secrets in SECRETS.items():
            here = any(secret in told for secret in secrets)
            assert not here or who == other, f"{path} showed {other}'s data to {who}"
            seen[who] += here
        code = shown.rpartition(b"|")[2] if path.startswith("/tags") else b""
        assert owners.setdefault(code, who) == who or not code
        assert answer.status != 304 or who == "nobody" or not _is_personal(people[who].kept.get(path))
    assert min(seen["1"], seen["2"]) > requests / 100
    assert cache.hits > requests / 20


def _is_personal(kept: Answer | None) -> bool:
    return kept is not None and any(secret in kept.body for secrets in SECRETS.values() for secret in secrets)
