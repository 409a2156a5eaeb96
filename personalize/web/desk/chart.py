"""A small chart of what one person was shown, drawn here: a row for each slot, a mark for each decision.

The page draws it with an SVG element of its own and sets the same in a table beside it.
"""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from msgspec import Struct

from personalize.cookbook.lookup import in_order
from personalize.cookbook.served import is_unserved
from personalize.explain.dates import local
from personalize.explain.language import Language
from personalize.model.cookbook import CookbookEntry
from personalize.model.decisions import Reason
from personalize.model.spoken import spoken, write_day

WIDTH, LEFT, RIGHT = 480, 8, 8
TOP, ROW, FOOT = 4, 46, 26
KEPT = frozenset({Reason.SUPPRESSED, Reason.CAPPED, Reason.HOLDOUT, Reason.NO_CONSENT, Reason.NOT_RECOGNISED})
"""Something was kept away by a rule or for want of a consent."""


class Mark(Struct, frozen=True, kw_only=True):
    """One decision in the chart."""

    x: float
    y: float
    kind: str


class Row(Struct, frozen=True, kw_only=True):
    """One slot in the chart: where its name and its line stand."""

    title: str
    text: float
    line: float


class Tick(Struct, frozen=True, kw_only=True):
    """One day below the chart."""

    x: float
    label: str
    anchor: str


class Chart(Struct, frozen=True, kw_only=True):
    """The whole chart, in units of its own."""

    width: int
    height: int
    left: int
    right: int
    foot: float
    rows: tuple[Row, ...]
    marks: tuple[Mark, ...]
    ticks: tuple[Tick, ...]


def kind_of(entry: CookbookEntry, now: int) -> str:
    """Return what kind of mark an entry is: `shown`, `kept` away, or `default` where nothing fitted.

    Whatever was decided, what was not put on the page is `unserved`.
    """
    if is_unserved(entry.at, now, served=entry.served):
        return "unserved"
    if entry.variant is not None:
        return "shown"
    kept = entry.reason in KEPT or any(outcome.reason in KEPT for outcome in entry.outcomes)
    return "kept" if kept else "default"


def chart_of(
    entries: Sequence[CookbookEntry], titles: dict[str, str], now: int, lang: Language, zone: ZoneInfo
) -> Chart | None:
    """Return the chart of some entries; None where there are too few to see anything in it."""
    slots = [slot for slot in dict.fromkeys(entry.slot for entry in in_order(entries)) if slot in titles]
    if len(entries) < 2 or not slots:
        return None
    start, end = min(entry.at for entry in entries), max(entry.at for entry in entries)
    lines = {slot: TOP + ROW * place + 32.0 for place, slot in enumerate(slots)}
    height = TOP + ROW * len(slots) + FOOT
    return Chart(
        width=WIDTH,
        height=height,
        left=LEFT,
        right=WIDTH - RIGHT,
        foot=height - 7.0,
        rows=tuple(Row(title=titles[slot], text=line - 14, line=line) for slot, line in lines.items()),
        marks=tuple(
            Mark(x=_across(entry.at, start, end), y=lines[entry.slot], kind=kind_of(entry, now))
            for entry in entries
            if entry.slot in lines
        ),
        ticks=_ticks(start, end, lang, zone),
    )


def _across(at: int, start: int, end: int) -> float:
    span = WIDTH - LEFT - RIGHT - 16
    return round(LEFT + 8 + span * ((at - start) / (end - start) if end > start else 0.5), 1)


def _ticks(start: int, end: int, lang: Language, zone: ZoneInfo) -> tuple[Tick, ...]:
    """Return the first and the last moment: as days, or as times of one day."""
    first, last = local(start, zone), local(end, zone)
    if first.date() == last.date():
        clock = spoken(lang.name).clock
        names = [clock.format(hour=moment.hour, minute=moment.minute) for moment in (first, last)]
    else:
        names = [write_day(moment.date(), lang.name, year=first.year != last.year) for moment in (first, last)]
    ticks = (Tick(x=LEFT, label=names[0], anchor="start"), Tick(x=WIDTH - RIGHT, label=names[1], anchor="end"))
    return ticks if names[0] != names[1] else ticks[:1]
