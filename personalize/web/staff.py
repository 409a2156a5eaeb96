"""The staff app: signing in, the desk, the trail, and what stands before and around them."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Lifespan

from personalize.errors import StoreError
from personalize.explain.language import marked
from personalize.house import House
from personalize.model.staff import Role
from personalize.settings import Settings
from personalize.web.desk.routes import desk_routes
from personalize.web.shell.access import LOOKERS, Refused
from personalize.web.shell.assets import asset_route
from personalize.web.shell.frame import Frame, Place, page
from personalize.web.shell.guard import AWAY, STAFF_HEADERS, StaffGuard
from personalize.web.shell.known import KnownBrowsers
from personalize.web.shell.pages import WEB
from personalize.web.shell.sessions import Sessions
from personalize.web.shell.signin import SignIn
from personalize.web.shell.staff_login import StaffLogin, StaffQuestion
from personalize.web.trail.pages import READERS, TrailPages

log = logging.getLogger("personalize")
PLACES = (
    Place(path="", title=marked("Desk"), roles=frozenset(LOOKERS)),
    Place(path="then", title=marked("What everyone saw"), roles=frozenset(Role)),
    Place(path="variants", title=marked("Why nobody sees it"), roles=frozenset(Role)),
    Place(path="recall", title=marked("Recall"), roles=frozenset({Role.data_officer})),
    Place(path="corrections", title=marked("Corrections"), roles=frozenset({Role.data_officer})),
    Place(path="trail", title=marked("Who looked"), roles=frozenset(READERS)),
)
STYLESHEETS = {name: WEB / "shell" / name for name in ("page.css", "staff.css")}
NOT_THERE = marked("There is no such page.")
BROKEN = marked("Something went wrong here, and has been written to the log.")


def staff_app(
    *,
    settings: Settings,
    house: Callable[[], House],
    login: StaffLogin | None,
    startup: Callable[[], Awaitable[None]],
    shutdown: Callable[[], Awaitable[None]],
    monitors: Sequence[Route] = (),
) -> Starlette:
    """Return the app of the staff pages, to be served on a host or port of its own.

    `house` gives the open house, or raises StoreError. `login` signs staff in by the site; without it
    the identity provider of `[staff.oidc]` does, else local accounts. Where the app's lifespan is heard
    it opens the house by `startup`, unless it is open already, and closes what it opened. `monitors` are
    routes without personal data that nobody signs in for.
    """
    frame, told = Frame(settings, PLACES), login is None and settings.staff.oidc is not None
    sessions = Sessions(house, settings.site.url, settings.staff.url, told=told)
    guard = Middleware(
        StaffGuard,
        settings=settings,
        house=house,
        frame=frame,
        sessions=sessions,
        question=StaffQuestion(login) if login else None,
        unguarded=frozenset(route.path for route in monitors),
    )
    accounts = [] if login else _sign_in(settings, house, sessions, frame)
    app = Starlette(
        routes=[*accounts, *TrailPages(house).routes(), asset_route(STYLESHEETS), *monitors, *desk_routes(house)],
        middleware=[guard],
        exception_handlers={Refused: _refused, StoreError: _away, HTTPException: _missing, Exception: _broken},
        lifespan=_lifespan(house, startup, shutdown),
    )
    app.state.frame = frame
    app.router.redirect_slashes = False  # its redirects repeat the Host header
    return app


def _sign_in(settings: Settings, house: Callable[[], House], sessions: Sessions, frame: Frame) -> list[Route]:
    browsers = KnownBrowsers(house, settings.site.url, settings.staff.url)
    if settings.staff.oidc is None:
        return SignIn(house, sessions, frame, browsers).routes()
    from personalize.web.shell.provided import provided_sign_in  # needs the extra `oidc`

    return provided_sign_in(settings, settings.staff.oidc, house, sessions, frame, browsers).routes()


def _lifespan(
    house: Callable[[], House], startup: Callable[[], Awaitable[None]], shutdown: Callable[[], Awaitable[None]]
) -> Lifespan[Starlette]:
    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        try:
            house()
        except StoreError:
            await startup()
            try:
                yield
            finally:
                await shutdown()
        else:
            yield

    return lifespan


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)  # noqa: S101  # it is registered for nothing else
    return _told(request, error.status, error.problem, **error.parts)


async def _away(request: Request, error: Exception) -> Response:
    log.error("A staff page could not be made, for the store failed: %s", error)
    return _told(request, 503, AWAY)


async def _missing(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 404
    return _told(request, status, NOT_THERE)


async def _broken(request: Request, error: Exception) -> Response:
    """Answer for an error of ours with nothing of it (T47); the server's log has it."""
    frame: Frame = request.app.state.frame
    text = frame.around(request.scope).lang.say(BROKEN)
    return PlainTextResponse(text, 500, headers=STAFF_HEADERS)


def _told(request: Request, status: int, problem: str, **parts: object) -> Response:
    frame: Frame = request.app.state.frame
    text = frame.around(request.scope).lang.say(problem, **parts)
    return page(request, "staff_refused.html", status=status, problem=text)
