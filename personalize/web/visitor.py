"""The visitor's app: the pages about consent and about reasons, the slots as JSON, health, and the stylesheets."""

from collections.abc import Callable, Sequence
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

import personalize.asgi
from personalize.asgi.facts import Facts
from personalize.asgi.own_pages import as_seen
from personalize.house import House
from personalize.settings import Settings
from personalize.web.api.context import context_route
from personalize.web.api.slots import slots_route
from personalize.web.consent.answers import Answers
from personalize.web.consent.mails import Mails
from personalize.web.privacy.api import RightsApi
from personalize.web.privacy.catalogue import CataloguePages
from personalize.web.privacy.copies import Copies
from personalize.web.privacy.links import LinkPages
from personalize.web.privacy.me import PrivacyPages
from personalize.web.privacy.why import WhyPage
from personalize.web.shell.assets import asset_route
from personalize.web.shell.pages import HEADERS, WEB, Pages

STYLESHEETS = {
    "bar.css": Path(personalize.asgi.__file__).parent / "assets" / "bar.css",
    "consent.css": WEB / "consent" / "consent.css",
    "page.css": WEB / "shell" / "page.css",
}

READING = ("GET", "HEAD")


def visitor_app(*, settings: Settings, house: Callable[[], House], monitors: Sequence[Route] = ()) -> Starlette:
    """Return the app that stands under `[site] path`, behind the middleware.

    It takes the visitor from the visit in its scope, and its links hold wherever it is mounted.
    `house` gives what is there while the store is open, or raises StoreError. `monitors` are health and metrics.
    """
    site = settings.site
    pages, copies = Pages(site), Copies()
    routes = [
        *PrivacyPages(settings=settings, house=house, pages=pages, copies=copies).routes(),
        *RightsApi(settings=settings, house=house, pages=pages, copies=copies).routes(),
        *CataloguePages(settings=settings, pages=pages).routes(),
        *Answers(settings, house, pages).routes(),
        *Mails(settings, house, pages).routes(),
        *WhyPage(house=house, pages=pages).routes(),
        *LinkPages(settings=settings, house=house, pages=pages).routes(),
        slots_route(Facts(settings)),
        context_route(lambda: house().contexts),
        *monitors,
        asset_route(STYLESHEETS),
    ]
    app = Starlette(routes=routes)
    app.router.redirect_slashes = False  # its redirects repeat the Host header
    app.router.default = _front(pages, app.router.default)
    return app


def _front(pages: Pages, otherwise: ASGIApp) -> ASGIApp:
    """Return an app that leads from the bare path to the visitor's page, and does otherwise elsewhere."""

    async def lead(scope: Scope, receive: Receive, send: Send) -> None:
        root = scope.get("root_path", "")
        if scope["type"] != "http" or scope["path"].removeprefix(root).strip("/") or scope["method"] not in READING:
            await otherwise(scope, receive, send)
            return
        asked = Request(scope).query_params.get("lang", "")
        query = f"?lang={asked}" if asked in pages.languages else ""
        await RedirectResponse(as_seen(root, f"/me{query}"), 303, headers=HEADERS)(scope, receive, send)

    return lead
