"""How each language writes days, numbers and values: the one table of it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from msgspec import Struct

from personalize.model.attributes import Titles, Value


class Spoken(Struct, frozen=True, kw_only=True):
    """One language. `at` joins a day and a time of day."""

    weekdays: tuple[str, ...]
    months: tuple[str, ...]
    day: str = "{day} {month}"
    clock: str = "{hour:02}:{minute:02}"
    at: str
    decimal: str = ","
    thousands: str = "."
    yes: str = "ja"
    no: str
    every: str
    some: str


SPOKEN = {
    "nl": Spoken(
        weekdays=("maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag"),
        months=(
            *("januari", "februari", "maart", "april", "mei", "juni"),
            *("juli", "augustus", "september", "oktober", "november", "december"),
        ),
        at="{day} om {clock} uur",
        no="nee",
        every="en",
        some="of",
    ),
    "nb": Spoken(
        weekdays=("mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag", "søndag"),
        months=(
            *("januar", "februar", "mars", "april", "mai", "juni"),
            *("juli", "august", "september", "oktober", "november", "desember"),
        ),
        day="{day}. {month}",
        clock="{hour:02}.{minute:02}",
        at="{day} klokken {clock}",
        thousands="\N{NO-BREAK SPACE}",
        no="nei",
        every="og",
        some="eller",
    ),
    "en": Spoken(
        weekdays=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
        months=(
            *("January", "February", "March", "April", "May", "June"),
            *("July", "August", "September", "October", "November", "December"),
        ),
        at="{day} at {clock}",
        decimal=".",
        thousands=",",
        yes="yes",
        no="no",
        every="and",
        some="or",
    ),
}
FALLBACK = "en"
MIDNIGHT = time()
NO_TITLES: Mapping[str, Titles] = {}


def spoken(language: str) -> Spoken:
    """Return how a language writes (`nl`, also `nl-BE`); English for one that is not here."""
    return SPOKEN.get(language.partition("-")[0], SPOKEN[FALLBACK])


def write_day(day: date, language: str, *, weekday: bool = False, year: bool = True) -> str:
    """Return a day: “Thursday 22 November 2029”, with or without its weekday and year."""
    how = spoken(language)
    words = how.day.format(day=day.day, month=how.months[day.month - 1])
    before = f"{how.weekdays[day.weekday()]} " if weekday else ""
    return f"{before}{words}{f' {day.year}' if year else ''}"


def write_moment(moment: datetime, language: str, *, weekday: bool = False, year: bool = True) -> str:
    """Return a moment, as its own clock shows it: “22 November 2029 at 14:02”; its day where that is all we know.

    Sources that tell days deliver midnight.
    """
    how, day = spoken(language), write_day(moment.date(), language, weekday=weekday, year=year)
    if moment.time() == MIDNIGHT:
        return day
    return how.at.format(day=day, clock=write_clock(moment, language))


def write_clock(moment: datetime, language: str) -> str:
    """Return what the clock shows at a moment: “14:02”."""
    return spoken(language).clock.format(hour=moment.hour, minute=moment.minute)


def on_the_wall(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return an instant as a clock in `zone` shows it; at the calendar's ends, which have no other, as it is."""
    try:
        return moment.astimezone(zone)
    except OverflowError:
        return moment


def write_number(number: int | float, language: str) -> str:
    """Return a number with the language's decimal sign; thousands are set apart from 10,000 on."""
    how = spoken(language)
    grouping = "," if abs(number) >= 10_000 else ""
    text = format(Decimal(repr(number or 0)), f"{grouping}f").removesuffix(".0")  # -0.0 is 0 too
    signs = {",": how.thousands, ".": how.decimal}
    return "".join(signs.get(sign, sign) for sign in text)


def write_list(words: Sequence[str], word: str) -> str:
    """Return words as a list, the last one joined by `word`: “a, b and c”."""
    return "".join(words) if len(words) < 2 else f"{', '.join(words[:-1])} {word} {words[-1]}"


def title_in(titles: Mapping[str, str], language: str, name: str) -> str:
    """Return how something is called in a language, else in English, else in any, else by its name."""
    return titles.get(language) or titles.get(FALLBACK) or next(iter(titles.values()), name)


def write_value(value: Value, language: str, zone: ZoneInfo, titles: Mapping[str, Titles] = NO_TITLES) -> str:
    """Return a value as a reader of that language expects it; instants are told in `zone`, the site's.

    `titles` has what texts, and the members of sets, are called.
    """
    how = spoken(language)
    match value:
        case bool():
            return how.yes if value else how.no
        case int() | float():
            return write_number(value, language)
        case datetime():
            return write_moment(on_the_wall(value, zone), language)
        case date():
            return write_day(value, language)
        case frozenset():
            return write_list([title_in(titles.get(each, {}), language, each) for each in sorted(value)], how.every)
        case _:
            return title_in(titles.get(value, {}), language, value)
