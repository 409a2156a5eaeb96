"""Values that stand in a condition's text: how each is read, and of which type it is."""

import re
import unicodedata
from datetime import date, datetime

from personalize.decisions.conditions.clauses import Scalar
from personalize.model.attributes import AttributeType

MAX_NUMBER = 10**15
"""Up to here every whole number is exact, as a float too."""

DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
INSTANT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?", re.ASCII)


def read_text(written: str) -> str:
    """Return a text in the form texts are compared in: NFC, without space around it."""
    return unicodedata.normalize("NFC", written).strip()


def read_date(written: str) -> date | None:
    """Return the date of `2026-01-31`, or None."""
    try:
        return date.fromisoformat(written) if DATE.fullmatch(written) else None
    except ValueError:
        return None


def read_instant(written: str) -> datetime | None:
    """Return the instant of `2026-01-31T08:00`, naive when no zone is given, or None.

    The first and last year of the calendar are left out: in another zone they would not exist.
    """
    try:
        value = datetime.fromisoformat(written) if INSTANT.fullmatch(written) else None
    except ValueError:
        return None
    return value if value and 1 < value.year < 9999 else None


def type_of(value: Scalar | frozenset[Scalar]) -> AttributeType:
    """Return the type a literal value has."""
    match value:
        case bool():
            return AttributeType.yes_no
        case int() | float():
            return AttributeType.number
        case str():
            return AttributeType.text
        case datetime():
            return AttributeType.instant
        case date():
            return AttributeType.date
    return AttributeType.set
