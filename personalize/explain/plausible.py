"""Which other values are worth a try: those at which a condition of the slot turns, the nearest first."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import chain, combinations

from msgspec import Struct

from personalize.decisions.conditions.clauses import (
    AllOf,
    And,
    AnyOf,
    Clause,
    Comparison,
    Fact,
    InSegment,
    Literal,
    Membership,
    Not,
    Now,
    Operand,
    Or,
    Shift,
    Today,
    Unit,
    base,
)
from personalize.decisions.conditions.dates import in_utc, shift_date, shift_instant
from personalize.decisions.conditions.scope import Scope
from personalize.model.attributes import Absence, Attribute, AttributeType, Value
from personalize.profile.view import ProfileView

MOST_TRIED = 400
"""So many values of one attribute are tried, the nearest ones."""
MOST_TOGETHER = 6
"""Of so many members every combination is tried; of more, one or two at a time."""
AROUND = 4
"""Days to either side of a turn: moving by months is not undone to the day."""


class Try(Struct, frozen=True):
    """A value to try, None for having none; `stands_for_any` is one that no condition names."""

    value: Value | None
    stands_for_any: bool = False


def tries(attribute: Attribute, clauses: Iterable[Clause], scope: Scope, view: ProfileView) -> list[Try]:
    """Return what is worth trying instead of an attribute's value in `view`, the smallest change first.

    Numbers move by 1, or by the last decimal a condition writes; dates by days, instants by minutes,
    sets by members, of which each one more is a larger change. Having no value comes last.
    """
    cell = view.cells[scope.index(attribute.name)]
    now = None if isinstance(cell, Absence) else cell
    turns = _Turns(attribute.name, scope, view)
    for clause in clauses:
        turns.note(clause)
    found = list(dict.fromkeys(_around(attribute, turns, now)))
    found.sort(key=lambda each: _distance(now, each.value))
    others = [each for each in found if now is None or each.value != now][:MOST_TRIED]
    return others if now is None else [*others, Try(None)]


class _Turns:
    """Gathers the values at which conditions on one attribute turn."""

    def __init__(self, name: str, scope: Scope, view: ProfileView) -> None:
        self.name, self.scope, self.view = name, scope, view
        self.values: list[Value] = []
        self.members: dict[str, None] = {}
        self.whole = False

    def note(self, clause: Clause) -> None:
        """Note what a clause compares the attribute with."""
        match clause:
            case And(parts) | Or(parts):
                for part in parts:
                    self.note(part)
            case Not(inner) | InSegment(_, inner):
                self.note(inner)
            case Comparison(left, _, right):
                self._compared(left, right)
                self._compared(right, left)
            case Membership(item, container):
                self._member(item, container)
            case AnyOf(fact, options) | AllOf(fact, options) if fact.name == self.name:
                self.members.update(dict.fromkeys(sorted(options)))
            case _:
                pass

    def _compared(self, side: Operand, other: Operand) -> None:
        if base(side) == Fact(self.name):
            self._turn(side, self._value(other))

    def _member(self, item: Operand, container: Fact | Literal) -> None:
        held = self._value(item)
        if container == Fact(self.name) and isinstance(held, str):
            self.members[held] = None
        within = container.value if isinstance(container, Literal) else self._value(container)
        if base(item) == Fact(self.name) and isinstance(within, frozenset):
            for member in sorted(within):  # as they stand, a set would be tried in a new order each time
                self._turn(item, member)

    def _turn(self, side: Operand, value: Value | None) -> None:
        """Note the value that the attribute itself would need for this side to equal `value`."""
        while isinstance(side, Shift) and value is not None:
            value, side = self._moved(value, -side.count, side.unit), side.base
        if isinstance(value, frozenset):
            self.whole = True
            self.members.update(dict.fromkeys(sorted(value)))
        if value is not None:
            self.values.append(value)

    def _value(self, operand: Operand) -> Value | None:
        """Return what an operand is in this view; None for an absence."""
        match operand:
            case Literal(datetime() as moment):
                return in_utc(moment, self.scope.zone)
            case Literal(value):
                return frozenset(map(str, value)) if isinstance(value, frozenset) else value
            case Today():
                return self.view.today
            case Now():
                return self.view.now
            case Fact(name):
                cell = self.view.cells[self.scope.index(name)]
                return None if isinstance(cell, Absence) else cell
            case Shift(inner, count, unit):
                start = self._value(inner)
                return None if start is None else self._moved(start, count, unit)

    def _moved(self, value: Value, count: int, unit: Unit) -> Value | None:
        if isinstance(value, datetime):
            return shift_instant(value, count, unit, self.scope.zone)
        return shift_date(value, count, unit) if isinstance(value, date) else None


def _around(attribute: Attribute, turns: _Turns, now: Value | None) -> Iterator[Try]:
    """Yield the turns, and the values to either side of them."""
    match attribute.type:
        case AttributeType.yes_no:
            yield from (Try(True), Try(False))
        case AttributeType.choice:
            yield from map(Try, attribute.choices)
        case AttributeType.set:
            yield from map(Try, _sets(turns, now if isinstance(now, frozenset) else frozenset()))
        case AttributeType.text:
            texts = [value for value in turns.values if isinstance(value, str)]
            yield from map(Try, texts)
            yield Try(_unlike(texts), stands_for_any=True)
        case AttributeType.number:
            yield from map(Try, chain.from_iterable(map(_numbers, turns.values)))
            yield from () if turns.values else (Try(0, stands_for_any=True),)
        case AttributeType.date:
            yield from map(Try, chain.from_iterable(map(_days, turns.values)))
            yield from () if turns.values else (Try(turns.view.today, stands_for_any=True),)
        case AttributeType.instant:
            yield from map(Try, chain.from_iterable(map(_minutes, turns.values)))
            yield from () if turns.values else (Try(turns.view.now, stands_for_any=True),)


def _numbers(turn: Value) -> Iterator[Value]:
    if isinstance(turn, int | float) and not isinstance(turn, bool):
        decimals = len(repr(turn).partition(".")[2]) if turn != int(turn) else 0
        step = 1 if not decimals else 10.0**-decimals
        yield from (turn, _round(turn - step, decimals), _round(turn + step, decimals))


def _round(number: int | float, decimals: int) -> int | float:
    return round(number, decimals) if decimals else number


def _days(turn: Value) -> Iterator[Value]:
    if isinstance(turn, date) and not isinstance(turn, datetime):
        yield from (shift_date(turn, away, Unit.days) for away in range(-AROUND, AROUND + 1))


def _minutes(turn: Value) -> Iterator[Value]:
    if isinstance(turn, datetime):
        for away in (0, -1, 1):
            try:
                yield turn + timedelta(minutes=away)
            except OverflowError:
                continue


def _sets(turns: _Turns, now: frozenset[str]) -> Iterator[Value]:
    """Yield the sets that differ in members which some condition asks for."""
    named: list[str] = list(turns.members)
    if turns.whole:
        named = list(dict.fromkeys((*named, *sorted(now), _unlike(named))))
    sizes = range(len(named) + 1) if len(named) <= MOST_TOGETHER else (0, 1, 2)
    for members in chain.from_iterable(combinations(named, size) for size in sizes):
        yield now ^ frozenset(members)
    yield from (value for value in turns.values if isinstance(value, frozenset))


def _unlike(texts: Sequence[str]) -> str:
    other = "…"
    while other in texts:
        other += "…"
    return other


def _distance(now: Value | None, then: Value | None) -> float:
    """Return how far apart two values of one type are; all are as far from none."""
    match now, then:
        case (bool(), _) | (None, frozenset()):
            return 0
        case (int() | float(), int() | float()):
            return abs(now - then)
        case datetime(), datetime():
            return abs((then - now).total_seconds())
        case date(), date():
            return abs((then - now).days)
        case frozenset(), frozenset():
            return len(now ^ then)
    return 0
