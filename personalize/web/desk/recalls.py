"""`/recall`: for data officers, every decision that used one thing, with counts, people and a file for auditors."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from personalize.errors import NotFound
from personalize.explain.dates import midnight
from personalize.explain.language import marked
from personalize.model.staff import Role
from personalize.ports import NO_END
from personalize.rights.recall import Recall, Tally, Thing, Used
from personalize.rights.recall_table import plain_of, rows_of
from personalize.safe_csv import csv_lines
from personalize.web.desk.case import LONGEST_NUMBER, Case, case_in, keep_case
from personalize.web.desk.counts import AT_LEAST, MUCH_PATIENCE, PATIENCE
from personalize.web.desk.desk import PRIVATE, Desk, as_json, go, note_look, told_case, wants_json
from personalize.web.desk.recallable import imports_offered, is_there, names_offered, recalled_title
from personalize.web.desk.used import row_of, titles_shown
from personalize.web.shell.access import form_of, language_of, require, staff_of
from personalize.web.shell.reasons import REASONS
from personalize.web.shell.things import THINGS, thing_told

log = logging.getLogger("personalize")
OFFICER = Role.data_officer
LISTED = 50
"""Decisions that the page lists; the file has all."""
LONGEST_NAME = 100
INCOMPLETE = marked("Say what to look for, and choose a reason.")
NEVER = marked("That was never there, or nothing kept knows it.")
NOT_READ: Mapping[Thing, str] = {
    Thing.batch: marked("That import brought no values that a decision could read."),
    Thing.notice: marked("Nobody who is known agreed to that text, so nothing was read under it."),
}
"""What is there, and had no part in anything."""
NO_DAY = marked("That is no day or time.")


class Asked(Struct, frozen=True, kw_only=True):
    """What was asked for: both days count; an empty one is open."""

    thing: Thing
    name: str
    first: str = ""
    last: str = ""

    def query(self) -> dict[str, str]:
        """Return it as an address tells it."""
        return {"thing": self.thing, "name": self.name, "from": self.first, "to": self.last}


class Recalls:
    """The pages of a recall."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Return the routes of the pages."""
        return [
            Route("/recall", self.show, methods=["GET"], name="recall"),
            Route("/recall", self.ask, methods=["POST"], name="ask-recall"),
            Route("/recall.csv", self.file, methods=["GET"], name="recall-file"),
        ]

    def ask(self, request: Request) -> Response:
        """Keep the reason, and go to what was asked for."""
        require(request, OFFICER)
        form, case = form_of(request), case_in(form_of(request))
        asked = _asked(form)
        if asked is None or not case.is_told:
            return self._form(request, asked, case, INCOMPLETE)
        response = go(request, "recall", **asked.query())
        keep_case(request, response, case)
        return response

    def show(self, request: Request) -> Response:
        """Show the form, or count and list what was asked for, once that is in the trail."""
        require(request, OFFICER)
        asked, case = _asked(request.query_params), told_case(request)
        if asked is None or case is None:
            return self._form(request, asked, case or Case(""), INCOMPLETE if asked else "")
        patience = MUCH_PATIENCE if request.query_params.get("all") else PATIENCE
        note_look(request, case, "recall", query=f"{asked.thing}:{asked.name}")
        try:
            recall = self._recall(asked, _patience(patience))
        except ValueError as error:
            return self._form(request, asked, case, str(error))
        return self._told(request, asked, recall)

    def file(self, request: Request) -> Response:
        """Send all of it as a table, as it is found, once that is in the trail."""
        require(request, OFFICER)
        asked, case = _asked(request.query_params), told_case(request)
        if asked is None or case is None:
            return self._form(request, asked, case or Case(""), INCOMPLETE)
        note_look(request, case, "export", query=f"{asked.thing}:{asked.name}")
        try:
            recall = self._recall(asked, lambda looked: False)
        except ValueError as error:
            return self._form(request, asked, case, str(error))
        headers = {**PRIVATE, "Content-Disposition": f'attachment; filename="recall-{asked.thing}.csv"'}
        lines = csv_lines(rows_of(_counted(recall, asked.thing, staff_of(request).name), self._desk.zone))
        return StreamingResponse(lines, headers=headers, media_type="text/csv; charset=utf-8")

    def _recall(self, asked: Asked, stop: Callable[[int], bool]) -> Recall:
        """Return what was asked for. Raises ValueError with a marked sentence where that cannot be."""
        house, period = self._desk.house(), _period(asked, self._desk.zone)
        stores, now = (house.store, house.cookbook, house.recipe), house.clock.now()
        try:
            return Recall(*stores, asked.thing, asked.name, *period, stop, house.banners, now=now)
        except NotFound as error:
            found = is_there(house, asked.thing, asked.name)
            raise ValueError(NOT_READ[asked.thing] if found else NEVER) from error

    def _told(self, request: Request, asked: Asked, recall: Recall) -> Response:
        tally, first = Tally(), list[Used]()
        for used in tally.over(recall):
            if len(first) < LISTED:
                first.append(used)
        _say(staff_of(request).name, "listed", tally.decisions, asked.thing)
        shown = tally.shown.most_common()
        zone = self._desk.zone
        if wants_json(request):
            found = {"decisions": tally.decisions, "people": len(tally.people), "looked_at": recall.looked}
            listed = [plain_of(used, zone) for used in first]
            found |= {"erased": recall.erased, "unserved": tally.unserved}
            plain = [{"slot": slot, "variant": variant, "decisions": n} for (slot, variant), n in shown]
            return as_json({**found, "all": not recall.stopped, "shown": plain, "first": listed})
        house, lang = self._desk.house(), language_of(request)
        return self._desk.show(
            request,
            "recalled.html",
            asked=asked,
            thing=thing_told(asked.thing, lang),
            title=recalled_title(house, asked.thing, asked.name, lang, zone),
            decisions=tally.decisions,
            people=len(tally.people),
            recall=recall,
            shown=[(*titles_shown(house, slot, variant, lang), n) for (slot, variant), n in shown],
            unserved=tally.unserved,
            rows=[row_of(house, used, asked.thing, lang, zone) for used in first],
            address=urlencode({key: value for key, value in asked.query().items() if value}),
        )

    def _form(self, request: Request, asked: Asked | None, case: Case, problem: str) -> Response:
        house, lang = self._desk.house(), language_of(request)
        if wants_json(request):
            return as_json({"problem": lang.say(problem or INCOMPLETE)}, 400)
        return self._desk.show(
            request,
            "recall.html",
            400 if problem else 200,
            asked=asked or Asked(thing=Thing.batch, name=""),
            told=case,
            wanting=case.wanting if problem else "",
            things=THINGS,
            reasons=REASONS,
            problem=lang.say(problem) if problem else "",
            batches=imports_offered(house, lang, self._desk.zone),
            names=tuple(names_offered(house, lang)),
            longest=LONGEST_NAME,
            longest_number=LONGEST_NUMBER,
        )


def _counted(recall: Recall, thing: Thing, staff: str) -> Iterator[Used]:
    """Yield what was found, and say at the end, or where the reader leaves, how much went into the file."""
    tally = Tally()
    try:
        yield from tally.over(recall)
    finally:
        _say(staff, "exported", tally.decisions, thing)


def _say(staff: str, done: str, count: int, thing: Thing) -> None:
    log.warning("%s %s %d decisions by recall of one %s.", staff, done, count, thing)


def _asked(fields: Mapping[str, str]) -> Asked | None:
    thing, name = fields.get("thing", ""), fields.get("name", "").strip()[:LONGEST_NAME]
    if thing not in set(Thing) or not name:
        return None
    return Asked(thing=Thing(thing), name=name, first=fields.get("from", "")[:10], last=fields.get("to", "")[:10])


def _period(asked: Asked, zone: ZoneInfo) -> tuple[int, int]:
    try:
        start = midnight(date.fromisoformat(asked.first), zone) if asked.first else 0
        end = midnight(date.fromisoformat(asked.last) + timedelta(days=1), zone) if asked.last else NO_END
    except (ValueError, OverflowError) as error:
        raise ValueError(NO_DAY) from error
    return start, end


def _patience(seconds: float) -> Callable[[int], bool]:
    """Say when it took too long; however slow the machine, some are looked at."""
    until = time.monotonic() + seconds
    return lambda looked: looked % AT_LEAST == 0 and time.monotonic() > until
