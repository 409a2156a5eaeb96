"""A stored value as people read it."""

from datetime import date
from zoneinfo import ZoneInfo

from personalize.explain.dates import day_words, local, moment_words, number_words
from personalize.explain.language import Language
from personalize.model.attributes import AttributeType


def value_words(plain: object, kind: AttributeType, lang: Language, zone: ZoneInfo) -> str:
    """Return a plain value in words: “yes”, “3 February 2027”, “internet and tv”."""
    match kind, plain:
        case _, bool():
            return lang.say("yes") if plain else lang.say("no")
        case AttributeType.number, int() | float():
            return number_words(plain, lang)
        case AttributeType.date, str():
            return _day(plain, lang)
        case AttributeType.instant, int():
            return moment_words(local(plain, zone), lang)
        case AttributeType.set, list() | tuple():
            return lang.listing([str(member) for member in plain]) or lang.say("none")
        case _:
            return str(plain)


def _day(plain: str, lang: Language) -> str:
    try:
        return day_words(date.fromisoformat(plain), lang)
    except ValueError:
        return plain
