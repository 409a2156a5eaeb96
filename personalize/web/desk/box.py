"""The one box: a visit code or an identifier, with the reason for asking."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from personalize.cookbook.codes import read_code, show_code
from personalize.errors import IdentifierProblem
from personalize.explain.language import marked
from personalize.web.desk.answers import answer_to
from personalize.web.desk.case import LONGEST, LONGEST_NUMBER, REASONS, Case, case_in, keep_case
from personalize.web.desk.desk import Desk, go, note_look, told_case
from personalize.web.desk.queries import CODE, Query, kinds_of, read_query, shape_of
from personalize.web.desk.told import ANYBODY, LOOKERS
from personalize.web.shell.access import form_of, language_of, require

KINDS: Mapping[str, str] = {
    CODE: marked("Visit code"),
    "customer_number": marked("Customer number"),
    "email": marked("E-mail address"),
    "phone": marked("Phone number"),
    "address": marked("Postcode and house number"),
    "plate": marked("Licence plate"),
}
NO_WORDS = marked("Type a visit code, or an e-mail address, customer number or phone number.")
NO_REASON = marked("Choose a reason. “Another reason” needs a few words.")
UNREADABLE = marked("That cannot be read as: {kind}. Check it, or choose what it is.")
NOT_YOURS = marked("Your role shows what everybody saw, and why. Looking up one person is for customer service.")


class Box:
    """The first page of the desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Return the routes of the box."""
        return [
            Route("/", self.ask, methods=["GET"], name="desk"),
            Route("/", self.look_up, methods=["POST"], name="look-up"),
        ]

    def ask(self, request: Request) -> Response:
        """Show the box, for whoever may look people up; else what else there is."""
        staff = require(request, *ANYBODY)
        if not staff.roles & set(LOOKERS):
            return self._desk.show(request, "other_roles.html", sentence=language_of(request).say(NOT_YOURS))
        case = told_case(request) or Case("")
        return self._page(request, text=_code_in(request.query_params.get("q", "")), case=case)

    def look_up(self, request: Request) -> Response:
        """Look up what was typed. Whether somebody exists, only those entitled get to know."""
        require(request, *LOOKERS)
        form, lang = form_of(request), language_of(request)
        case, kinds = case_in(form), kinds_of(self._desk.house().settings)
        query = read_query(form.get("q", ""), form.get("kind", ""), kinds)
        if not query.text or not case.is_told:
            problem = lang.say(NO_REASON if query.text else NO_WORDS)
            return self._page(request, text=query.text, case=case, kind=form.get("kind", ""), problem=problem)
        response = self._code(request, query, case) if query.kind == CODE else self._person(request, query, case)
        keep_case(request, response, case)
        return response

    def _code(self, request: Request, query: Query, case: Case) -> Response:
        if shape_of(query.text) == "code":
            return go(request, f"code/{show_code(read_code(query.text))}")
        answer = answer_to(self._desk.house(), query.text)
        note_look(request, case, "code", query=f"code:{answer.kind}")
        return self._desk.show(
            request,
            "answer.html",
            404,
            answer=answer,
            since="",
            kinds=self._other_kinds(CODE),
            text=query.text,
            told=case,
        )

    def _person(self, request: Request, query: Query, case: Case) -> Response:
        house, lang = self._desk.house(), language_of(request)
        try:
            ((kind, digest),) = house.digests(query.identifier)
        except IdentifierProblem:
            problem = lang.say(UNREADABLE, kind=lang.say(KINDS[query.kind]))
            return self._page(request, text=query.text, case=case, kind=query.kind, problem=problem)
        subject = house.store.profiles.subject_of(digest)
        note_look(request, case, "identifier", subject or 0, f"{kind}:{digest.hex()}")
        if subject is not None:
            return go(request, f"person/{subject}")
        kinds = self._other_kinds(query.kind)
        return self._desk.show(
            request, "nobody.html", 404, kind=lang.say(KINDS[kind]), kinds=kinds, text=query.text, told=case
        )

    def _page(self, request: Request, *, text: str, case: Case, kind: str = "", problem: str = "") -> Response:
        kinds = {name: KINDS[name] for name in (CODE, *kinds_of(self._desk.house().settings))}
        return self._desk.show(
            request,
            "box.html",
            400 if problem else 200,
            text=text,
            told=case,
            kind=kind,
            kinds=kinds,
            reasons=REASONS,
            problem=problem,
            longest=LONGEST,
            longest_number=LONGEST_NUMBER,
        )

    def _other_kinds(self, tried: str) -> dict[str, str]:
        kinds = (CODE, *kinds_of(self._desk.house().settings))
        return {kind: KINDS[kind] for kind in kinds if kind != tried}


def _code_in(text: str) -> str:
    """Return a code from an address; nothing else is ever taken from there."""
    return text[:16] if shape_of(text) != "foreign" else ""
