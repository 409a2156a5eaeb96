"""Values in the texts of a variant, written as each language writes them."""

from collections.abc import Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from personalize.model.attributes import Value
from personalize.model.placeholders import fill, names_in

MONTHS = {
    "nl": (
        *("januari", "februari", "maart", "april", "mei", "juni"),
        *("juli", "augustus", "september", "oktober", "november", "december"),
    ),
    "nb": (
        *("januar", "februar", "mars", "april", "mai", "juni"),
        *("juli", "august", "september", "oktober", "november", "desember"),
    ),
    "en": (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
}
DAY = {"nb": "{day}. {month} {year}"}
YES_NO = {"nl": ("nee", "ja"), "nb": ("nei", "ja"), "en": ("no", "yes")}
AND = {"nl": "en", "nb": "og", "en": "and"}
DECIMAL_POINT = frozenset({"en"})


def fill_fields(
    fields: Mapping[str, Mapping[str, str]], language: str, values: Mapping[str, Value], zone: ZoneInfo
) -> dict[str, str]:
    """Return a variant's texts in a language with their values filled in, not yet escaped.

    Raises KeyError where a value lacks; the engine takes no variant of which a placeholder is absent.
    """
    return {name: _filled(texts[language], language, values, zone) for name, texts in fields.items()}


def _filled(text: str, language: str, values: Mapping[str, Value], zone: ZoneInfo) -> str:
    if "{" not in text and "}" not in text:
        return text
    return fill(text, {name: write_value(values[name], language, zone) for name in names_in(text)})


def write_value(value: Value, language: str, zone: ZoneInfo) -> str:
    """Return a value as a reader of that language expects it: “3 maart 2029”, “12,5”, “ja”.

    Instants are told in `zone`, the site's.
    """
    spoken = language.partition("-")[0]
    spoken = spoken if spoken in MONTHS else "en"
    match value:
        case bool():
            return YES_NO[spoken][value]
        case int() | float():
            return _number(value, spoken)
        case datetime():
            local = value.astimezone(zone)
            return f"{_day(local, spoken)} {local:%H:%M}"
        case date():
            return _day(value, spoken)
        case frozenset():
            return _listing(sorted(value), spoken)
        case _:
            return value


def _number(value: int | float, language: str) -> str:
    whole = isinstance(value, float) and value.is_integer() and abs(value) < 1e15
    text = str(int(value)) if whole else str(value)
    return text if language in DECIMAL_POINT else text.replace(".", ",")


def _day(day: date, language: str) -> str:
    shape = DAY.get(language, "{day} {month} {year}")
    return shape.format(day=day.day, month=MONTHS[language][day.month - 1], year=day.year)


def _listing(words: list[str], language: str) -> str:
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {AND[language]} {words[-1]}"
