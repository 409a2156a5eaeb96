"""The context of a visitor, for a cache in front of the site: it is asked before each page that may be shared."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from personalize.contexts import OWN, Contexts
from personalize.model.content import SEGMENTS
from personalize.model.people import Assurance
from personalize.web.shell.visits import visit_of

HEADERS = {"Cache-Control": "private, no-store"}


def context_route(contexts: Callable[[], Contexts]) -> Route:
    """Return the route `/api/context`: status 204, and the context's name in `Personalize-Context`.

    There is none for strangers. `own` stands for somebody logged in, for a device that has choices of its own,
    and for everybody we know where the site has no contexts: their pages are their own. What puts a known
    person in a context is a decision of the slot `segments`, recorded like any other (law 3).
    """

    async def context(request: Request) -> Response:
        return Response(status_code=204, headers={**HEADERS, "Personalize-Context": _name(request, contexts)})

    return Route("/api/context", context, methods=["GET"], name="context")


def _name(request: Request, contexts: Callable[[], Contexts]) -> str:
    visit = visit_of(request)
    if visit is None:
        return ""
    visitor = visit.visitor
    if visitor.identifier is None and visitor.subject is None:
        return ""
    if visitor.subject is None or visitor.assurance > Assurance.click or visitor.device or not contexts().segments:
        return OWN
    return contexts().name_of(visit.decide(SEGMENTS))
