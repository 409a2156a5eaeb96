"""A telecom operator's site: log in with a customer number, see an offer and, in time, a renewal.

Run it in this folder with `uvicorn app:app`, after `personalize keys new` and
`personalize import customers.csv --source crm`.
"""

import os
import secrets
from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import Scope

from personalize import PersonalizeMiddleware, Personalizer

FOLDER = Path(__file__).parent
CONFIG = os.environ.get("TELECOM_CONFIG") or str(FOLDER / "personalize.toml")


def who(scope: Scope) -> str | None:
    """Return the logged-in customer as an identifier, or None."""
    number = scope["session"].get("customer_number")
    return f"customer_number:{number}" if number else None


def build(personalizer: Personalizer) -> Starlette:
    """Build the site around its personalizer."""
    env = Environment(loader=FileSystemLoader(FOLDER / "templates"), autoescape=True)
    personalizer.install(env)

    def home(request: Request) -> Response:
        number = request.session.get("customer_number")
        return HTMLResponse(env.get_template("home.html").render(number=number, lang="en"))

    async def log_in(request: Request) -> Response:
        form = await request.form()
        request.session["customer_number"] = str(form.get("customer_number", "")).strip()
        return RedirectResponse("/", 303)

    def log_out(request: Request) -> Response:
        request.session.clear()
        return RedirectResponse("/", 303)

    return Starlette(
        routes=[
            Route("/", home),
            Route("/login", log_in, methods=["POST"]),
            Route("/logout", log_out, methods=["POST"]),
        ],
        middleware=[
            Middleware(SessionMiddleware, secret_key=os.environ.get("TELECOM_SECRET") or secrets.token_urlsafe(32)),
            Middleware(PersonalizeMiddleware, personalizer=personalizer),
        ],
    )


personalizer = Personalizer.from_toml(CONFIG, login=who)
app = build(personalizer)
