"""The site's own app: one page of three slots that says in attributes what was decided, and for whom."""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from typing import Any

from msgspec import Struct
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from personalize.asgi.middleware import PersonalizeMiddleware
from personalize.model.people import Assurance, Visitor
from personalize.personalizer import Personalizer

SLOTS = ("hero", "offer", "story")
FILLER = b"<p>" + b"news " * 1600 + b"</p>"
FILLERS = 4
PAUSE = 0.002
"""Seconds between the pieces of an answer, so that a kill finds many under way."""
_WHOM = re.compile(rb'<main data-customer="(\d*)" data-code="([0-9A-Z-]*)">')
_SLOT = re.compile(rb'<div data-slot="(\w+)" data-variant="([\w-]+)" data-reason="(\w+)">(.*?)</div>')
_END = b"</main>"


class Page(Struct, frozen=True):
    """What somebody saw of a page, also of a part of it: for each slot variant, reason and content."""

    customer: int
    code: str
    slots: dict[str, str]
    reasons: dict[str, str]
    texts: dict[str, str]
    complete: bool


def read_page(text: bytes) -> Page | None:
    """Return what can be read in these bytes of a page; None where they do not reach the visit code."""
    whom = _WHOM.search(text)
    if whom is None:
        return None
    slots = [[part.decode() for part in found] for found in _SLOT.findall(text)]
    return Page(
        customer=int(whom[1] or 0),
        code=whom[2].decode().replace("-", ""),
        slots={slot: variant for slot, variant, _, _ in slots},
        reasons={slot: reason for slot, _, reason, _ in slots},
        texts={slot: text for slot, _, _, text in slots},
        complete=_END in text,
    )


def default_of(slot: str) -> str:
    """Return what the site itself shows in a slot."""
    return f"the {slot} of everybody"


def who(scope: Any) -> str | None:
    """Log in as `x-customer` says."""
    number = dict(scope["headers"]).get(b"x-customer")
    return None if number is None else f"customer_number:{number.decode()}"


def customer(house: Any, number: int) -> Visitor:
    """Return a customer as logged in."""
    name = f"customer_number:{number}"
    return Visitor(subject=house.subject_of(name), assurance=Assurance.login, identifier=name)


def application(personalizer: Personalizer) -> Starlette:
    """Return the site around its personalizer."""

    async def withdraw(request: Request) -> Response:
        house = personalizer.house
        house.ledger.withdraw(customer(house, int(request.path_params["number"])), "reading")
        return PlainTextResponse("withdrawn")

    routes = [
        Route("/", home),
        Route("/threaded", threaded),
        Route("/worker", worker),
        Route("/withdraw/{number}", withdraw, methods=["POST"]),
    ]
    return Starlette(routes=routes, middleware=[Middleware(PersonalizeMiddleware, personalizer=personalizer)])


async def home(request: Request) -> Response:
    """Answer in pieces, with a long tail: an answer may be cut anywhere."""
    return StreamingResponse(_trickle(_parts(request)), media_type="text/html")


def threaded(request: Request) -> Response:
    """Answer from a thread, at once."""
    return Response(b"".join(_parts(request)) + _END, media_type="text/html")


async def worker(request: Request) -> Response:
    """Say which process this is."""
    return PlainTextResponse(str(os.getpid()))


def _parts(request: Request) -> list[bytes]:
    visit = request.state.personalize
    divs = [_div(visit, visit.decide(slot)) for slot in SLOTS]
    whom = request.headers.get("x-customer", "")
    return [f'<main data-customer="{whom}" data-code="{visit.code}">'.encode(), *divs]


def _div(visit: Any, decision: Any) -> bytes:
    content = visit.content(decision)
    variant = "default" if content is None else decision.variant
    inner = default_of(decision.slot) if content is None else content
    return (
        f'<div data-slot="{decision.slot}" data-variant="{variant}" data-reason="{decision.reason.name}">'
        f"{inner.replace('</div>', '').replace('<div', '<p')}</div>"
    ).encode()


async def _trickle(parts: list[bytes]) -> AsyncIterator[bytes]:
    for part in [*parts, *[FILLER] * FILLERS, _END]:
        yield part
        await asyncio.sleep(PAUSE)
