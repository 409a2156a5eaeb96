"""Sites of the kinds people have: mounted apps, sync handlers, sessions, background tasks, websockets."""

from collections.abc import Iterator
from typing import Any

import pytest
from jinja2 import DictLoader, Environment
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, StreamingResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket

from personalize.asgi.middleware import PersonalizeMiddleware
from personalize.asgi.templating import install
from tests.house import House

TEMPLATES = {
    "page.html": '{% slot "hero", topic="climate" %}<p>default</p>{% endslot %}<code>{% visit_code %}</code>',
    "slots/hero.html": "<h1>{{ headline }}</h1>",
}


def session_login(scope: Any) -> str | None:
    return scope["session"].get("customer")


def sync_page(request: Request) -> HTMLResponse:
    return HTMLResponse(request.app.state.env.get_template("page.html").render())


async def async_page(request: Request) -> HTMLResponse:
    return HTMLResponse(request.app.state.env.get_template("page.html").render())


async def log_in(request: Request) -> RedirectResponse:
    request.session["customer"] = "customer_number:4711"
    return RedirectResponse("/", 303)


async def streamed(request: Request) -> StreamingResponse:
    template = request.app.state.env.get_template("page.html")
    return StreamingResponse(template.generate(), media_type="text/html")


async def echo(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text(await websocket.receive_text())
    await websocket.close()


def site(house: House, *, inside: bool = True) -> Starlette:
    session = Middleware(SessionMiddleware, secret_key="s" * 32)
    ours = Middleware(PersonalizeMiddleware, personalizer=house)
    inner = Starlette(routes=[Route("/", async_page)])
    app = Starlette(
        routes=[
            Route("/", async_page),
            Route("/sync", sync_page),
            Route("/login", log_in),
            Route("/stream", streamed),
            WebSocketRoute("/ws", echo),
            Mount("/inner", inner),
        ],
        middleware=[session, ours] if inside else [ours, session],
    )
    env = Environment(loader=DictLoader(TEMPLATES), autoescape=True)
    install(env, house.renderer)
    app.state.env = inner.state.env = env
    return app


@pytest.fixture
def house() -> House:
    return House(login=session_login)


@pytest.fixture
def client(house: House) -> Iterator[TestClient]:
    with TestClient(site(house), base_url="https://site.example") as client:
        yield client


def test_the_store_is_open_for_as_long_as_the_site(house: House) -> None:
    with TestClient(site(house)):
        assert house.log == ["startup"]
    assert house.log == ["startup", "shutdown"]


@pytest.mark.parametrize("path", ["/", "/sync", "/inner/"])
def test_a_stranger_sees_the_default_and_a_customer_the_variant(client: TestClient, path: str) -> None:
    assert client.get(path).text == "<p>default</p><code></code>"
    client.get("/login", follow_redirects=False)
    answer = client.get(path)
    assert answer.text.startswith("<h1>For you</h1><code>")
    assert answer.headers["cache-control"] == "private, no-store"


def test_a_template_that_streams_gives_what_was_not_decided_before_its_default(client: TestClient) -> None:
    client.get("/login", follow_redirects=False)
    assert client.get("/stream").text == "<p>default</p><code></code>"


def test_websockets_pass(client: TestClient) -> None:
    with client.websocket_connect("/ws") as socket:
        socket.send_text("hello")
        assert socket.receive_text() == "hello"


def test_outside_the_session_the_first_request_says_which_line_to_move(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    client = TestClient(site(house, inside=False), base_url="https://site.example")
    for _ in range(3):
        assert client.get("/").text == "<p>default</p><code></code>"
    assert caplog.text.count("move the line of PersonalizeMiddleware below the line of SessionMiddleware") == 1
    assert house.counters["login_failed"] == 3


def test_requests_session_property_says_the_same(caplog: pytest.LogCaptureFixture) -> None:
    house = House(login=lambda scope: Request(scope).session.get("customer"))
    TestClient(site(house, inside=False)).get("/")
    assert "move the line of PersonalizeMiddleware" in caplog.text


def test_a_background_task_finds_the_default(house: House) -> None:
    seen: list[str] = []

    async def page(request: Request) -> PlainTextResponse:
        visit = request.state.personalize
        return PlainTextResponse("x", background=BackgroundTask(lambda: seen.append(visit.decide("hero").reason.name)))

    app = Starlette(routes=[Route("/", page)], middleware=[Middleware(PersonalizeMiddleware, personalizer=House())])
    TestClient(app).get("/")
    assert seen == ["LATE"]


def test_mounted_itself_it_serves_the_visitors_pages_below_the_mount() -> None:
    inner = Starlette(routes=[Route("/", lambda request: PlainTextResponse("inner"))])
    app = Starlette(routes=[Mount("/shop", PersonalizeMiddleware(inner, House()))])
    client = TestClient(app)
    assert client.get("/shop/").text == "inner"
    assert client.get("/shop/personalize/me").text == "own /shop/personalize /shop/personalize/me"
