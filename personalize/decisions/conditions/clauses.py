"""The clause tree: what a condition says, as frozen values that compare by meaning."""

from collections.abc import Iterator
from datetime import date, datetime
from enum import StrEnum
from typing import Literal as OneOf

from msgspec import Struct

Scalar = str | int | float | bool | date | datetime


class Comparator(StrEnum):
    """How two operands are compared."""

    less = "<"
    at_most = "<="
    equal = "=="
    unequal = "!="
    at_least = ">="
    more = ">"


OPPOSITE = {
    Comparator.less: Comparator.at_least,
    Comparator.at_most: Comparator.more,
    Comparator.equal: Comparator.unequal,
    Comparator.unequal: Comparator.equal,
    Comparator.at_least: Comparator.less,
    Comparator.more: Comparator.at_most,
}
"""What holds exactly when the key does not, both values being known."""

MIRRORED = {
    Comparator.less: Comparator.more,
    Comparator.at_most: Comparator.at_least,
    Comparator.equal: Comparator.equal,
    Comparator.unequal: Comparator.unequal,
    Comparator.at_least: Comparator.at_most,
    Comparator.more: Comparator.less,
}
"""What says the same with the two sides exchanged."""


class Unit(StrEnum):
    """What a date or an instant is moved by."""

    days = "days"
    months = "months"
    hours = "hours"


class Fact(Struct, frozen=True):
    """The value of an attribute or of a page fact."""

    name: str


class Literal(Struct, frozen=True):
    """A value that stands in the condition. An instant without zone is in the site's time."""

    value: Scalar | frozenset[Scalar]


class Today(Struct, frozen=True):
    """The site's date."""


class Now(Struct, frozen=True):
    """The request's moment."""


class Shift(Struct, frozen=True):
    """A date or an instant, moved; `count` is negative for earlier."""

    base: "Operand"
    count: int
    unit: Unit


class Flag(Struct, frozen=True):
    """A yes/no that is yes."""

    fact: Fact


class Comparison(Struct, frozen=True):
    """Two operands compared."""

    left: "Operand"
    comparator: Comparator
    right: "Operand"


class Membership(Struct, frozen=True):
    """An item that is among a literal's members, or in an attribute that is a set."""

    item: "Operand"
    container: Fact | Literal


class AnyOf(Struct, frozen=True):
    """A set that has at least one of the options."""

    fact: Fact
    options: frozenset[str]


class AllOf(Struct, frozen=True):
    """A set that has every one of the options."""

    fact: Fact
    options: frozenset[str]


class Known(Struct, frozen=True):
    """A value that is there to be read: the only question about absence."""

    fact: Fact


class InSegment(Struct, frozen=True):
    """A named condition, with what it says."""

    name: str
    clause: "Clause"


class Not(Struct, frozen=True):
    """The opposite of a clause, for values that are known."""

    clause: "Clause"


class And(Struct, frozen=True):
    """Every one of two or more clauses."""

    parts: tuple["Clause", ...]


class Or(Struct, frozen=True):
    """At least one of two or more clauses."""

    parts: tuple["Clause", ...]


Operand = Fact | Literal | Today | Now | Shift
Leaf = Flag | Comparison | Membership | AnyOf | AllOf | Known
Clause = And | Or | Not | InSegment | Leaf


def reads(clause: Clause) -> frozenset[str]:
    """Return the name of every attribute and page fact the clause could read."""
    return frozenset(operand.name for operand in _operands(clause) if isinstance(operand, Fact))


def texts_asked(clause: Clause) -> Iterator[tuple[str, str]]:
    """Yield each name with each text it is compared with, but for those inside segments."""
    match clause:
        case And(parts) | Or(parts):
            for part in parts:
                yield from texts_asked(part)
        case Not(inner):
            yield from texts_asked(inner)
        case (
            Comparison(Fact(name), _, Literal(asked))
            | Comparison(Literal(asked), _, Fact(name))
            | Membership(Fact(name), Literal(asked))
            | Membership(Literal(asked), Fact(name))
            | AnyOf(Fact(name), asked)
            | AllOf(Fact(name), asked)
        ):
            texts = asked if isinstance(asked, frozenset) else {asked}
            yield from ((name, text) for text in sorted(text for text in texts if isinstance(text, str)))


def clock_use(clause: Clause) -> OneOf["none", "today", "now"]:
    """Say what the clause asks of the clock; `now` covers `today`."""
    kinds = {type(operand) for operand in _operands(clause)}
    return "now" if Now in kinds else "today" if Today in kinds else "none"


def _operands(clause: Clause) -> Iterator[Operand]:
    match clause:
        case And(parts) | Or(parts):
            for part in parts:
                yield from _operands(part)
        case Not(inner) | InSegment(_, inner):
            yield from _operands(inner)
        case Comparison(left, _, right):
            yield from (base(left), base(right))
        case Membership(item, container):
            yield from (base(item), container)
        case Flag(fact) | AnyOf(fact) | AllOf(fact) | Known(fact):
            yield fact


def base(operand: Operand) -> Operand:
    """Return what an operand is before it is moved in time."""
    while isinstance(operand, Shift):
        operand = operand.base
    return operand
