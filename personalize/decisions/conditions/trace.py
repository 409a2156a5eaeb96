"""Decide a clause again on the same cells, and show how: which part was met, and what it saw."""

from collections.abc import Callable
from datetime import date, datetime

from msgspec import Struct

from personalize.decisions.conditions.clauses import And, Clause, InSegment, Not, Or
from personalize.decisions.conditions.compile import View, compile_clause
from personalize.decisions.conditions.negation import push
from personalize.decisions.conditions.scope import Scope
from personalize.model.attributes import Absence, Value

Condition = Callable[[View], bool]
MOST_LEAVES = 4096
"""Leaves kept compiled."""

_compiled: dict[tuple[int, Clause], tuple[Scope, Condition, tuple[str, ...]]] = {}


class Trace(Struct, frozen=True, kw_only=True):
    """One part of a clause, `not` pushed to the leaves, and what became of it.

    `parts` are those that were evaluated, in order; a leaf has none. `seen` is what a leaf read.
    """

    clause: Clause
    met: bool
    seen: tuple[tuple[str, Value | Absence], ...] = ()
    parts: tuple["Trace", ...] = ()


class Probe:
    """A view of the same cells and clock with a mask of its own."""

    def __init__(self, view: View) -> None:
        self.cells: tuple[Value | Absence, ...] = view.cells
        self.now: datetime = view.now
        self.today: date = view.today
        self.mask = 0
        self.absent: Absence | None = None


def trace(clause: Clause, scope: Scope, view: View) -> Trace:
    """Return how the view meets the clause or fails it, leaving the view as it is."""
    return _trace(push(clause), scope, view)


def _trace(clause: Clause, scope: Scope, view: View) -> Trace:
    match clause:
        case And(parts):
            return _trace_parts(clause, parts, True, scope, view)
        case Or(parts):
            return _trace_parts(clause, parts, False, scope, view)
        case InSegment(_, inner):
            return _trace_segment(clause, push(inner), scope, view)
        case Not(InSegment(_, inner)):
            return _trace_segment(clause, push(Not(inner)), scope, view)
    return _trace_leaf(clause, scope, view)


def _trace_parts(clause: Clause, parts: tuple[Clause, ...], going_on: bool, scope: Scope, view: View) -> Trace:
    """Trace part after part for as long as each answers `going_on`."""
    traces: list[Trace] = []
    for part in parts:
        traces.append(_trace(part, scope, view))
        if traces[-1].met is not going_on:
            break
    return Trace(clause=clause, met=traces[-1].met, parts=tuple(traces))


def _trace_segment(clause: Clause, inner: Clause, scope: Scope, view: View) -> Trace:
    part = _trace(inner, scope, view)
    return Trace(clause=clause, met=part.met, parts=(part,))


def _trace_leaf(leaf: Clause, scope: Scope, view: View) -> Trace:
    probe = Probe(view)
    condition, names = _condition(leaf, scope)
    met = condition(probe)
    read = [place for place in range(probe.mask.bit_length()) if probe.mask >> place & 1]
    return Trace(clause=leaf, met=met, seen=tuple((names[place], view.cells[place]) for place in read))


def _condition(leaf: Clause, scope: Scope) -> tuple[Condition, tuple[str, ...]]:
    """Return a leaf compiled, once, with the names of the cells: it takes longer than asking it.

    The scope is kept, lest its id become another's.
    """
    kept = _compiled.get((id(scope), leaf))
    if kept is None:
        if len(_compiled) >= MOST_LEAVES:
            _compiled.clear()
        kept = _compiled[id(scope), leaf] = scope, compile_clause(leaf, scope), scope.names
    return kept[1:]


def first_failing(found: Trace) -> Trace | None:
    """Return the first leaf for which the whole was not met, or None where it was met."""
    if found.met:
        return None
    return next((first_failing(part) for part in found.parts if not part.met), found)


def made_true(found: Trace) -> tuple[Trace, ...]:
    """Return the leaves that together made the whole met; none where it was not met."""
    if not found.met:
        return ()
    if not found.parts:
        return (found,)
    return tuple(leaf for part in found.parts for leaf in made_true(part))
