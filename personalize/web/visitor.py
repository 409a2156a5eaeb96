"""The visitor's app: the page about consent, the slots as JSON, health, and the stylesheets."""

from collections.abc import Callable
from pathlib import Path

from starlette.applications import Starlette

import personalize.asgi
from personalize.asgi.facts import Facts
from personalize.consent.ledger import Ledger
from personalize.settings import Settings
from personalize.web.api.health import Health, health_route
from personalize.web.api.slots import slots_route
from personalize.web.privacy.me import PrivacyPages
from personalize.web.shell.assets import asset_route
from personalize.web.shell.pages import WEB, Pages

STYLESHEETS = {
    "bar.css": Path(personalize.asgi.__file__).parent / "assets" / "bar.css",
    "page.css": WEB / "shell" / "page.css",
}


def visitor_app(*, settings: Settings, ledger: Callable[[], Ledger], health: Health) -> Starlette:
    """Return the app that stands under `[site] path`, behind the middleware.

    It takes the visitor from the visit in its scope, and its links hold wherever it is mounted.
    `ledger` gives the open store's ledger, or raises StoreError.
    """
    site = settings.site
    pages = Pages(site.languages, site.name or site.host, site.url)
    privacy = PrivacyPages(site=site, purposes=settings.purposes, notices=settings.notices, ledger=ledger, pages=pages)
    routes = [
        *privacy.routes(),
        slots_route(Facts(settings)),
        health_route(health),
        asset_route(STYLESHEETS),
    ]
    app = Starlette(routes=routes)
    app.router.redirect_slashes = False  # its redirects repeat the Host header
    return app
