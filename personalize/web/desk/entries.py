"""`/entry/{id}`: one decision, and unmasking values of it."""

from msgspec import json
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from personalize.cookbook.codes import show_code
from personalize.explain.explanation import as_json as plain
from personalize.explain.language import marked
from personalize.model.cookbook import CookbookEntry
from personalize.web.desk.answers import Answer
from personalize.web.desk.desk import Desk, aloud_in, as_json, note_look, told_case, wants_json
from personalize.web.desk.told import tell
from personalize.web.desk.unmasking import NOTHING, Unmasked, require_reason, unmask
from personalize.web.shell.access import LOOKERS, require, visit_of

UNKNOWN = marked("There is no such entry.")


class Entries:
    """The page of one decision."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Return the routes of the page."""
        return [
            Route("/entry/{id}", self.show, methods=["GET"], name="entry"),
            Route("/entry/{id}", self.unmask, methods=["POST"], name="unmask"),
        ]

    def show(self, request: Request) -> Response:
        """Tell one decision, once the look is in the trail."""
        require(request, *LOOKERS)
        case = told_case(request)
        if case is None:
            return self._desk.ask_for_case(request)
        entry = self._entry(request)
        note_look(request, case, "entry", entry.subject if entry else 0, f"entry:{request.path_params['id'][:40]}")
        return self._told(request, entry) if entry else self._nothing(request)

    def unmask(self, request: Request) -> Response:
        """Show one hidden value, once the reason for just this is in the trail."""
        require(request, *LOOKERS)
        require_reason(request)
        entry = self._entry(request)
        unmasked = unmask(request, (entry,) if entry else (), f"entry:{request.path_params['id']}")
        return self._told(request, entry, unmasked) if entry and unmasked.names else self._nothing(request)

    def _told(self, request: Request, entry: CookbookEntry, unmasked: Unmasked = NOTHING) -> Response:
        house, visit, aloud = self._desk.house(), visit_of(request), aloud_in(request)
        told = tell(house, house.explaining(), visit, entry, aloud=aloud, unmasked=unmasked.names)
        if wants_json(request):
            return as_json({"id": told.id, **json.decode(plain(told.explanation))})
        return self._desk.show(
            request,
            "entry.html",
            one=told,
            subject=entry.subject,
            code=show_code(entry.code),
            same_as=entry.same_as.hex(),
            unmasked=unmasked,
        )

    def _nothing(self, request: Request) -> Response:
        if wants_json(request):
            return as_json({"problem": visit_of(request).lang.say(UNKNOWN)}, 404)
        answer = Answer(kind="unknown", code=request.path_params["id"][:40])
        return self._desk.show(request, "answer.html", 404, answer=answer, tried=(), since="", kinds={}, text="")

    def _entry(self, request: Request) -> CookbookEntry | None:
        try:
            wanted = bytes.fromhex(request.path_params["id"])
        except ValueError:
            return None
        return self._desk.house().cookbook.by_id(wanted)
