"""The visitor's app: the pages about consent and about reasons, the slots as JSON, health, and the stylesheets."""

from collections.abc import Callable, Sequence
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import Route

import personalize.asgi
from personalize.asgi.facts import Facts
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
from personalize.web.shell.pages import WEB, Pages

STYLESHEETS = {
    "bar.css": Path(personalize.asgi.__file__).parent / "assets" / "bar.css",
    "consent.css": WEB / "consent" / "consent.css",
    "page.css": WEB / "shell" / "page.css",
}


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
    return app
