"""Moments and lengths of time, as sentences say them."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from personalize.explain.language import Language
from personalize.model.moments import EPOCH, SECOND
from personalize.model.spoken import on_the_wall, write_moment

MINUTE, HOUR, DAY = 60, 3600, 86_400
"""Of a length, in seconds: `model.moments` has them in µs."""


def local(at: int, zone: ZoneInfo) -> datetime:
    """Return a time in µs since 1970 UTC as the clock on the wall at the site."""
    return on_the_wall(EPOCH + timedelta(microseconds=at), zone)


def midnight(day: date, zone: ZoneInfo) -> int:
    """Return when a day begins at the site, in µs since 1970 UTC."""
    return round(datetime.combine(day, time(), zone).timestamp()) * SECOND


def moment_words(moment: datetime, lang: Language, *, year: bool = True) -> str:
    """Return a moment with its weekday: “Thursday 22 November 2029 at 14:02”, with or without its year.

    In the hour that comes twice when summer time ends it is said which of the two it is.
    """
    words = write_moment(moment, lang.name, weekday=True, year=year)
    first, second = (moment.replace(fold=fold).utcoffset() for fold in (0, 1))
    if first == second or moment.time() == time.min:
        return words
    if moment.fold:
        return lang.say("{moment} (winter time)", moment=words)
    return lang.say("{moment} (summer time)", moment=words)


def length_words(seconds: int, lang: Language) -> str:
    """Return a length of time in its largest fitting unit, rounded down: “3 days”."""
    if seconds >= 730 * DAY:
        return lang.count("{n} year", "{n} years", seconds // (365 * DAY))
    if seconds >= 2 * DAY:
        return lang.count("{n} day", "{n} days", seconds // DAY)
    if seconds >= 2 * HOUR:
        return lang.count("{n} hour", "{n} hours", seconds // HOUR)
    return lang.count("{n} minute", "{n} minutes", max(seconds, 0) // MINUTE)


def age_words(observed: int, at: int, lang: Language, zone: ZoneInfo) -> str:
    """Return how old at `at` is what was observed, both in µs since 1970 UTC: “3 days old”.

    What was observed at midnight at the site is told in whole days: its source knows the date alone.
    """
    since = local(observed, zone)
    if since.time() == time.min:
        days = (local(at, zone).date() - since.date()).days
        return _old(_days_words(days, lang), lang) if days > 0 else lang.say("less than a day old")
    seconds = (at - observed) // SECOND
    return _old(length_words(seconds, lang), lang) if seconds >= MINUTE else lang.say("less than a minute old")


def _days_words(days: int, lang: Language) -> str:
    return lang.count("{n} day", "{n} days", days) if days == 1 else length_words(days * DAY, lang)


def _old(length: str, lang: Language) -> str:
    return lang.say("{length} old", length=length)
