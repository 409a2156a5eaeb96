"""One server process: `python -m bench.server NAME FOLDER` prints its port on the first line."""

import asyncio
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bench.front import front_page, templates_of_site
from bench.site import load
from bench.workload import ABOUT_THE_PAGE, SLOTS
from personalize.asgi.middleware import PersonalizeMiddleware
from personalize.asgi.visit import Visit
from personalize.model.decisions import Decision

HEADER = b"x-user"
THREE = SLOTS[:3]
PAGE = tuple(ABOUT_THE_PAGE)
MIXED = (*SLOTS[:2], PAGE[0])


class NoOp:
    """The least a middleware can be."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)


async def hello(request: Request) -> Response:
    return PlainTextResponse("Hello, world!")


async def slots(request: Request) -> Response:
    """Decide three slots, none of which asks about the page."""
    visit: Visit = request.state.personalize
    return _told(visit, visit.decide_all(*THREE))


async def article(request: Request) -> Response:
    """Decide three slots; the third asks about the page, `?17`, so that a new page is a new decision."""
    visit: Visit = request.state.personalize
    return _told(visit, visit.decide_all(*MIXED, page=_page(request)))


async def different(request: Request) -> Response:
    """Decide three slots that all ask about the page."""
    visit: Visit = request.state.personalize
    return _told(visit, visit.decide_all(*PAGE, page=_page(request)))


def _page(request: Request) -> int:
    return int(request.scope["query_string"])


def _told(visit: Visit, decisions: Sequence[Decision]) -> Response:
    shown = " ".join([decision.variant or "default" for decision in decisions])
    return PlainTextResponse(f"{shown} {visit.code}")


PAGES = {"/": hello, "/slots": slots, "/article": article, "/different": different}


def who(scope: Any) -> str | None:
    """Return who is logged in: this site trusts the last header, which its proxy writes."""
    name, value = scope["headers"][-1]
    return str(value, "ascii") if name == HEADER else None


def bare(folder: Path) -> Any:
    """Return the app without us; it has as many routes, for each costs every request a comparison."""
    return Starlette(routes=[Route(path, hello) for path in PAGES])


def noop(folder: Path) -> Any:
    return NoOp(bare(folder))


def personalized(folder: Path) -> Any:
    app = Starlette(routes=[Route(path, page) for path, page in PAGES.items()])
    return PersonalizeMiddleware(app, personalizer=load(folder, login=who))


def bare_page(folder: Path) -> Any:
    """Return the app with the front page as it is without us: the defaults stand."""
    return Starlette(routes=[Route("/front", front_page(templates_of_site(), "plain.html"))])


def personalized_page(folder: Path) -> Any:
    templates = templates_of_site()
    personalizer = load(folder, login=who)
    personalizer.install(templates.env)
    app = Starlette(routes=[Route("/front", front_page(templates, "personal.html"))])
    return PersonalizeMiddleware(app, personalizer=personalizer)


APPS = {
    "bare": bare,
    "noop": noop,
    "personalized": personalized,
    "bare_page": bare_page,
    "personalized_page": personalized_page,
}


def main() -> None:
    """Serve one of the apps until ended."""
    name, folder = sys.argv[1], Path(sys.argv[2])
    # with the protocol named: asyncio sets TCP_NODELAY on such sockets only
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    print(listening.getsockname()[1], flush=True)
    config = uvicorn.Config(
        APPS[name](folder),
        http="httptools",
        loop="asyncio",
        log_level="warning",
        access_log=False,
        timeout_keep_alive=600,  # connections wait while other servers have their turn
    )
    asyncio.run(uvicorn.Server(config).serve([listening]))


if __name__ == "__main__":
    main()
