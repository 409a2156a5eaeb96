"""From the plain form in which values are stored to the typed values that conditions compare."""

from collections.abc import Callable
from datetime import date, datetime
from math import isfinite
from unicodedata import normalize

from personalize.model.attributes import Attribute, AttributeType, Value, to_plain
from personalize.profile.view import instant

MOST_NUMBER = (1 << 63) - 1
"""A whole number further from zero is none: an entry could not list it."""
SETS = (list, tuple, set, frozenset)


def tidy(text: str) -> str:
    """Return text as it is stored and compared: NFC, without blanks at its ends."""
    return (text if text.isascii() else normalize("NFC", text)).strip()


def _text(plain: object) -> str | None:
    if not isinstance(plain, str):
        return None
    if plain.isascii():
        return plain.strip()
    return tidy(plain) if _can_be_kept(plain) else None


def _can_be_kept(text: str) -> bool:
    """Say whether text is of characters: half a surrogate pair is none, and no entry could list it."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _number(plain: object) -> int | float | None:
    if plain.__class__ is int:
        return plain if -MOST_NUMBER <= plain <= MOST_NUMBER else None
    if plain.__class__ is float:
        return plain if isfinite(plain) else None
    if isinstance(plain, bool):
        return None
    if isinstance(plain, int):  # of a class of its own: no entry could list it as it is
        return _number(int(plain))
    return _number(float(plain)) if isinstance(plain, float) else None


def _yes_no(plain: object) -> bool | None:
    return plain if isinstance(plain, bool) else None


def _date(plain: object) -> date | None:
    if isinstance(plain, str):
        try:
            return date.fromisoformat(plain)
        except ValueError:
            return None
    return plain if isinstance(plain, date) and not isinstance(plain, datetime) else None


def _instant(plain: object) -> datetime | None:
    if isinstance(plain, datetime):  # as an entry keeps it: what is compared now is what replay compares
        plain = to_plain(plain) if plain.tzinfo is not None else None
    if isinstance(plain, bool) or not isinstance(plain, int):
        return None
    try:
        return instant(plain)
    except OverflowError:
        return None


def _set(plain: object) -> frozenset[str] | None:
    if not isinstance(plain, SETS):
        return None
    members = [text for member in plain if (text := _text(member)) is not None]
    return frozenset(members) if len(members) == len(plain) else None


READERS: dict[AttributeType, Callable[[object], Value | None]] = {
    AttributeType.text: _text,
    AttributeType.number: _number,
    AttributeType.yes_no: _yes_no,
    AttributeType.date: _date,
    AttributeType.instant: _instant,
    AttributeType.set: _set,
    AttributeType.choice: _text,
}


def reader_of(attribute: Attribute) -> Callable[[object], Value | None]:
    """Return the function that types this attribute's plain values, and gives None for a wrong type."""
    read = READERS[attribute.type]
    if attribute.type is not AttributeType.choice:
        return read
    choices = frozenset(attribute.choices)
    usual = {choice: choice for choice in choices if read(choice) == choice}

    def read_choice(plain: object) -> Value | None:
        if isinstance(plain, str) and plain in usual:
            return usual[plain]  # one text for everybody
        value = read(plain)
        return value if value in choices else None

    return read_choice
