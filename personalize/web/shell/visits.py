"""The visit that the middleware left in the request."""

from starlette.requests import Request

from personalize.asgi.visit import Visit
from personalize.model.people import STRANGER, Assurance, Visitor


def visit_of(request: Request) -> Visit | None:
    """Return the visit, or None where the app runs outside the middleware."""
    found = request.scope.get("state", {}).get("personalize")
    return found if isinstance(found, Visit) else None


def in_doubt(request: Request) -> bool:
    """Say whether we cannot know who this is at the moment, so that "nobody" would be a wrong answer."""
    visit = visit_of(request)
    return visit is not None and visit.in_doubt


def visitor_of(request: Request) -> Visitor:
    """Return who this is; nobody where the app runs outside the middleware."""
    visit = visit_of(request)
    return STRANGER if visit is None else visit.visitor


def by_link(visitor: Visitor) -> bool:
    """Say whether somebody is known by a newsletter's link alone."""
    return visitor.assurance is Assurance.click and not visitor.is_device
