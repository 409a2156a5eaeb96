"""Numbers, dates and instants that are to be less or more than one another, and whether that goes round in a circle."""

from collections.abc import Iterable
from datetime import date, datetime
from fractions import Fraction

from personalize.decisions.conditions.clauses import (
    MIRRORED,
    Comparator,
    Comparison,
    Fact,
    Literal,
    Now,
    Operand,
    Shift,
    Today,
    Unit,
    base,
)
from personalize.decisions.conditions.dates import in_utc, shift_date, shift_instant
from personalize.decisions.conditions.literals import type_of
from personalize.decisions.conditions.scope import Scope
from personalize.model.attributes import ORDERED, AttributeType
from personalize.model.moments import DAY, EPOCH, HOUR, SECOND

ZERO = Literal(0)
"""What fixed values are counted from."""
SLACK = 2 * DAY
"""By how much more or less than a day or month, in µs, a moment may move that keeps its time of day: clocks
change, and once a country left out a day."""
MONTH = 28, 31
"""How many days a month has, at least and at most; so has a step of a month that stops at a month's end."""
FAR = 180_000
"""Days from today within which the calendar surely has not ended."""

Gap = tuple[Fraction, int]
"""How much more one may be than another; with -1, not even so much."""


def is_ordered(operand: Operand, scope: Scope) -> bool:
    """Say whether an operand is a number, a date or an instant."""
    return _kind(operand, scope) in ORDERED


def _kind(operand: Operand, scope: Scope) -> AttributeType | None:
    match root := base(operand):
        case Fact(name):
            return scope.type_of(name)
        case Literal(value):
            return type_of(value)
    return AttributeType.date if isinstance(root, Today) else AttributeType.instant


class Bounds:
    """The most by which each operand of some comparisons may exceed another."""

    def __init__(self, scope: Scope, comparisons: Iterable[Comparison]) -> None:
        self._scope = scope
        self._most: dict[tuple[Operand, Operand], Gap] = {}
        for each in comparisons:
            self._compare(each.left, each.comparator, each.right)
            self._compare(each.right, MIRRORED[each.comparator], each.left)

    def contradict(self) -> bool:
        """Say whether something would have to be less than itself."""
        above = dict.fromkeys((each for pair in self._most for each in pair), (Fraction(0), 0))
        return all(self._lower(above) for _ in range(len(above) + 1))

    def _lower(self, above: dict[Operand, Gap]) -> bool:
        """Lower what is more than it may be, and say whether anything was (Bellman and Ford)."""
        lowered = False
        for (one, other), (gap, open_) in self._most.items():
            found = above[other][0] + gap, above[other][1] + open_
            if found < above[one]:
                above[one], lowered = found, True
        return lowered

    def _compare(self, one: Operand, comparator: Comparator, other: Operand) -> None:
        """Note the most that `one` may be."""
        if comparator in (Comparator.less, Comparator.at_most, Comparator.equal):
            is_number = _kind(one, self._scope) is AttributeType.number
            less = comparator is Comparator.less
            step: Gap = (Fraction(0), -1) if is_number else (Fraction(-1), 0)
            self._note(self._place(one), self._place(other), step if less else (Fraction(0), 0))

    def _note(self, one: tuple[Operand, Fraction], other: tuple[Operand, Fraction], gap: Gap) -> None:
        key = one[0], other[0]
        most = gap[0] + other[1] - one[1], gap[1]
        self._most[key] = min(most, self._most.get(key, most))

    def _place(self, operand: Operand) -> tuple[Operand, Fraction]:
        """Return where an operand stands: so far from another."""
        root = base(operand)
        if isinstance(root, Literal):
            return ZERO, _counted(self._fixed(operand))
        if isinstance(operand, Shift):
            least, most = self._moved(operand)
            start = self._place(operand.base)
            self._note((operand, Fraction(0)), start, (Fraction(most), 0))
            self._note(start, (operand, Fraction(0)), (Fraction(-least), 0))
        return operand, Fraction(0)

    def _moved(self, shift: Shift) -> tuple[int, int]:
        """Return by how much a shift moves, at least and at most: a stored value may stand at the calendar's end."""
        first, last = MONTH if shift.unit is Unit.months else (1, 1)
        least, most = sorted((shift.count * first, shift.count * last))
        if _kind(shift, self._scope) is AttributeType.instant:
            unit, slack = (HOUR, 0) if shift.unit is Unit.hours else (DAY, SLACK)
            least, most = least * unit - slack, most * unit + slack
        return (least, most) if _is_near(shift) else (min(least, 0), max(most, 0))

    def _fixed(self, operand: Operand) -> object:
        """Return the value of a literal, moved."""
        match operand:
            case Literal(datetime() as moment):
                return in_utc(moment, self._scope.zone)
            case Literal(value):
                return value
            case Shift(start, count, unit):
                day = self._fixed(start)
                if isinstance(day, datetime):
                    return shift_instant(day, count, unit, self._scope.zone)
                if isinstance(day, date):
                    return shift_date(day, count, unit)
        raise TypeError(f"{operand} is no fixed value")


def _is_near(operand: Operand) -> bool:
    """Say whether this is some way from today or now that cannot lead out of the calendar."""
    days = 0
    while isinstance(operand, Shift):
        days += abs(operand.count) * MONTH[1]
        operand = operand.base
    return isinstance(operand, Today | Now) and days < FAR


def _counted(value: object) -> Fraction:
    """Return a number as it is, a date in days, an instant in µs."""
    match value:
        case datetime():
            since = value - EPOCH
            return Fraction((since.days * 86_400 + since.seconds) * SECOND + since.microseconds)
        case date():
            return Fraction(value.toordinal())
        case int() | float():
            return Fraction(value)
    raise TypeError(f"{value!r} has no order")
