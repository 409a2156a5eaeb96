"""datasette, FastAPI and a plain ASGI app, wrapped unmodified: without slots nothing tells them apart from bare."""

import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

import anyio
import pytest
from datasette.app import Datasette
from fastapi import BackgroundTasks, FastAPI, Form, Response
from fastapi.responses import FileResponse, HTMLResponse, StreamingResponse
from starlette.middleware.gzip import GZipMiddleware

from tests.house import VALID, House
from tests.trip.server import Line, exchange, served

STRANGER: tuple[str, ...] = ()
BY_CLICK = ("cookie: pz-dev=anna",)
LOGGED_IN = ("x-login: customer_number:1",)
PEOPLE = {"stranger": STRANGER, "click": BY_CLICK, "login": LOGGED_IN}
LOCAL = "http://127.0.0.1:8000"


def who(scope: Any) -> str | None:
    return next((value.decode() for name, value in scope["headers"] if name == b"x-login"), None)


def house(**site: Any) -> House:
    return House(login=who, url=LOCAL, **site)


def fastapi_app() -> FastAPI:
    app = FastAPI()

    @app.get("/", response_class=HTMLResponse)
    async def home() -> str:
        return "<html><body><p>hé</p></body></html>"

    @app.get("/json")
    def json(response: Response) -> dict[str, int]:
        response.headers["etag"] = '"1"'
        response.headers["cache-control"] = "public, max-age=60"
        return {"a": 1}

    @app.post("/form")
    async def form(name: str = Form()) -> dict[str, str]:
        return {"name": name}

    @app.get("/broken")
    async def broken() -> None:
        raise RuntimeError("the site's own")

    @app.get("/file")
    async def file() -> FileResponse:
        return FileResponse(Path(__file__), media_type="text/html")

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        return StreamingResponse(iter([b"a", b"b", b"c"]), media_type="text/plain")

    @app.get("/later")
    async def later(tasks: BackgroundTasks) -> dict[str, int]:
        tasks.add_task(lambda: None)
        return {"a": 2}

    app.add_middleware(GZipMiddleware, minimum_size=10)
    return app


async def plain_app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        raise ValueError(f"this app answers no {scope['type']}")  # as an app without a lifespan does
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    head = [(b"Content-Type", b"text/html"), (b"X-Twice", b"1"), (b"X-Twice", b"2"), (b"Last-Modified", b"x")]
    await send({"type": "http.response.start", "status": 418, "headers": head})
    echo = b"%s %s %s %s" % (scope["method"].encode(), scope["path"].encode(), scope["query_string"], body)
    await send({"type": "http.response.body", "body": echo})


SITES: dict[str, tuple[Any, list[tuple[str, str, tuple[str, ...], bytes]]]] = {
    "datasette": (
        lambda: Datasette(memory=True).app(),
        [
            ("GET", "/", (), b""),
            ("HEAD", "/", (), b""),
            ("GET", "/_memory", (), b""),
            ("GET", "/_memory.json?sql=select+1", (), b""),
            ("GET", "/-/static/app.css", (), b""),
            ("GET", "/nowhere", (), b""),
            ("POST", "/_memory", ("content-type: application/json",), b"{}"),
        ],
    ),
    "fastapi": (
        fastapi_app,
        [
            ("GET", "/", (), b""),
            ("HEAD", "/", (), b""),
            ("GET", "/", ("accept-encoding: gzip",), b""),
            ("GET", "/json", ('if-none-match: "1"',), b""),
            ("GET", "/file", ("range: bytes=0-9",), b""),
            ("GET", "/stream", (), b""),
            ("GET", "/later", (), b""),
            ("GET", "/broken", (), b""),
            ("POST", "/form", ("content-type: application/x-www-form-urlencoded",), b"name=x"),
            ("POST", "/form", ("content-type: application/x-www-form-urlencoded",), b"nome=x"),
            ("DELETE", "/json", (), b""),
        ],
    ),
    "plain": (
        lambda: plain_app,
        [
            ("GET", "/a%20b?x=1&x=2", (), b""),
            ("HEAD", "/", (), b""),
            ("POST", "/", (), b"x" * 100_000),
            ("OPTIONS", "/", (), b""),
        ],
    ),
}


Answered = tuple[bytes, list[bytes], bytes]
DURATION = re.compile(rb"(Queries took |query_ms\": )[0-9.e-]+")
CHUNK = re.compile(rb"^[0-9a-f]+\r\n", re.MULTILINE)


def timeless(answer: Answered) -> Answered:
    """Leave out how long datasette's queries took, and with it the sizes of the chunks."""
    status, headers, body = answer
    return (status, headers, CHUNK.sub(b"", DURATION.sub(b"", body))) if DURATION.search(body) else answer


@pytest.fixture(scope="module", params=SITES)
def ports(request: pytest.FixtureRequest) -> Iterator[tuple[str, int, int]]:
    """The same site twice: bare, and wrapped."""
    make = SITES[request.param][0]
    with served(make()) as bare, served(house().wrap(make())) as wrapped:
        yield request.param, bare, wrapped


@pytest.mark.parametrize("person", PEOPLE)
def test_without_slots_every_byte_and_header_is_the_sites(ports: tuple[str, int, int], person: str) -> None:
    name, bare, wrapped = ports
    for method, path, headers, body in SITES[name][1]:
        sent = (*headers, *PEOPLE[person])
        expected = timeless(exchange(bare, path, *sent, method=method, body=body))
        assert timeless(exchange(wrapped, path, *sent, method=method, body=body)) == expected, (method, path)


def test_a_link_opened_by_a_person_leads_to_the_clean_page(ports: tuple[str, int, int]) -> None:
    _, _, wrapped = ports
    status, headers, _ = exchange(wrapped, f"/?pzt={VALID.decode()}")
    assert status.startswith(b"HTTP/1.1 303")
    assert b"location: /" in headers


@pytest.mark.parametrize("markers", [False, True])
@pytest.mark.parametrize("person", PEOPLE)
def test_a_stream_is_not_buffered(person: str, markers: bool) -> None:
    """The site holds its second chunk back until the client has the first."""
    arrived = Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        kind = b"text/html" if person == "stranger" or not markers else b"text/event-stream"
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind)]})
        await send({"type": "http.response.body", "body": b"<p>first</p>", "more_body": True})
        await anyio.to_thread.run_sync(arrived.wait, 8)
        await send({"type": "http.response.body", "body": b"<p>second</p>" if arrived.is_set() else b"buffered"})

    with served(house(markers=markers).wrap(app), lifespan="off") as port:
        line = Line(port)
        line.send("/", "accept: text/html", *PEOPLE[person])
        line.read_until(b"first")
        arrived.set()
        assert b"second" in line.read_all()


def test_a_client_that_leaves_is_noticed_by_the_site() -> None:
    left = Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]})
        await send({"type": "http.response.body", "body": b"begin", "more_body": True})
        while (await receive())["type"] != "http.disconnect":
            pass
        left.set()

    with served(house(markers=True).wrap(app), lifespan="off") as port:
        line = Line(port)
        line.send("/")
        line.read_until(b"begin")
        line.close()
        assert left.wait(8)


def test_a_plugin_that_fails_leaves_status_and_default() -> None:
    broken = house(markers=True)
    broken.pipeline.decide = None
    page = b"<html><!--slot hero-->the default<!--/slot--></html>"

    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert scope["state"]["personalize"].render("hero") == ""
        await send({"type": "http.response.start", "status": 201, "headers": [(b"content-type", b"text/html")]})
        await send({"type": "http.response.body", "body": page})

    with served(broken.wrap(app), lifespan="off") as port:
        for headers in PEOPLE.values():
            status, _, body = exchange(port, "/", "accept: text/html", *headers)
            assert status.startswith(b"HTTP/1.1 201")
            assert b"the default" in body


def test_a_compressed_page_of_a_known_person_comes_plain_with_its_slots() -> None:
    app = FastAPI()

    @app.get("/", response_class=HTMLResponse)
    async def home() -> str:
        return "<html>" + "x" * 500 + "<!--slot hero-->d<!--/slot--></html>"

    app.add_middleware(GZipMiddleware, minimum_size=10)
    marked = house(markers=True)
    with served(marked.wrap(app)) as port:
        asked = ("accept: text/html", "accept-encoding: gzip")
        _, headers, body = exchange(port, "/", *asked, *BY_CLICK)
        assert b"For you" in body
        assert b"cache-control: private, no-store" in headers
        _, headers, body = exchange(port, "/", *asked)
        assert b"content-encoding: gzip" in headers
        assert b"<!--slot hero-->" in gzip.decompress(body)
    assert marked.counters["markers_encoded"] == 1


@pytest.mark.parametrize("size", [8_000, 60_000, 2_000_000])
def test_a_huge_cookie_makes_a_stranger_and_no_delay(size: int) -> None:
    with served(house().wrap(plain_app), lifespan="off", http="httptools") as port:
        status, _, body = exchange(port, "/", "cookie: pz-dev=anna; a=" + "x" * size)
    assert status.startswith(b"HTTP/1.1 418")
    assert b"GET / " in body


def test_the_access_log_shows_no_token(caplog: pytest.LogCaptureFixture) -> None:
    with served(house().wrap(plain_app), lifespan="off", log_config=None, level="info") as port:
        caplog.set_level("INFO", logger="uvicorn.access")
        for token in (VALID.decode(), "forged"):
            exchange(port, f"/page?a=1&pzt={token}")
    lines = [record.getMessage() for record in caplog.records if record.name == "uvicorn.access"]
    assert len(lines) == 2
    assert not any("pzt" in line for line in lines)
