"""Showing hidden values on the page where they stand, each against a reason of its own."""

from collections.abc import Iterable

from msgspec import Struct
from starlette.requests import Request

from personalize.model.cookbook import CookbookEntry
from personalize.model.moments import HOUR
from personalize.web.desk.case import HOURS, LONGEST, Case
from personalize.web.desk.desk import told_case
from personalize.web.shell.access import NO_REASON, Refused, form_of, look, one_line, staff_of, visit_of

QUERY = "value:"
MOST_QUERY = 46


class Unmasked(Struct, frozen=True, kw_only=True):
    """The attributes whose values a page shows by now; the last was asked for at `entry` (hex)."""

    names: frozenset[str] = frozenset()
    last: str = ""
    entry: str = ""


NOTHING = Unmasked()


def unmask(request: Request, entries: Iterable[CookbookEntry], place: str) -> Unmasked:
    """Write down that a value of these entries is shown, and return what they show now: nothing where it is not there.

    `place` is what the trail says was looked at then. Raises Refused without a reason.
    """
    form, case, entries = form_of(request), told_case(request) or Case(""), tuple(entries)
    name = form.get("attribute", "")
    known = any(item.attribute == name for entry in entries for item in entry.ingredients)
    look(
        request,
        what="unmask",
        reason=form.get("why", "")[:LONGEST],
        case=case.number,
        subject=entries[0].subject if entries else 0,
        query=f"{QUERY}{name}" if known else one_line(place, MOST_QUERY),
    )
    if not known:
        return NOTHING
    before = set(form.get("shown", "").split()) & _in_trail(request, entries[0].subject)
    return Unmasked(names=frozenset({name, *before}), last=name, entry=form.get("entry", ""))


def require_reason(request: Request) -> None:
    """Refuse an unmasking without a reason before anything is looked for: the answer must not tell what is there."""
    if not form_of(request).get("why", "").strip():
        raise Refused(400, NO_REASON)


def _in_trail(request: Request, subject: int) -> set[str]:
    """Return what this member of staff unmasked of a person lately."""
    house = visit_of(request).house()
    now = house.clock.now()
    looks = house.staff.looks(since=now - HOURS * HOUR, until=now + 1, staff=staff_of(request).name, subject=subject)
    return {each.query.removeprefix(QUERY) for each in looks if each.what == "unmask"}
