"""`/corrections`: for data officers, what people say is wrong, and settling it (GDPR 16)."""

from contextlib import suppress
from datetime import timedelta

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from personalize.errors import NotFound
from personalize.explain.dates import local, moment_words
from personalize.explain.language import Language, capital, marked
from personalize.explain.values import value_words
from personalize.model.attributes import Attribute, Stored
from personalize.model.spoken import write_day
from personalize.model.staff import Role
from personalize.rights.corrections import STAFF, Correction, Outcome
from personalize.rights.recall import LARGEST
from personalize.web.desk.box import NO_REASON
from personalize.web.desk.case import LONGEST, LONGEST_NUMBER, Case, case_in, keep_case
from personalize.web.desk.desk import Desk, as_json, go, note_look, told_case, wants_json
from personalize.web.privacy.words import identifier_told
from personalize.web.shell.access import Refused, form_of, language_of, require
from personalize.web.shell.reasons import REASONS

OFFICER = Role.data_officer
ALLOWED = timedelta(days=28)
"""How long a person may wait for an answer: the shortest month (GDPR 12(3))."""
USUAL = Case("rights")
NO_REQUEST = marked("There is no such request (any more).")


class Line(Struct, frozen=True, kw_only=True):
    """One open request as the list shows it: nothing in it says who asked, or for which value."""

    number: int
    attribute: str
    title: str
    asked: str
    until: str
    late: bool


class Asked(Struct, frozen=True, kw_only=True):
    """One request, opened. `held` and `claimed` are in words: empty where nothing is held, and for an erased person.

    `stopped` says that the person does not want it used whatever its value is: settling changes nothing of that.
    """

    line: Line
    subject: int
    held: str
    source: str
    observed: str
    claimed: str
    login: str
    by_staff: bool
    outcome: str
    stopped: bool


class Corrections:
    """The pages of the requests for a correction."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Return the routes of the pages."""
        return [
            Route("/corrections", self.show, methods=["GET"], name="corrections"),
            Route("/corrections", self.open, methods=["POST"], name="open-correction"),
            Route("/correction/{number}", self.one, methods=["GET"], name="correction"),
            Route("/correction/{number}", self.settle, methods=["POST"], name="settle-correction"),
        ]

    def show(self, request: Request) -> Response:
        """List the open requests, oldest first, and ask why one is opened."""
        require(request, OFFICER)
        return self._list(request, told_case(request) or USUAL)

    def open(self, request: Request) -> Response:
        """Keep the reason, and go to the request that was chosen."""
        require(request, OFFICER)
        form, case = form_of(request), case_in(form_of(request))
        if not case.is_told:
            return self._list(request, case, language_of(request).say(NO_REASON))
        response = go(request, f"correction/{_number(form.get('number', ''))}")
        keep_case(request, response, case)
        return response

    def one(self, request: Request) -> Response:
        """Show one request, once that is in the trail."""
        require(request, OFFICER)
        number, case = _number(request.path_params["number"]), told_case(request)
        if case is None:
            return self._ask(request)
        self._note(request, case, number)
        lang = language_of(request)
        asked = self._asked(self._desk.house().rights.corrections.read(number), lang)
        if wants_json(request):
            return as_json({"request": asked})
        return self._desk.show(request, "correction.html", asked=asked, outcomes=Outcome)

    def settle(self, request: Request) -> Response:
        """Settle a request, once that is in the trail; one that was settled meanwhile stays as it is."""
        require(request, OFFICER)
        number, case = _number(request.path_params["number"]), told_case(request)
        outcome = form_of(request).get("outcome", "")
        if case is None:
            return self._ask(request)
        if outcome in set(Outcome):
            self._note(request, case, number, outcome)
            with suppress(NotFound):
                self._desk.house().rights.corrections.settle(number, Outcome(outcome))
        return go(request, f"correction/{number}")

    def _ask(self, request: Request) -> Response:
        """Ask for the reason first, which the list does."""
        return self._desk.ask_for_case(request) if wants_json(request) else go(request, "corrections")

    def _note(self, request: Request, case: Case, number: int, outcome: str = "") -> None:
        try:
            subject = self._desk.house().rights.corrections.about(number)
        except NotFound as error:
            raise Refused(404, NO_REQUEST) from error
        note_look(request, case, "correct", subject, f"request:{number} {outcome}".rstrip())

    def _list(self, request: Request, case: Case, problem: str = "") -> Response:
        lang = language_of(request)
        lines = [self._line(each, lang) for each in self._desk.house().rights.corrections.waiting()]
        if wants_json(request):
            return as_json({"open": lines})
        return self._desk.show(
            request,
            "corrections.html",
            400 if problem else 200,
            lines=lines,
            told=case,
            reasons=REASONS,
            problem=problem,
            wanting=case.wanting if problem else "",
            longest=LONGEST,
            longest_number=LONGEST_NUMBER,
        )

    def _line(self, asked: Correction, lang: Language) -> Line:
        day = local(asked.asked_at, self._desk.zone).date()
        today = local(self._desk.house().clock.now(), self._desk.zone).date()
        return Line(
            number=asked.number,
            attribute=asked.attribute,
            title=self._title(asked.attribute, lang),
            asked=write_day(day, lang.name),
            until=write_day(day + ALLOWED, lang.name),
            late=today > day + ALLOWED,
        )

    def _asked(self, found: Correction, lang: Language) -> Asked:
        zone, attribute = self._desk.zone, self._attribute(found.attribute)
        corrections = self._desk.house().rights.corrections
        held = corrections.value(found.subject, found.attribute)
        unused = corrections.restricted(found.subject).get(found.attribute)
        return Asked(
            line=self._line(found, lang),
            subject=found.subject,
            held=value_words(held.plain, attribute, lang, zone) if held else "",
            source=self._source(held, attribute, lang),
            observed=moment_words(local(held.observed, zone), lang) if held else "",
            claimed=found.claimed,
            login=identifier_told(found.login, lang),
            by_staff=found.entered_by == STAFF,
            outcome=found.outcome,
            stopped=unused is not None and not unused.disputed,
        )

    def _attribute(self, name: str) -> Attribute | None:
        return next((each for each in self._desk.house().settings.attributes if each.name == name), None)

    def _title(self, name: str, lang: Language) -> str:
        attribute = self._attribute(name)
        return capital(lang.title(attribute.titles, name)) if attribute else name

    def _source(self, held: Stored | None, attribute: Attribute | None, lang: Language) -> str:
        """Return what a value's source is called; nothing of one that is not held or known any more."""
        sources = self._desk.house().settings.sources
        if held is None or attribute is None or attribute.source not in sources:
            return ""
        return lang.title(sources[attribute.source].titles, attribute.source)


def _number(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else LARGEST
    if number >= LARGEST:
        raise Refused(404, NO_REQUEST)
    return number
