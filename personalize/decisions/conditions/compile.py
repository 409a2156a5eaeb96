"""Compile a checked clause into closures: what is not evaluated is not read."""

import operator
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from personalize.decisions.conditions.clauses import (
    MIRRORED,
    AllOf,
    And,
    AnyOf,
    Clause,
    Comparator,
    Comparison,
    Fact,
    Flag,
    InSegment,
    Known,
    Leaf,
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
from personalize.decisions.conditions.leaves import (
    Compare,
    Getter,
    Test,
    View,
    among,
    cell,
    compares,
    compares_terms,
    compares_with_day,
    contains,
    equals,
    is_known,
    is_true,
    is_unknown,
)
from personalize.decisions.conditions.negation import push
from personalize.decisions.conditions.scope import Scope
from personalize.model.attributes import Absence

COMPARE: dict[Comparator, Compare] = {
    Comparator.less: operator.lt,
    Comparator.at_most: operator.le,
    Comparator.equal: operator.eq,
    Comparator.unequal: operator.ne,
    Comparator.at_least: operator.ge,
    Comparator.more: operator.gt,
}


def compile_clause(clause: Clause, scope: Scope) -> Callable[[View], bool]:
    """Return a plain function that says whether a view meets the clause (law 2: it notes what it reads).

    Costs about 0.1 µs per leaf it evaluates.
    """
    return _build(push(clause), scope)


def _build(clause: Clause, scope: Scope) -> Test:
    match clause:
        case And(parts):
            return _every([_build(part, scope) for part in parts])
        case Or(parts):
            return _some([_build(part, scope) for part in parts])
        case InSegment(_, inner):
            return _build(push(inner), scope)
        case Not(InSegment(_, inner)):
            return _build(push(Not(inner)), scope)
        case Not(Flag() | Membership() | AnyOf() | AllOf() | Known() as leaf):
            return _leaf(leaf, False, scope)
        case Not(inner):
            return _build(push(clause), scope)
        case leaf:
            return _leaf(leaf, True, scope)


def _every(tests: list[Test]) -> Test:
    match tests:
        case [first, second]:
            return lambda view: first(view) and second(view)
        case [first, second, third]:
            return lambda view: first(view) and second(view) and third(view)

    def every(view: View) -> bool:
        for test in tests:  # noqa: SIM110  # all() with a generator takes twice the time
            if not test(view):
                return False
        return True

    return every


def _some(tests: list[Test]) -> Test:
    match tests:
        case [first, second]:
            return lambda view: first(view) or second(view)
        case [first, second, third]:
            return lambda view: first(view) or second(view) or third(view)

    def some(view: View) -> bool:
        for test in tests:  # noqa: SIM110  # any() with a generator takes twice the time
            if test(view):
                return True
        return False

    return some


def _leaf(leaf: Leaf, met: bool, scope: Scope) -> Test:
    """Return the test of a leaf, or of its opposite."""
    match leaf:
        case Flag(Fact(name)):
            return is_true(scope.index(name)) if met else equals(scope.index(name), False)
        case Known(Fact(name)):
            return (is_known if met else is_unknown)(scope.index(name))
        case AnyOf(Fact(name), options):
            return compares(scope.index(name), _overlaps if met else frozenset.isdisjoint, options)
        case AllOf(Fact(name), options):
            return compares(scope.index(name), operator.ge if met else _lacks, options)
        case Membership():
            return _membership(leaf, met, scope)
        case Comparison():
            return _comparison(leaf, scope)


def _overlaps(value: frozenset[str], options: frozenset[str]) -> bool:
    return not value.isdisjoint(options)


def _lacks(value: frozenset[str], options: frozenset[str]) -> bool:
    return not value >= options


def _is_in(item: object, container: frozenset[Any]) -> bool:
    return item in container


def _is_not_in(item: object, container: frozenset[Any]) -> bool:
    return item not in container


def _membership(leaf: Membership, met: bool, scope: Scope) -> Test:
    match leaf.item, leaf.container:
        case Literal(str() as member), Fact(name) if met:
            return contains(scope.index(name), member)
        case Fact(name), Literal(frozenset() as members) if met:
            return among(scope.index(name), members)
    compare = _is_in if met else _is_not_in
    return compares_terms(_term(leaf.item, scope), compare, _term(leaf.container, scope))


def _comparison(leaf: Comparison, scope: Scope) -> Test:
    """Return the quickest test for a comparison; a name comes first where only one side has it."""
    left, comparator, right = leaf.left, leaf.comparator, leaf.right
    if isinstance(right, Fact) and not isinstance(base(left), Fact):
        left, comparator, right = right, MIRRORED[comparator], left
    compare = COMPARE[comparator]
    match left, right:
        case Fact(name), Today():
            return compares_with_day(scope.index(name), compare, timedelta())
        case Fact(name), Shift(Today(), count, Unit.days):
            return compares_with_day(scope.index(name), compare, timedelta(days=count))
        case Fact(name), _ if (fixed := _fixed(right, scope)) is not None:
            if comparator is Comparator.equal:
                return equals(scope.index(name), fixed)
            return compares(scope.index(name), compare, fixed)
    return compares_terms(_term(left, scope), compare, _term(right, scope))


def _fixed(operand: Operand, scope: Scope) -> Any:
    """Return the value of an operand that needs no view, else None."""
    match operand:
        case Literal(datetime() as moment):
            return in_utc(moment, scope.zone)
        case Literal(value):
            return value
        case Shift(inner, count, unit):
            start = _fixed(inner, scope)
            return None if start is None else _shift(start, count, unit, scope)
    return None


def _shift(value: date | datetime, count: int, unit: Unit, scope: Scope) -> date | datetime:
    if isinstance(value, datetime):
        return shift_instant(value, count, unit, scope.zone)
    return shift_date(value, count, unit)


def _term(operand: Operand, scope: Scope) -> Getter:
    """Return what gives an operand's value, or the absence that stands for it."""
    fixed = _fixed(operand, scope)
    if fixed is not None:
        return lambda view: fixed
    match operand:
        case Fact(name):
            return cell(scope.index(name))
        case Today():
            return operator.attrgetter("today")
        case Now():
            return operator.attrgetter("now")
        case Shift(inner, count, unit):
            get = _term(inner, scope)
            if isinstance(base(inner), Fact):
                return lambda view: _moved(get(view), count, unit, scope)
            return _remembered(get, count, unit, scope)
    raise TypeError(operand)


def _moved(value: date | datetime | Absence, count: int, unit: Unit, scope: Scope) -> Any:
    return value if isinstance(value, Absence) else _shift(value, count, unit, scope)


def _remembered(get: Getter, count: int, unit: Unit, scope: Scope) -> Getter:
    """Return a move of the clock that is worked out once per day or request.

    Threads may race for `last`: it is one value, so each sees a pair that belongs together.
    """
    last: tuple[Any, Any] = (None, None)

    def remembered(view: View) -> Any:
        nonlocal last
        at = get(view)
        start, moved = last
        if start != at:
            moved = _shift(at, count, unit, scope)
            last = (at, moved)
        return moved

    return remembered
