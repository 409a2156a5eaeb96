"""A front page of 5 KB as sites have them: thirteen teasers from a Jinja template, with three slots or without any."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.templating import Jinja2Templates

TEMPLATES = Path(__file__).parent / "templates"
TOPICS = ("harbour", "city", "sport", "climate", "culture", "opinion")
TEASERS = 13
Handler = Callable[[Request], Awaitable[Response]]


class Article(NamedTuple):
    """What a teaser shows."""

    number: int
    topic: str
    title: str
    summary: str
    minutes: int


ARTICLES = tuple(
    Article(
        number,
        TOPICS[number % len(TOPICS)],
        f'Number {number} of the "front" page & what it says',
        f"Two sentences that tell what article {number} is about. They are as long as those of a newspaper are.",
        2 + number % 9,
    )
    for number in range(TEASERS)
)


def front_page(templates: Jinja2Templates, template: str) -> Handler:
    """Return the handler of one of the two pages; its number, `?17`, is the fact that a rule asks about."""

    async def show(request: Request) -> Response:
        page = int(request.scope["query_string"])
        about = {"page": page, "topics": TOPICS, "here": TOPICS[page % len(TOPICS)], "articles": ARTICLES}
        return templates.TemplateResponse(request, template, about)

    return show


def templates_of_site() -> Jinja2Templates:
    return Jinja2Templates(TEMPLATES)
