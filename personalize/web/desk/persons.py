"""`/person/{subject}`: what one person was shown over time, and stopping the use of their data."""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from personalize.consent.receipts import show_receipt
from personalize.cookbook.codes import show_code
from personalize.cookbook.lookup import in_order
from personalize.errors import ConsentRefused, NotFound
from personalize.explain.dates import local, moment_words
from personalize.explain.explainer import Explainer
from personalize.explain.explanation import unserved, unserved_words
from personalize.explain.language import Language, language, marked
from personalize.explain.next_time import NextTime
from personalize.house import House
from personalize.model.consent import ConsentEvent
from personalize.model.content import SEGMENTS
from personalize.model.cookbook import CookbookEntry
from personalize.profile.identifiers import subject_number
from personalize.web.desk.answers import views_of
from personalize.web.desk.case import LONGEST_NUMBER
from personalize.web.desk.chart import chart_of, kind_of
from personalize.web.desk.codes import PROBLEMS
from personalize.web.desk.counts import titles_of
from personalize.web.desk.days import day_of
from personalize.web.desk.desk import Desk, aloud_in, as_json, go, note_look, told_case, wants_json
from personalize.web.desk.previews import next_times
from personalize.web.desk.stops import all_stops, receipt_words
from personalize.web.desk.told import language_heard, masked_for, slot_title
from personalize.web.shell.access import LOOKERS, Refused, form_of, language_of, one_line, require, staff_of, visit_of
from personalize.web.shell.forms import INCOMPLETE

MOST, MOST_OF_DAY = 40, 200
"""Decisions that are listed, newest first: of all time, and of one day."""
NO_ONE = marked("Nobody is known under this number.")


class Line(Struct, frozen=True, kw_only=True):
    """One decision in the time-line: the same mark as in the chart, what was shown, and why.

    `title` is empty for the ordinary content. `unserved` says so where it was not put on the page.
    """

    id: str
    slot: str
    kind: str
    title: str
    shown: str
    why: str
    unserved: str


class PageView(Struct, frozen=True, kw_only=True):
    """What one page showed."""

    code: str
    when: str
    lines: tuple[Line, ...]


class Persons:
    """The pages about one person."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Return the routes of the pages."""
        return [
            Route("/person/{subject}", self.show, methods=["GET"], name="person"),
            Route("/person/{subject}/stop", self.stop, methods=["POST"], name="stop"),
            Route("/person/{subject}/stopped/{event}", self.stopped, methods=["GET"], name="stopped"),
        ]

    def show(self, request: Request) -> Response:
        """Show what a person was shown lately, newest first."""
        require(request, *LOOKERS)
        subject, case = subject_in(request), told_case(request)
        if case is None:
            return self._desk.ask_for_case(request)
        note_look(request, case, "timeline", subject)
        house, lang = self._desk.house(), language_of(request)
        day = day_of(request.query_params.get("day", ""), lang, self._desk.zone, house.clock.now())
        most = MOST_OF_DAY if day.text else MOST
        found = house.cookbook.by_subject(subject, most + 1, day.start, day.end)
        if not found and not _is_known(house, subject):
            raise Refused(404, NO_ONE)
        listed = _whole_pages(found, most)
        more = len(found) > len(listed)
        entries = [entry for entry in listed if entry.slot != SEGMENTS]
        hidden = masked_for(house, visit_of(request), entries)
        explainer = house.explaining()
        views = [_page(house, explainer, view.entries, lang, hidden) for view in views_of(entries)]
        if wants_json(request):
            return as_json({"subject": subject, "pages": views, "more": more})
        titles = {entry.slot: slot_title(house, entry, lang) for entry in entries}
        return self._desk.show(
            request,
            "person.html",
            subject=subject,
            views=views,
            day=day,
            more=more,
            erased=bool(entries) and all(entry.erased for entry in entries),
            chart=chart_of(entries, titles, house.clock.now(), lang, self._desk.zone),
            unserved=unserved_words(lang),
            stops=all_stops(house, subject, lang),
            code="",
        )

    def stop(self, request: Request) -> Response:
        """Record that the person no longer wants their data used for a purpose."""
        require(request, *LOOKERS)
        subject, form, case = subject_in(request), form_of(request), told_case(request)
        if case is None:
            return self._desk.ask_for_case(request)
        house, purpose, staff = self._desk.house(), form.get("purpose", ""), staff_of(request)
        number = one_line(form.get("case", ""), LONGEST_NUMBER) or case.number
        if not number:
            raise Refused(400, INCOMPLETE)
        note_look(request, replace(case, number=number), "stop", subject, f"purpose:{purpose[:60]}")
        evidence = {"case": number, "reason": case.words(language_of(request)), "staff": staff.name}
        try:
            event = house.ledger.stop(subject, purpose, actor=f"staff:{staff.name}", evidence=evidence)
        except ConsentRefused:
            return go(request, f"person/{subject}")
        receipt = f"person/{subject}/stopped/{event.event_id.hex()}"
        return go(request, receipt, code=form.get("code", "")[:10], aloud=form.get("aloud", "")[:10])

    def stopped(self, request: Request) -> Response:
        """Show the receipt, and by the next decision that it worked."""
        require(request, *LOOKERS)
        subject, case = subject_in(request), told_case(request)
        if case is None:
            return self._desk.ask_for_case(request)
        house, lang = self._desk.house(), language_of(request)
        event = _event(house, subject, request.path_params["event"])
        note_look(request, case, "receipt", subject, f"receipt:{request.path_params['event'][:40]}")
        if event is None:
            return go(request, f"person/{subject}")
        code = request.query_params.get("code", "")
        entries = _page_view(house, subject, code)
        heard = language(aloud_in(request) or language_heard(entries, lang))
        return self._desk.show(
            request,
            "stopped.html",
            subject=subject,
            code=code,
            aloud=heard.name,
            number=show_receipt(event.event_id),
            receipt=receipt_words(house, event, heard),
            pairs=_before_and_after(house, entries, event.purpose, lang, heard),
        )


def _whole_pages(found: list[CookbookEntry], most: int) -> list[CookbookEntry]:
    """Return the newest entries, at most so many, without a page that they would tell in part."""
    if len(found) <= most:
        return found
    whole = [entry for entry in found[:most] if entry.at != found[most].at]
    return whole or found[:most]


def _is_known(house: House, subject: int) -> bool:
    """Say whether there is somebody under this number, or was before their erasure."""
    return house.store.profiles.load(subject) is not None or bool(house.cookbook.by_subject(subject, 1))


def subject_in(request: Request) -> int:
    """Return the number of the person an address is about. Raises Refused for what cannot be one."""
    text: str = request.path_params["subject"]
    number = subject_number(text)
    if number is None:
        raise Refused(404, NO_ONE)
    return number


def _event(house: House, subject: int, number: str) -> ConsentEvent | None:
    found = (event for event in house.ledger.events(subject) if event.event_id.hex() == number)
    return next((event for event in found if event.purpose in house.settings.purposes), None)


def _before_and_after(
    house: House, entries: Sequence[CookbookEntry], purpose: str, lang: Language, heard: Language
) -> list[tuple[str, str, NextTime]]:
    """Return for each slot of the page view its title, and what was shown there and will be, as it is heard."""
    before = {entry.entry_id.hex(): entry for entry in entries}
    return [
        (slot_title(house, before[id], lang), _shown(house, before[id], heard), after)
        for id, after in next_times(house, entries, purpose, heard)
    ]


def _shown(house: House, entry: CookbookEntry, lang: Language) -> str:
    told = house.explain(entry, lang.name)
    return " ".join(filter(None, (told.shown, told.unserved)))


def _page_view(house: House, subject: int, code: str) -> Sequence[CookbookEntry]:
    """Return the person's page view under a code, else their newest."""
    newest = sorted(house.cookbook.by_subject(subject, 20), key=lambda entry: (entry.at, entry.entry_id))
    bare = code.replace("-", "")
    asked = [entry for entry in newest if bare and entry.code == bare] or _under(house, subject, bare)
    views = views_of(asked or newest)
    return views[-1].entries if views else ()


def _under(house: House, subject: int, code: str) -> list[CookbookEntry]:
    try:
        return [entry for entry in house.cookbook.by_code(code) if entry.subject == subject] if code else []
    except NotFound as error:
        raise Refused(404, PROBLEMS["foreign"]) from error


def _page(
    house: House, explainer: Explainer, entries: Sequence[CookbookEntry], lang: Language, hidden: frozenset[str]
) -> PageView:
    moment = local(entries[0].at, house.settings.site.zone)
    this_year = local(house.clock.now(), house.settings.site.zone).year == moment.year
    return PageView(
        code=show_code(entries[0].code),
        when=moment_words(moment, lang, year=not this_year),
        lines=tuple(_line(house, explainer, entry, lang, hidden) for entry in in_order(entries)),
    )


def _line(house: House, explainer: Explainer, entry: CookbookEntry, lang: Language, hidden: frozenset[str]) -> Line:
    recipe = house.recipe(entry.recipe)
    shown, why = explainer.briefly(entry, lang.name, masked=hidden)
    now = house.clock.now()
    return Line(
        id=entry.entry_id.hex(),
        slot=slot_title(house, entry, lang),
        kind=kind_of(entry, now),
        title=titles_of(recipe, entry.slot, entry.variant, lang)[0] if recipe and entry.variant else "",
        shown=shown,
        why=why,
        unserved=unserved(entry, now, lang),
    )
