"""Serve Nieuwsblad, a newspaper in Dutch, Norwegian and English.

Run it with `uvicorn --app-dir examples/02-newspaper app:app`.
"""

import os
import secrets
from pathlib import Path
from typing import Final

from edition import read_edition
from guard import SecurityHeaders
from pages import Pages
from paper import Paper
from session import who
from signups import Signups
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from personalize import PersonalizeMiddleware, Personalizer

FOLDER: Final = Path(__file__).parent
EIGHT_HOURS: Final = 8 * 60 * 60


def build(personalizer: Personalizer) -> Starlette:
    """Build the site around its personalizer."""
    paper = Paper(FOLDER, read_edition(FOLDER), personalizer.install)
    signups = Signups(personalizer)
    personalizer.confirmed = signups.confirmed
    pages = Pages(paper, signups.record, signups.since)
    site = Starlette(
        routes=[Route("/.well-known/gpc.json", personalizer.gpc), *_routes(pages)],
        middleware=[
            Middleware(SecurityHeaders),
            _session(),
            Middleware(PersonalizeMiddleware, personalizer=personalizer),
        ],
        exception_handlers={403: pages.refused, 404: pages.missing},
    )
    site.router.redirect_slashes = False  # its redirects repeat the Host header
    return site


def _session() -> Middleware:
    """Sign the session with NEWSPAPER_SECRET, or with a key of this process alone."""
    return Middleware(
        SessionMiddleware,
        secret_key=os.environ.get("NEWSPAPER_SECRET") or secrets.token_urlsafe(32),
        session_cookie="newspaper_session",
        max_age=EIGHT_HOURS,
        https_only=os.environ.get("NEWSPAPER_HTTPS") == "1",
    )


def _routes(pages: Pages) -> list[BaseRoute]:
    return [
        Route("/", pages.root),
        Mount("/static", StaticFiles(directory=FOLDER / "static")),
        Route("/{lang}", pages.front),
        Route("/{lang}/", pages.home),
        Route("/{lang}/topic/{topic}", pages.topic),
        Route("/{lang}/article/{slug}", pages.article),
        Route("/{lang}/subscribe", pages.subscribe),
        Route("/{lang}/renew", pages.renew),
        Route("/{lang}/you", pages.you),
        Route("/{lang}/login", pages.login_form),
        Route("/{lang}/login", pages.login, methods=["POST"]),
        Route("/{lang}/logout", pages.logout, methods=["POST"]),
        Route("/{lang}/newsletter", pages.newsletter_form),
        Route("/{lang}/newsletter", pages.newsletter, methods=["POST"]),
        Route("/{lang}/newsletter/thanks", pages.newsletter_thanks),
    ]


CONFIG: Final = os.environ.get("NEWSPAPER_CONFIG") or str(FOLDER / "personalize.toml")
app = build(Personalizer.from_toml(CONFIG, login=who))
