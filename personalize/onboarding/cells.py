"""Cells into typed values in their plain form. A cell that cannot be typed raises BadCell."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from personalize.model.attributes import Attribute, AttributeType
from personalize.profile.values import tidy
from personalize.settings.tables import Column

Plain = str | int | float | bool | tuple[str, ...]
Read = Callable[[str], Plain]

MAX_TEXT = 4_096
MAX_SET = 16_384
"""Characters of a whole set: what reads it has to fit into an entry."""
MAX_DIGITS = 15
YES = frozenset({"yes", "y", "true", "1", "ja", "j", "waar", "sann", "x", "on", "t"})
NO = frozenset({"no", "n", "false", "0", "nee", "nei", "onwaar", "usann", "off", "f"})
POINT = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,2})?")
COMMA = re.compile(r"[+-]?(?:[0-9]{1,3}(?:\.[0-9]{3})+|[0-9]+)(?:,[0-9]+)?")
ISO_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ]00:00(?::00(?:\.0+)?)?)?")


class BadCell(ValueError):
    """The cell cannot be typed: the message says what it should be, and holds nothing of the cell.

    `cell` is its text where the whole row falls with it: for the file of rejects only.
    """

    def __init__(self, message: str, cell: str = "") -> None:
        super().__init__(message)
        self.cell = cell


def reader_of(attribute: Attribute, column: Column, zone: ZoneInfo) -> Read:
    """Return the function that types the cells of one column."""
    if column.values:
        return _mapped(column)
    match attribute.type:
        case AttributeType.number:
            return _number_with_comma if column.format == "," else _number
        case AttributeType.yes_no:
            return _yes_no
        case AttributeType.date:
            return _date(column.format)
        case AttributeType.instant:
            return instant_reader(column.format, zone)
        case AttributeType.set:
            return _set(column.separator)
        case AttributeType.choice:
            return _choice(attribute.choices)
        case _:
            return _text


def _mapped(column: Column) -> Read:
    values = {tidy(cell): value for cell, value in column.values.items()}

    def read_one(cell: str) -> Plain:
        try:
            value: Plain = values[tidy(cell)]
        except KeyError:
            raise BadCell("not among the `values` of the column") from None
        return value

    def read_set(cell: str) -> Plain:
        return tuple(sorted({str(read_one(part)) for part in cell.split(column.separator) if part.strip()}))

    return read_set if column.separator else read_one


def _text(cell: str) -> Plain:
    text = tidy(cell)
    if len(text) > MAX_TEXT:
        raise BadCell(f"longer than {MAX_TEXT} characters")
    return text


def _number(cell: str) -> Plain:
    text = cell.strip()
    if not POINT.fullmatch(text):
        comma = ': its column needs format = ","' if COMMA.fullmatch(text) else ""
        raise BadCell(f"not a number with a decimal point{comma}")
    return _counted(text)


def _number_with_comma(cell: str) -> Plain:
    text = cell.strip()
    if not COMMA.fullmatch(text):
        raise BadCell("not a number with a decimal comma")
    return _counted(text.replace(".", "").replace(",", "."))


def _counted(text: str) -> Plain:
    if "." not in text and "e" not in text.lower():
        if len(text) > MAX_DIGITS:
            raise BadCell(f"a number of more than {MAX_DIGITS} digits")
        return int(text)
    return float(text)


def _yes_no(cell: str) -> Plain:
    word = cell.strip().casefold()
    if word in YES:
        return True
    if word in NO:
        return False
    raise BadCell("neither yes nor no")


def _choice(choices: tuple[str, ...]) -> Read:
    known = frozenset(choices)

    def read(cell: str) -> Plain:
        text = tidy(cell)
        if text not in known:
            raise BadCell("not among the choices")
        return text

    return read


def _set(separator: str) -> Read:
    def read(cell: str) -> Plain:
        if len(cell) > MAX_SET:
            raise BadCell(f"a set of more than {MAX_SET} characters")
        return tuple(sorted({member for part in cell.split(separator) if (member := tidy(part))}))

    return read


def _date(order: str) -> Read:
    day_of = _day_of(order)

    def read(cell: str) -> Plain:
        return day_of(cell.strip()).isoformat()

    return read


def _day_of(order: str) -> Callable[[str], date]:
    """Return the reader of days in an order such as `d-m-y`; empty for ISO 8601."""
    pattern, shape = ISO_DATE, "year-month-day"
    groups = {"y": 1, "m": 2, "d": 3}
    if order:
        part = {"y": "([0-9]{4})", "m": "([0-9]{1,2})", "d": "([0-9]{1,2})"}
        letters = [order[0], order[2], order[4]]
        pattern = re.compile(re.escape(order[1]).join(part[letter] for letter in letters))
        groups, shape = {letter: place for place, letter in enumerate(letters, start=1)}, order

    def day(text: str) -> date:
        found = pattern.fullmatch(text)
        if found is None:
            raise BadCell(f"not a date written {shape}{'' if order else ', such as 2026-11-23'}")
        try:
            return date(int(found[groups["y"]]), int(found[groups["m"]]), int(found[groups["d"]]))
        except ValueError:
            raise BadCell("not a day of the calendar") from None

    return day


def instant_reader(order: str, zone: ZoneInfo) -> Callable[[str], int]:
    """Return the reader of moments, in µs since 1970 UTC; one without zone is the site's own time."""
    day_of = _day_of(order)
    example = f"{order} 14:05" if order else "2026-11-23 or 2026-11-23T14:05"

    def read(cell: str) -> int:
        text = cell.strip()
        try:
            if order:
                day, _, clock = text.partition(" ")
                clock = f"0{clock}" if clock[1:2] == ":" else clock  # as spreadsheets write it where they write days so
                text = f"{day_of(day).isoformat()}T{clock or '00:00'}"
            moment = datetime.fromisoformat(text)
            local = moment if moment.tzinfo else moment.replace(tzinfo=zone)
            return round(local.astimezone(UTC).timestamp() * 1_000_000)
        except BadCell:
            raise
        except (ValueError, OverflowError):
            raise BadCell(f"not a moment such as {example}") from None

    return read
