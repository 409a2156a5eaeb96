"""The smallest personalised site: one page, one slot, a log-in that is a link."""

from pathlib import Path

from jinja2 import Environment
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route
from starlette.types import Scope

from personalize import PersonalizeMiddleware, Personalizer

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Hello</title><body>
{% slot "hello" %}<p>Hello, whoever you are.</p>{% endslot %}
<p><a href="/?as=1">Log in as customer 1</a></p><p>{% visit_code %}</p></body></html>"""


def who(scope: Scope) -> str | None:
    """Take whoever the address names for logged in; a real site asks its session."""
    return "customer_number:1" if scope["query_string"] == b"as=1" else None


personalizer = Personalizer.from_toml(Path(__file__).parent / "personalize.toml", login=who)
env = Environment(autoescape=True)
personalizer.install(env)
page = env.from_string(PAGE)


def home(request: Request) -> HTMLResponse:
    """Show the page."""
    return HTMLResponse(page.render())


app = Starlette(routes=[Route("/", home)], middleware=[Middleware(PersonalizeMiddleware, personalizer=personalizer)])
