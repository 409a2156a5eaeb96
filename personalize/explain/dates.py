"""Days, times, lengths of time and numbers, as each language writes them."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from personalize.explain.language import Language

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE, HOUR, DAY = 60, 3600, 86_400


class Calendar(Struct, frozen=True, kw_only=True):
    """How one language names days and writes times and numbers."""

    weekdays: tuple[str, ...]
    months: tuple[str, ...]
    day: str = "{day} {month}"
    clock: str = "{hour:02}:{minute:02}"
    at: str
    decimal: str = ","
    thousands: str = "."


CALENDARS = {
    "nl": Calendar(
        weekdays=("maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag"),
        months=(
            *("januari", "februari", "maart", "april", "mei", "juni"),
            *("juli", "augustus", "september", "oktober", "november", "december"),
        ),
        at="{day} om {clock} uur",
    ),
    "nb": Calendar(
        weekdays=("mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag", "søndag"),
        months=(
            *("januar", "februar", "mars", "april", "mai", "juni"),
            *("juli", "august", "september", "oktober", "november", "desember"),
        ),
        day="{day}. {month}",
        clock="{hour:02}.{minute:02}",
        at="{day} klokken {clock}",
        thousands="\N{NO-BREAK SPACE}",
    ),
    "en": Calendar(
        weekdays=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
        months=(
            *("January", "February", "March", "April", "May", "June"),
            *("July", "August", "September", "October", "November", "December"),
        ),
        at="{day} at {clock}",
        decimal=".",
        thousands=",",
    ),
}


def local(at: int, zone: ZoneInfo) -> datetime:
    """Return a time in µs since 1970 UTC as the clock on the wall at the site."""
    return (EPOCH + timedelta(microseconds=at)).astimezone(zone)


def day_words(day: date, lang: Language, *, weekday: bool = False, year: bool = True) -> str:
    """Return a day: “Thursday 22 November 2029”, with or without its weekday and year."""
    calendar = CALENDARS[lang.name]
    words = calendar.day.format(day=day.day, month=calendar.months[day.month - 1])
    before = f"{calendar.weekdays[day.weekday()]} " if weekday else ""
    return f"{before}{words}{f' {day.year}' if year else ''}"


def moment_words(moment: datetime, lang: Language, *, year: bool = True) -> str:
    """Return a moment: “Thursday 22 November 2029 at 14:02”, with or without its year."""
    calendar = CALENDARS[lang.name]
    clock = calendar.clock.format(hour=moment.hour, minute=moment.minute)
    return calendar.at.format(day=day_words(moment.date(), lang, weekday=True, year=year), clock=clock)


def number_words(number: int | float, lang: Language) -> str:
    """Return a number with the language's decimal sign; thousands are set apart from 10,000 on."""
    calendar = CALENDARS[lang.name]
    text = f"{number:,}" if abs(number) >= 10_000 else f"{number}"
    if isinstance(number, float) and number.is_integer() and abs(number) < 1e15:
        text = text.removesuffix(".0")
    swapped = {",": calendar.thousands, ".": calendar.decimal}
    return "".join(swapped.get(sign, sign) for sign in text)


def length_words(seconds: int, lang: Language) -> str:
    """Return a length of time in its largest fitting unit, rounded down: “3 days”."""
    if seconds >= 730 * DAY:
        return lang.count("{n} year", "{n} years", seconds // (365 * DAY))
    if seconds >= 2 * DAY:
        return lang.count("{n} day", "{n} days", seconds // DAY)
    if seconds >= 2 * HOUR:
        return lang.count("{n} hour", "{n} hours", seconds // HOUR)
    return lang.count("{n} minute", "{n} minutes", max(seconds, 0) // MINUTE)


def age_words(seconds: int, lang: Language) -> str:
    """Return how old something is: “3 days old”."""
    if seconds < MINUTE:
        return lang.say("brand new")
    return lang.say("{length} old", length=length_words(seconds, lang))
