"""What the desk's pages share: the open house, the case in hand, and answers as JSON."""

from collections.abc import Callable, Mapping
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from personalize.explain.language import LANGUAGES, marked
from personalize.house import House
from personalize.web.desk.case import Case, case_in, case_of
from personalize.web.shell.access import language_of, look, one_line, visit_of
from personalize.web.shell.frame import page, up
from personalize.web.shell.pages import NAMES

LONGEST_QUERY = 80
PRIVATE = {"Cache-Control": "private, no-store"}
NO_CASE = marked("Say why you look this up: `reason` and `case`.")


class Desk:
    """The desk over the open house, which is there while the store is. Raises StoreError while it is not."""

    def __init__(self, house: Callable[[], House]) -> None:
        self.house = house

    @property
    def zone(self) -> ZoneInfo:
        """Return the site's time zone."""
        return self.house().settings.site.zone

    def show(self, request: Request, template: str, status: int = 200, **parts: object) -> Response:
        """Return a page of the desk."""
        return page(
            request,
            f"desk/{template}",
            status=status,
            case=case_of(request),
            why=_why(request),
            count=language_of(request).count,
            languages=[(name, NAMES[name]) for name in LANGUAGES],
            **parts,
        )

    def ask_for_case(self, request: Request, code: str = "") -> Response:
        """Ask for the reason first, keeping the code."""
        if wants_json(request):
            return as_json({"problem": language_of(request).say(NO_CASE)}, 400)
        return go(request, "", q=code)


def go(request: Request, path: str, **query: str) -> Response:
    """Send the reader on to a page of the desk."""
    asked = urlencode({key: value for key, value in query.items() if value})
    target = f"{up(request.scope)}{path}{'?' if asked else ''}{asked}"
    return RedirectResponse(target or "./", 303, headers=PRIVATE)


def wants_json(request: Request) -> bool:
    """Say whether a program asks."""
    asked = request.query_params.get("format", "")
    return asked == "json" or (not asked and request.headers.get("accept", "").startswith("application/json"))


def as_json(body: Mapping[str, object], status: int = 200) -> Response:
    """Return an answer for programs."""
    return Response(msgspec.json.encode(body), status, headers=PRIVATE, media_type="application/json")


def aloud_in(request: Request) -> str:
    """Return the language somebody chose to read aloud in; nothing where they chose none."""
    asked = request.query_params.get("aloud", "")
    return asked if asked in LANGUAGES else ""


def told_case(request: Request) -> Case | None:
    """Return the case in hand: the browser's, or for programs the one in the address; None where none is told."""
    asked = case_in(request.query_params)
    return asked if wants_json(request) and asked.is_told else case_of(request)


def note_look(request: Request, case: Case, what: str, subject: int = 0, query: str = "") -> None:
    """Write the look into the trail under the case in hand, before anything is shown (law 12)."""
    reason, asked = case.words(visit_of(request).lang), one_line(query, LONGEST_QUERY)
    look(request, what=what, reason=reason, case=case.number, subject=subject, query=asked)


def _why(request: Request) -> str:
    case = case_of(request)
    return case.words(language_of(request)) if case else ""
