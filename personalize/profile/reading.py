"""The quick way from a body in the store to values: one decoder for the grants of one kind."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct, defstruct
from msgspec.structs import astuple

from personalize.model.attributes import ABSENCES, Absence, Attribute, AttributeType, Cause, Value
from personalize.ports import Plain
from personalize.profile.values import MOST_NUMBER, reader_of

MISSING = ABSENCES[Cause.missing]
MOST_FLOAT = 1.7976931348623157e308
Whole = Annotated[int, Meta(ge=-MOST_NUMBER, le=MOST_NUMBER)]
Float = Annotated[float, Meta(ge=-MOST_FLOAT, le=MOST_FLOAT)]  # which leaves out nan and the infinities
PLAINS: dict[AttributeType, Any] = {
    AttributeType.text: str,
    AttributeType.number: Whole | Float,
    AttributeType.yes_no: bool,
    AttributeType.date: str,
    AttributeType.instant: Whole,
    AttributeType.set: tuple[str, ...],
    AttributeType.choice: str,
}
READY = frozenset({AttributeType.number, AttributeType.yes_no})
"""Types whose delivered form, once decoded as such, is the value itself."""


class Row(Struct, frozen=True, gc=False):
    """One body read: value and delivered form of each attribute, None where there is none; when observed, when stale.

    It goes stale with the first of its values.
    """

    values: tuple[Value | None, ...]
    plains: tuple[Plain, ...]
    observed: int
    stale_at: int | None


class Reading:
    """What grants of one kind make of the dictionary, before any value is looked at (law 1).

    A withheld attribute has a place in the decoded row, but under a name that no attribute bears:
    the decoder passes over its value.
    """

    def __init__(self, attributes: Sequence[Attribute], withheld: Sequence[Absence | None]) -> None:
        self.absences = tuple(MISSING if absence is None else absence for absence in withheld)
        covered = [absence is None for absence in withheld]
        self._decode = _decoder(attributes, covered)
        self._typed = [
            (place, reader_of(attribute))
            for place, attribute in enumerate(attributes)
            if covered[place] and attribute.type not in READY
        ]
        lives = [a.shelf_life for a, is_covered in zip(attributes, covered, strict=True) if is_covered]
        self._life = min((life * 1_000_000 for life in lives if life is not None), default=None)

    def read(self, body: bytes, now: int) -> Row | None:
        """Return the values of a body; None where one value takes a closer look: of a wrong type, stale, or older."""
        try:
            found = self._decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return None
        stale_at = None if self._life is None else found.observed + self._life
        if found.others or (stale_at is not None and stale_at <= now):
            return None
        plains = astuple(found.values)
        values = list(plains)
        for place, read in self._typed:
            plain = plains[place]
            if plain is not None:
                value = read(plain)
                if value is None:
                    return None
                values[place] = value
        return Row(tuple(values), plains, found.observed, stale_at)


def _decoder(attributes: Sequence[Attribute], covered: Sequence[bool]) -> Any:
    """Return what decodes a body into a row with a place for every attribute."""
    names = {f"at_{place}": a.name if covered[place] else f" {a.name}" for place, a in enumerate(attributes)}
    fields = [(f"at_{place}", PLAINS[a.type] | None, None) for place, a in enumerate(attributes)]
    values = defstruct("Values", fields, rename=names, frozen=True, gc=False)
    parts: list[Any] = [("observed", int), ("values", values), ("others", dict[str, int] | None, None)]
    return msgspec.msgpack.Decoder(defstruct("Covered", parts, frozen=True, array_like=True, gc=False)).decode
