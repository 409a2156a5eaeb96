"""The page `/trail` for those who supervise: the newest looks, by staff, person and period, also as JSON."""

import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from personalize.explain.dates import local, midnight
from personalize.explain.language import Language, marked
from personalize.house import House
from personalize.model.spoken import write_day
from personalize.model.staff import REFUSED, Look, Role
from personalize.profile.identifiers import subject_number
from personalize.settings import Settings
from personalize.web.shell.access import Refused, language_of, look, require
from personalize.web.shell.frame import page
from personalize.web.shell.reasons import reason_told
from personalize.web.trail.queries import query_told

READERS = (Role.supervisor, Role.data_officer, Role.admin)
MOST = 200
DAYS = 7
"""How many days are shown where no period is asked for."""
LATEST = date(9990, 1, 1)
ROLES: Mapping[str, str] = {
    Role.service: marked("service"),
    Role.supervisor: marked("supervisor"),
    Role.data_officer: marked("data officer"),
    Role.editor: marked("editor"),
    Role.admin: marked("administrator"),
    "shell": marked("command line"),
}
KINDS: Mapping[str, str] = {
    "code": marked("visit code"),
    "identifier": marked("search for a person"),
    "receipt": marked("receipt"),
    "entry": marked("one decision"),
    "timeline": marked("time-line"),
    "unmask": marked("hidden value shown"),
    "recall": marked("recall"),
    "export": marked("export"),
    "erase": marked("erasure"),
    "stop": marked("objection or withdrawal"),
    "restrict": marked("restriction of use"),
    "correct": marked("correction"),
    "trail": marked("this trail"),
    "cli:explain": marked("visit code, on the command line"),
    "cli:find": marked("search for a person, on the command line"),
    REFUSED: marked("refused: beyond the limit"),
}
_DAY = r"\d{4}-\d\d-\d\d"
PART = re.compile(rf"(?:staff=(?P<staff>.*?) )?(?:person=(?P<person>\d+) )?(?P<first>{_DAY})/(?P<last>{_DAY})")
"""The reason of a look at the trail: which part of it was asked for."""
BAD_DATE = marked("Write dates as year, month and day: 2026-01-31.")
BAD_SUBJECT = marked("A person is a whole number here, as the list shows it.")


class Asked(Struct, frozen=True, kw_only=True):
    """What part of the trail is asked for; both days count. `before` (µs, exclusive) is 0 for all up to the newest."""

    staff: str
    subject: int
    first: date
    last: date
    before: int


class TrailPages:
    """The trail, over the open house."""

    def __init__(self, house: Callable[[], House]) -> None:
        self._house = house

    def routes(self) -> list[Route]:
        """Return the routes of the trail."""
        return [Route("/trail", self.show, methods=["GET"], name="trail")]

    def show(self, request: Request) -> Response:
        """Show the newest looks of a period; looking at them is a look too."""
        require(request, *READERS)
        house, lang = self._house(), language_of(request)
        zone = house.settings.site.zone
        asked = _asked(request, local(house.clock.now(), zone).date())
        look(request, what="trail", reason=_words(asked))
        end = midnight(asked.last + timedelta(days=1), zone)
        rows = house.staff.looks(
            since=midnight(asked.first, zone),
            until=min(end, asked.before or end),
            staff=asked.staff,
            subject=asked.subject,
            limit=MOST + 1,
        )
        rows, older = rows[:MOST], rows[MOST].at + 1 if len(rows) > MOST else 0  # one of the same µs is told twice
        if request.query_params.get("format") == "json":
            found = {"looks": [_plain(row, zone) for row in rows], "more": older > 0}
            return JSONResponse({**found, "before": older} if older else found)
        told = [_told(row, lang, house.settings, zone) for row in rows]
        return page(request, "trail.html", rows=told, older=older, most=MOST, asked=asked)


def _asked(request: Request, today: date) -> Asked:
    query = request.query_params
    subject = query.get("subject", "").strip()
    number = subject_number(subject or "0")
    if number is None:
        raise Refused(400, BAD_SUBJECT)
    last = _day(query.get("to", ""), today)
    return Asked(
        staff=query.get("staff", "").strip()[:80],
        subject=number,
        first=_day(query.get("from", ""), last - timedelta(days=DAYS - 1)),
        last=last,
        before=_moment(query.get("before", "")),
    )


def _moment(text: str) -> int:
    """Return a moment (µs) as the page itself writes it, 0 for none."""
    moment = subject_number(text or "0")
    if moment is None:
        raise Refused(400, BAD_DATE)
    return moment


def _day(text: str, default: date) -> date:
    try:
        day = date.fromisoformat(text) if text else default
    except ValueError:
        raise Refused(400, BAD_DATE) from None
    if not date(1970, 1, 3) <= day < LATEST:
        raise Refused(400, BAD_DATE)
    return day


def _words(asked: Asked) -> str:
    """Return which part of the trail somebody looked at, as the reason that stands there."""
    staff, person = f"staff={asked.staff}", f"person={asked.subject}"
    parts = [staff if asked.staff else "", person if asked.subject else "", f"{asked.first}/{asked.last}"]
    return " ".join(part for part in parts if part)


def _part_told(reason: str, lang: Language) -> str:
    found = PART.fullmatch(reason)
    if found is None:
        return reason
    first, last = (write_day(date.fromisoformat(found[name]), lang.name) for name in ("first", "last"))
    days = first if first == last else lang.say("{first} up to and including {last}", first=first, last=last)
    person = lang.say("person {number}", number=found["person"]) if found["person"] else ""
    return ", ".join(part for part in (found["staff"], person, days) if part)


def _plain(row: Look, zone: ZoneInfo) -> dict[str, object]:
    return {
        "at": local(row.at, zone).isoformat(timespec="seconds"),
        "staff": row.staff,
        "role": row.role,
        "what": row.what,
        "subject": str(row.subject) if row.subject else None,  # as text: beyond what JavaScript counts exactly
        "reason": row.reason,
        "case": row.case,
        "query": row.query,
    }


def _told(row: Look, lang: Language, settings: Settings, zone: ZoneInfo) -> dict[str, object]:
    plain = _plain(row, zone)
    moment, of_trail = local(row.at, zone), row.what == "trail"
    return {
        **plain,
        "role": lang.say(ROLES[row.role]) if row.role in ROLES else row.role,
        "what": lang.say(KINDS[row.what]) if row.what in KINDS else row.what,
        "reason": "" if of_trail else reason_told(row.reason, lang),
        "query": _part_told(row.reason, lang) if of_trail else query_told(row.query, lang, settings),
        "machine": plain["at"],
        "at": f"{moment:%Y-%m-%d %H:%M}",
        "refused": row.what == REFUSED,
    }
