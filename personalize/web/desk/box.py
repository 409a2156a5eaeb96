"""The one box: a visit code, a receipt or an identifier, with the reason for asking."""

from collections.abc import Mapping, Sequence

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from personalize.consent.receipts import receipt_number
from personalize.cookbook.codes import read_code, show_code
from personalize.errors import IdentifierProblem
from personalize.explain.language import Language, capital, marked, small
from personalize.model.staff import Role
from personalize.web.desk.answers import answer_to
from personalize.web.desk.case import LONGEST, LONGEST_NUMBER, Case, case_in, drop_case, keep_case
from personalize.web.desk.desk import Desk, go, note_look, told_case
from personalize.web.desk.queries import CODE, RECEIPT, Query, kinds_of, read_queries, shape_of
from personalize.web.desk.told import ANYBODY
from personalize.web.privacy.words import IDENTIFIERS
from personalize.web.shell.access import LOOKERS, form_of, language_of, require, staff_of
from personalize.web.shell.reasons import REASONS

KINDS: Mapping[str, str] = {CODE: marked("Visit code"), RECEIPT: marked("Receipt number"), **IDENTIFIERS}
RECORDS = (CODE, RECEIPT)
"""Kinds whose pages write down the look themselves."""
NO_WORDS = marked("First type what you look for: {kinds}.")
NO_REASON = marked("Choose a reason. “Another reason” needs a few words.")
UNREADABLE = marked("That cannot be read as: {kind}. Check it, or choose what it is.")
NOBODY = marked("{kind}: nobody.")
SEVERAL = marked(
    "{kind}: more than one person, and then we do not guess. Look at each, or ask what else they are known by."
)
NOT_YOURS = marked("Your role shows what everybody saw, and why. Looking up one person is for customer service.")


class Tried(Struct, frozen=True):
    """What a look-up by an identifier said, and the people who have it where they are several."""

    said: str
    people: list[int]


class Box:
    """The first page of the desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Return the routes of the box."""
        return [
            Route("/", self.ask, methods=["GET"], name="desk"),
            Route("/", self.look_up, methods=["POST"], name="look-up"),
            Route("/next", self.next_caller, methods=["POST"], name="next-caller"),
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
        house, case = self._desk.house(), case_in(form)
        queries = read_queries(form.get("q", ""), form.get("kind", ""), kinds_of(house.settings), house.digests)
        meant = queries[0]
        if not meant.text or not case.is_told:
            problem = lang.say(NO_REASON) if meant.text else lang.say(NO_WORDS, kinds=self._kinds_in_words(lang))
            return self._page(request, text=meant.text, case=case, kind=form.get("kind", ""), problem=problem)
        try:
            path = self._found(request, queries, case)
            response = go(request, path) if path else self._nothing(request, queries, case)
        except IdentifierProblem:
            problem = lang.say(UNREADABLE, kind=lang.say(KINDS[meant.kind]))
            response = self._page(request, text=meant.text, case=case, kind=meant.kind, problem=problem)
        keep_case(request, response, case)
        return response

    def next_caller(self, request: Request) -> Response:
        """Show the empty box, so that nobody is looked up under the case of who called before."""
        require(request, *ANYBODY)
        response = go(request, "")
        drop_case(request, response)
        return response

    def _found(self, request: Request, queries: Sequence[Query], case: Case) -> str:
        """Return the page that the first of these leads to, or nothing; each try is in the trail."""
        for query in queries:
            path = self._record(query) if query.kind in RECORDS else self._person(request, query, case)
            if path:
                return path
        return ""

    def _record(self, query: Query) -> str:
        """Return the page of a code or receipt that something is recorded under; it writes the look down itself."""
        house, page = self._desk.house(), _page_of(query)
        if query.kind == RECEIPT:
            return page if house.store.consents.event(_number(query)) else ""
        return page if page and house.cookbook.by_code(query.text) else ""

    def _person(self, request: Request, query: Query, case: Case) -> str:
        house = self._desk.house()
        ((kind, digest),) = house.digests(query.identifier)
        subject = house.store.profiles.subject_of(digest)
        note_look(request, case, "identifier", subject or 0, f"{kind}:{digest.hex()}")
        return "" if subject is None else f"person/{subject}"

    def _nothing(self, request: Request, queries: Sequence[Query], case: Case) -> Response:
        """Say so in the way of what was meant."""
        meant, lang = queries[0], language_of(request)
        tried = [query for query in queries if query.kind not in RECORDS]
        if meant.kind in RECORDS and _page_of(meant):
            return go(request, _page_of(meant))
        parts = {
            "tried": [self._tried(query, lang) for query in tried],
            "kinds": self._other_kinds(meant.kind, *(query.kind for query in tried)),
            "text": meant.text,
            "told": case,
        }
        if meant.kind != CODE:
            return self._desk.show(request, "nobody.html", 404, **parts)
        answer = answer_to(self._desk.house(), meant.text)
        note_look(request, case, "code", query=f"code:{answer.kind}")
        return self._desk.show(request, "answer.html", 404, answer=answer, since="", **parts)

    def _tried(self, query: Query, lang: Language) -> Tried:
        ((kind, digest),) = self._desk.house().digests(query.identifier)
        people = self._desk.house().store.profiles.claimants(digest)
        return Tried(lang.say(SEVERAL if people else NOBODY, kind=lang.say(KINDS[kind])), sorted(people))

    def _page(self, request: Request, *, text: str, case: Case, kind: str = "", problem: str = "") -> Response:
        kinds = {name: KINDS[name] for name in self._kinds()}
        return self._desk.show(
            request,
            "box.html",
            400 if problem else 200,
            waiting=self._waiting(request),
            text=text,
            told=case,
            kind=kind,
            kinds=kinds,
            wanting=case.wanting if problem and text else "",
            asked=capital(self._kinds_in_words(language_of(request))),
            reasons=REASONS,
            problem=problem,
            longest=LONGEST,
            longest_number=LONGEST_NUMBER,
        )

    def _waiting(self, request: Request) -> int:
        """Return how many requests for a correction wait for who looks; 0 where others settle them."""
        is_officer = Role.data_officer in staff_of(request).roles
        return len(self._desk.house().rights.corrections.waiting()) if is_officer else 0

    def _other_kinds(self, *tried: str) -> dict[str, str]:
        return {kind: KINDS[kind] for kind in self._kinds() if kind not in tried}

    def _kinds(self) -> tuple[str, ...]:
        """Return all that this site can be searched by."""
        return *RECORDS, *kinds_of(self._desk.house().settings)

    def _kinds_in_words(self, lang: Language) -> str:
        *first, last = [small(lang.say(KINDS[kind])) for kind in self._kinds()]
        return lang.say("{first} or {last}", first=", ".join(first), last=last)


def _page_of(query: Query) -> str:
    """Return the page of a receipt or a code; none for what is no code. Raises IdentifierProblem for no receipt."""
    if query.kind == RECEIPT:
        return f"receipt/{_number(query).hex()}"
    return f"code/{show_code(read_code(query.text))}" if shape_of(query.text) == "code" else ""


def _number(query: Query) -> bytes:
    number = receipt_number(query.text)
    if number is None:
        raise IdentifierProblem("This is no number of a receipt.")
    return number


def _code_in(text: str) -> str:
    """Return a code or the number of a receipt from an address; nothing else is ever taken from there."""
    if receipt_number(text):
        return text
    return text[:16] if shape_of(text) != "foreign" else ""
