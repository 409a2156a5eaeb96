"""The day that somebody asks about."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from personalize.content.times import NoSuchTime, moment
from personalize.explain.dates import local
from personalize.explain.language import Language
from personalize.model.spoken import write_day
from personalize.ports import NO_END


class Day(Struct, frozen=True, kw_only=True):
    """One day of the site, from `start` to `end` (µs, exclusive); without a `text` all days.

    `text` and the two days that people ask about most are dates as forms send them. What was typed and is
    no day is `wrong`.
    """

    today: str
    yesterday: str
    text: str = ""
    words: str = ""
    start: int = 0
    end: int = NO_END
    wrong: bool = False


def day_of(text: str, lang: Language, zone: ZoneInfo, now: int) -> Day:
    """Return the day that a date means."""
    today = local(now, zone).date()
    every = Day(today=today.isoformat(), yesterday=(today - timedelta(days=1)).isoformat())
    if not text:
        return every
    try:
        day = date.fromisoformat(text)
        start, end = moment(day, zone), moment(day, zone, end=True)
    except (NoSuchTime, ValueError):
        return replace(every, wrong=True)
    words = write_day(day, lang.name, weekday=True)
    return replace(every, text=day.isoformat(), words=words, start=start, end=end)
