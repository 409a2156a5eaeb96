"""Which of the staff looked a person up, as the person is told it: one line for what was one look at several pages."""

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from msgspec import Struct

from personalize.explain.dates import local, moment_words
from personalize.explain.language import Language, capital
from personalize.explain.phrases import sentence
from personalize.model.moments import SECOND
from personalize.model.spoken import write_clock
from personalize.model.staff import REFUSED, Look
from personalize.web.privacy.words import ROLES
from personalize.web.shell.reasons import reason_told

PAUSE = 10 * 60 * SECOND
"""Between two pages (µs): after a longer one it is another look."""


class Seen(Struct, frozen=True, kw_only=True):
    """One look by staff: when, at how many pages, by whom, and why."""

    when: str
    who: str
    reason: str


class _Group(Struct, kw_only=True):
    last: Look
    first: Look
    n: int = 1


def looks_words(looks: Iterable[Look], lang: Language, zone: ZoneInfo) -> tuple[Seen, ...]:
    """Return looks, newest first, as lines: together are those of one person, reason and case on one day, in a row."""
    found: list[_Group] = []
    open_now: dict[object, _Group] = {}
    for look in looks:
        key = _alike(look, zone)
        group = open_now.get(key)
        if group is not None and group.first.at - look.at <= PAUSE:
            group.first = look
            group.n += 1
        else:
            open_now[key] = group = _Group(last=look, first=look)
            found.append(group)
    return tuple(_line(group, lang, zone) for group in found)


def _alike(look: Look, zone: ZoneInfo) -> object:
    """Return what looks share that are told together, the clock they are told by included."""
    moment = local(look.at, zone)
    return look.staff, look.role, look.reason, look.case, look.what == REFUSED, moment.date(), moment.utcoffset()


def _line(group: _Group, lang: Language, zone: ZoneInfo) -> Seen:
    look = group.last
    role = lang.say(ROLES[look.role]) if look.role in ROLES else look.role
    reason = reason_told(look.reason, lang)
    if look.what == REFUSED:
        reason = " ".join((sentence(reason), lang.say("It was refused: nothing was shown.")))
    return Seen(
        when=capital(_when(group, lang, zone)),
        who=f"{look.staff} ({role})" if look.staff else role,
        reason=reason,
    )


def _when(group: _Group, lang: Language, zone: ZoneInfo) -> str:
    """Return the first moment, how many times more it was, and until when."""
    first, last = local(group.first.at, zone), local(group.last.at, zone)
    moment, clock = moment_words(first, lang), write_clock(last, lang.name)
    if group.n == 1:
        return moment
    more = lang.count("{n} more time", "{n} more times", group.n - 1)
    if clock == write_clock(first, lang.name):
        return lang.say("{moment}, and {more} in that minute", moment=moment, more=more)
    return lang.say("{moment}, and {more}, the last at {clock}", moment=moment, more=more, clock=clock)
