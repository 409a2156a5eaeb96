"""The closures that ask one thing of a view: each notes its read as a bit, and an absence that fails it.

They are written out, and alike, because every decision runs many of them; what is common to
them would cost a call each.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from personalize.model.attributes import Absence, Cause, Value


class View(Protocol):
    """What a compiled condition reads. Reading cell i sets bit i of `mask`.

    `absent` is the first absence that kept something from being met. `now` is aware, `today`
    the site's date.
    """

    mask: int
    absent: Absence | None

    @property
    def cells(self) -> tuple[Value | Absence, ...]:
        """Return the values and absences, in the scope's order."""
        ...

    @property
    def now(self) -> datetime:
        """Return the request's moment."""
        ...

    @property
    def today(self) -> date:
        """Return the site's date."""
        ...


Test = Callable[[View], bool]
Getter = Callable[[View], Any]
Compare = Callable[[Any, Any], bool]

UNKNOWN = frozenset({Cause.missing, Cause.wrong_type, Cause.stale})
"""The causes that may be told: the others say nothing about what is stored."""


def equals(index: int, constant: object) -> Test:
    """Ask whether a cell equals a fixed value."""
    bit = 1 << index

    def test(view: View) -> bool:
        view.mask |= bit
        value = view.cells[index]
        if value.__class__ is Absence:
            if view.absent is None:
                view.absent = value
            return False
        return value == constant

    return test


def compares(index: int, compare: Compare, constant: object) -> Test:
    """Ask how a cell compares with a fixed value."""
    bit = 1 << index

    def test(view: View) -> bool:
        view.mask |= bit
        value = view.cells[index]
        if value.__class__ is Absence:
            if view.absent is None:
                view.absent = value
            return False
        return compare(value, constant)

    return test


def compares_with_day(index: int, compare: Compare, away: timedelta) -> Test:
    """Ask how a cell compares with the date so many days from today."""
    bit = 1 << index

    def test(view: View) -> bool:
        view.mask |= bit
        value = view.cells[index]
        if value.__class__ is Absence:
            if view.absent is None:
                view.absent = value
            return False
        return compare(value, view.today + away)

    return test


def compares_terms(left: Getter, compare: Compare, right: Getter) -> Test:
    """Ask how any two terms compare; the right one is not read where the left one is absent."""

    def test(view: View) -> bool:
        first = left(view)
        if first.__class__ is Absence:
            return False
        second = right(view)
        return second.__class__ is not Absence and compare(first, second)

    return test


def is_true(index: int) -> Test:
    """Ask whether a yes/no is yes."""
    bit = 1 << index

    def test(view: View) -> bool:
        view.mask |= bit
        value = view.cells[index]
        if value.__class__ is Absence:
            if view.absent is None:
                view.absent = value
            return False
        return value is True

    return test


def contains(index: int, member: str) -> Test:
    """Ask whether a set has a member."""
    bit = 1 << index

    def test(view: View) -> bool:
        view.mask |= bit
        value = view.cells[index]
        if value.__class__ is Absence:
            if view.absent is None:
                view.absent = value
            return False
        return member in value  # type: ignore[operator]  # the cell of a set

    return test


def among(index: int, members: frozenset[Any]) -> Test:
    """Ask whether a cell's value is one of some fixed values."""
    bit = 1 << index

    def test(view: View) -> bool:
        view.mask |= bit
        value = view.cells[index]
        if value.__class__ is Absence:
            if view.absent is None:
                view.absent = value
            return False
        return value in members

    return test


def is_known(index: int) -> Test:
    """Ask whether there is a value to be read."""
    bit = 1 << index

    def test(view: View) -> bool:
        view.mask |= bit
        value = view.cells[index]
        if value.__class__ is Absence:
            if view.absent is None:
                view.absent = value
            return False
        return True

    return test


def is_unknown(index: int) -> Test:
    """Ask whether nothing usable is stored: not met for what may not be known at all."""
    bit = 1 << index

    def test(view: View) -> bool:
        view.mask |= bit
        value = view.cells[index]
        if value.__class__ is not Absence:
            return False
        if value.cause in UNKNOWN:
            return True
        if view.absent is None:
            view.absent = value
        return False

    return test


def cell(index: int) -> Getter:
    """Give a cell."""
    bit = 1 << index

    def get(view: View) -> Value | Absence:
        view.mask |= bit
        value = view.cells[index]
        if value.__class__ is Absence and view.absent is None:
            view.absent = value
        return value

    return get
