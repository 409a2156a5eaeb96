"""What may be known: the attribute dictionary, readable values and named absences."""

from datetime import date, datetime
from enum import IntEnum, StrEnum

from msgspec import Struct

from personalize.model.people import Assurance

Value = str | int | float | bool | date | datetime | frozenset[str]
Titles = dict[str, str]
ValueTitles = dict[str, Titles]


class AttributeType(StrEnum):
    """The seven types a value can have."""

    text = "text"
    number = "number"
    yes_no = "yes/no"
    date = "date"
    instant = "instant"
    set = "set of text"
    choice = "choice"


ORDERED = frozenset({AttributeType.number, AttributeType.date, AttributeType.instant})
"""Types whose values are less or more than one another."""


class Cause(IntEnum):
    """Why a value is withheld; the lowest that applies is the answer (law 1).

    The first three are decided before the value is looked at.
    """

    objected = 1
    no_consent = 2
    assurance = 3
    missing = 4
    wrong_type = 5
    stale = 6

    def __str__(self) -> str:
        """Return the name: what a log or a page of a site's own says of it."""
        return self.name


class Absence(Struct, frozen=True, eq=False):
    """A value that may not or cannot be read, and why. It is false, and equals only itself."""

    cause: Cause

    def __bool__(self) -> bool:
        return False


ABSENCES: dict[Cause, Absence] = {cause: Absence(cause) for cause in Cause}


class Attribute(Struct, frozen=True, kw_only=True):
    """One definition in the dictionary.

    `shelf_life` is in seconds after the observation; None keeps a value fresh for ever.
    `choices` is the closed list of a `choice`. `titles` maps language to the name people read, `values` does so
    for single values of a text, a choice or a set.
    """

    name: str
    type: AttributeType
    source: str
    purpose: str
    shelf_life: int | None = None
    assurance: Assurance = Assurance.login
    titles: Titles = {}
    choices: tuple[str, ...] = ()
    values: ValueTitles = {}


class Stored(Struct, frozen=True, gc=False):
    """A value as a source delivered it: plain form, observed time (µs since 1970 UTC), batch number."""

    plain: str | int | float | bool | tuple[str, ...] | None
    observed: int
    batch: int


def to_plain(value: Value) -> str | int | float | bool | tuple[str, ...]:
    """Return the form in which a value is stored: dates as ISO text, instants as µs, sets sorted."""
    match value:
        case datetime():
            return round(value.timestamp() * 1_000_000)
        case date():
            return value.isoformat()
        case frozenset():
            return tuple(sorted(value))
        case _:
            return value
