"""Every page and call for visitors, filled in by somebody who means harm: no error, markup or way out (T20, T23)."""

import json
import random
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit

import pytest

from personalize.testing.browser import Page
from personalize.web.shell.pages import POLICY
from tests.house import request
from tests.own_login import FORM, Paper
from tests.unit.browsers.test_routes import EXPECTED, OURS, PLACES
from tests.unit.browsers.visitors import visitor

MARK = "pz<svg/onload=1>"
HOSTILE = [
    f'">{MARK}',
    f"'{MARK}<!--",
    f"{{{{7*7}}}}${{7*7}}%s{{0}}{MARK}",
    "\r\nset-cookie: pz=evil\r\n\r\n<script>",
    "//evil.example/x",
    "/\\evil.example",
    "/\t/evil.example",
    "https://evil.example",
    "javascript:alert(1)",
    "\0",
    "\ud800",
    "\u202e\u2028\u0085\x1b[31m",
    "../../../etc/passwd",
    "%00%0d%0a%2f%2f",
    "' OR 1=1 --",
    "9" * 400,
    "-1",
    "1e999",
    "a" * 3000,
    "é" * 90,
    "",
    " ",
    "reading:" + "0" * 64 + " reading:x",
]
REFERERS = [
    "http://[",
    "https://paper.example:99999/",
    f"https://{'a' * 80}.example/",
    "https://paper.example\\@evil.example/",
    "https://paper.example//evil.example",
    "https://evil.example/",
    "x" * 5000,
]
Headers = dict[str, str]
GUARDS = {
    "cache-control": "private, no-store",
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
WHO = ("stranger", "click", "device", "login")


FIELDS = ("lang", "back", "purpose", "c", "code", "name")
EACH = [pytest.param(1, id="sample"), pytest.param(len(HOSTILE), marks=pytest.mark.soak, id="all")]


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Paper]:
    paper = Paper(tmp_path_factory.mktemp("paper"))
    yield paper
    paper.personalizer.close()


@pytest.fixture(scope="module")
def cookies(paper: Paper) -> list[dict[str, str]]:
    """The cookies of visitors who prove nothing, little and much."""
    subject = paper.knows("1", first_name="Anna", theme="dark")
    return [visitor(paper, way, subject).cookies for way in WHO]


def form_of(paper: Paper, route: str) -> dict[str, str]:
    """Return a form of this route that nothing is wrong with."""
    digest = paper.personalizer.settings.notices["reading"].digests["en"]
    form = EXPECTED[route][0].format(digest=digest, texts=f"reading:{digest}")
    return dict(parse_qsl(form.replace("from=form", "from=banner"), keep_blank_values=True))


def path_of(paper: Paper, name: str, rng: random.Random) -> str:
    """Return the path of a route, with something hostile where it has a place for something."""
    routes = paper.personalizer.visitor_app.routes
    path: str = next(each.path for each in routes if each.name == name)
    for place in PLACES:
        path = path.replace(place, quote(rng.choice(HOSTILE), safe="", errors="replace"))
    return f"/personalize{path}"


def requests_of(paper: Paper, route: str, each: int, rng: random.Random) -> Iterator[tuple[str, str, Headers, bytes]]:
    """Yield hostile requests for one route: each field of its form in turn, its path, its query, its Referer."""
    method, name = route.split()
    form = form_of(paper, route)
    yield method, path_of(paper, name, rng), OURS | FORM | {"referer": "http://["}, urlencode(form).encode()
    for field in [*form, *FIELDS]:
        for text in rng.sample(HOSTILE, each):
            query = urlencode({"lang": text, field: text}, errors="replace")
            headers = OURS | {"referer": rng.choice(REFERERS)}
            filled, path = form | {field: text}, path_of(paper, name, rng)
            if name.startswith("api-"):
                headers["content-type"], body = "application/json", json.dumps(filled).encode()
            else:
                headers, body = headers | FORM, urlencode(filled, errors="surrogatepass").encode()
            yield method, f"{path}?{query}", headers, b"" if method == "GET" else body


@pytest.mark.parametrize("each", EACH)
def test_whatever_is_filled_in_is_answered_safely(
    paper: Paper, cookies: list[dict[str, str]], each: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "personalize")
    seed = random.randrange(2**32)
    rng = random.Random(seed)
    for route in EXPECTED.keys() - {"GET health"}:  # which says what is wrong by its status
        for asked in requests_of(paper, route, each, rng):
            browser = paper.browser()
            browser.cookies = dict(rng.choice(cookies))
            answer = browser.request(*asked)
            assert wrong_with(answer) == "", (seed, asked)
    told = [record.getMessage() for record in caplog.records]
    assert told, "refusals are told in the log"
    assert [line for line in told if not line.isprintable()] == []  # nobody forges a line (T32)


def wrong_with(answer: Page) -> str:
    """Return what is wrong with an answer, nothing where it is safe."""
    if answer.status >= 500:
        return f"status {answer.status}"
    if any(sign in value for value in answer.headers.values() for sign in "\r\n"):
        return "a header of two lines"
    kind = answer.headers.get("content-type", "")
    if kind.startswith("text/html") and GUARDS.items() - answer.headers.items():
        return "a page without its guards"
    if MARK in answer.text and not data(answer):
        return "markup of a stranger"
    leads = urlsplit(urljoin(answer.url, answer.headers.get("location", "")))
    return "" if leads.netloc == "paper.example" else f"leads to {leads.netloc}"


def data(answer: Page) -> bool:
    """Say whether no browser takes this for a page."""
    headers = answer.headers
    return headers["content-type"] == "application/json" and headers.get("x-content-type-options") == "nosniff"


def test_a_form_that_never_ends_is_left_after_a_few_kilobytes(paper: Paper) -> None:
    login = visitor(paper, "login", paper.knows("2"))
    for name in ("consent", "me/stop", "choose", "consent/sign-up"):
        answer = login.request("POST", f"/personalize/{name}", OURS | FORM, b"a=" + b"x" * 2_000_000)
        assert answer.status == 400, name


@pytest.mark.parametrize("route", sorted(route for route in EXPECTED if route.startswith("POST")))
async def test_whoever_hangs_up_in_the_middle_of_a_form_changes_nothing_and_is_no_error(
    paper: Paper, route: str
) -> None:
    name = route.split()[1]
    login = visitor(paper, "login", paper.knows(f"hangs up in {name}"))  # of their own: others may end a log-in
    ((cookie, value),) = login.cookies.items()
    kind = b"application/json" if name.startswith("api-") else b"application/x-www-form-urlencoded"
    headers = [(b"cookie", f"{cookie}={value}".encode()), (b"sec-fetch-site", b"same-origin"), (b"content-type", kind)]
    scope = request(path_of(paper, name, random.Random(1)), "POST", headers)
    messages = [{"type": "http.disconnect"}, {"type": "http.request", "body": b"", "more_body": True}]
    statuses: list[int] = []

    async def receive() -> dict[str, object]:
        return messages.pop()

    async def send(message: dict[str, Any]) -> None:
        statuses.append(message.get("status", 0))

    await paper.app(scope, receive, send)
    reads = name not in ("api-me", "forget-link")
    assert statuses[0] in ((400, 404) if reads else (200, 303))
