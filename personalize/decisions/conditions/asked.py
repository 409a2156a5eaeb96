"""How what a condition asks is written: the expressions of operands and leaves."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple, cast

from personalize.decisions.conditions.clauses import (
    AllOf,
    AnyOf,
    Clause,
    Comparator,
    Comparison,
    Fact,
    Flag,
    Known,
    Leaf,
    Literal,
    Membership,
    Not,
    Now,
    Operand,
    Shift,
    Today,
    base,
)
from personalize.decisions.conditions.dates import in_utc, shift_date, shift_instant
from personalize.decisions.conditions.scope import Scope
from personalize.decisions.generated import Body, Cell

MOST_MOVES = 64
LITERAL = (bool, int)


class Question(NamedTuple):
    """What a leaf asks of one cell, as an expression.

    One that is `guarded` may be asked only where there is a value. `plain` holds where it is not met for any
    other reason than an absence.
    """

    cell: Cell
    text: str
    plain: str
    guarded: bool = False

    @property
    def met(self) -> str:
        """Return the question, whether or not there is a value."""
        return f"{self.cell.there} and {self.text}" if self.guarded else self.text

    @property
    def met_or_absent(self) -> str:
        """Return the question for which an absence counts as met."""
        return f"{self.cell.absent} or {self.text}" if self.guarded else f"{self.text} or {self.cell.absent}"


class Moves(dict[Any, Any]):
    """The clock moved in time, worked out once per day or request."""

    def __init__(self, move: Callable[[Any], Any]) -> None:
        super().__init__()
        self._move = move

    def __missing__(self, at: Any) -> Any:
        """Work out a new day or moment."""
        if len(self) >= MOST_MOVES:
            self.clear()
        moved = self[at] = self._move(at)
        return moved


class Asker:
    """Writes what leaves ask of cells and clock."""

    def __init__(self, scope: Scope, body: Body) -> None:
        self.scope, self.body = scope, body

    def question(self, clause: Clause) -> Question | None:
        """Return what a clause asks, if it is a leaf that asks about one fact."""
        leaf, met = (clause.clause, False) if isinstance(clause, Not) else (clause, True)
        if not isinstance(leaf, Leaf):
            return None
        if asked := self.plainly(leaf, met):
            return asked
        question, *operands = form(leaf, met)
        facts = [root for operand in operands if isinstance(root := base(operand), Fact)]
        if len(facts) != 1:
            return None
        cell = self.cell(facts[0])
        terms = [self.moved(operand) if isinstance(base(operand), Fact) else self.term(operand) for operand in operands]
        return Question(cell, question.format(*terms), cell.there, guarded=True)

    def plainly(self, leaf: Leaf, met: bool) -> Question | None:
        """Return a question that may be asked of an absence too: it is looked for afterwards."""
        match leaf:
            case Flag(fact):  # what is neither yes nor no is absent
                cell = self.cell(fact)
                return Question(cell, f"{cell.value} is {met}", f"{cell.value} is {not met}")
            case Known(fact):  # that there is no value is met only for what may be told
                cell = self.cell(fact)
                if met:
                    return Question(cell, cell.there, "")
                return Question(cell, f"{cell.absent} and {cell.absence}.cause in UNKNOWN", cell.there)
            case Comparison(Fact() as fact, Comparator.equal, right) if met and self.fixed(right) is not None:
                cell = self.cell(fact)
                return Question(cell, f"{cell.value} == {self.term(right)}", cell.there)
        return None

    def moved(self, operand: Operand) -> str:
        """Return the expression of an operand that reads a cell, which is at hand."""
        value = self.cell(cast(Fact, base(operand))).value
        return f"{self.value(_mover(operand, self.scope))}({value})" if isinstance(operand, Shift) else value

    def term(self, operand: Operand) -> str:
        """Return the expression of an operand that reads no cell."""
        fixed = self.fixed(operand)
        if fixed is not None:
            return self.value(fixed)
        clock = self.body.clock("now" if isinstance(base(operand), Now) else "today")
        if isinstance(operand, Today | Now):
            return clock
        return f"{self.value(Moves(_mover(operand, self.scope)))}[{clock}]"

    def fixed(self, operand: Operand) -> Any:
        """Return the value of an operand that needs neither cell nor clock, else None."""
        match base(operand):
            case Literal(datetime() as moment):
                return _mover(operand, self.scope)(in_utc(moment, self.scope.zone))
            case Literal(value):
                return _mover(operand, self.scope)(value)
        return None

    def cell(self, fact: Fact) -> Cell:
        """Return how a fact's cell is named."""
        return self.body.cell(self.scope.index(fact.name))

    def value(self, value: object) -> str:
        """Return the name of a value, or how Python writes it where it is a whole number."""
        return repr(value) if type(value) in LITERAL else self.body.program.value(value)


def form(leaf: Leaf, met: bool) -> tuple[Any, ...]:
    """Return how a question about known values is written, with its operands."""
    match leaf:
        case AnyOf(fact, options):
            return ("not " if met else "") + "{}.isdisjoint({})", fact, Literal(options)
        case AllOf(fact, options):
            return ("" if met else "not ") + "{} >= {}", fact, Literal(options)
        case Membership(item, container):
            return "{} in {}" if met else "{} not in {}", item, container
        case Comparison(left, comparator, right):
            return f"{{}} {comparator} {{}}", left, right
    raise TypeError("a flag and what is known are asked plainly")


def _mover(operand: Operand, scope: Scope) -> Callable[[Any], Any]:
    """Return what moves the value an operand begins with to where the operand has it."""
    shifts: list[Shift] = []
    while isinstance(operand, Shift):
        shifts.append(operand)
        operand = operand.base
    shifts.reverse()
    zone = scope.zone

    def move(value: Any) -> Any:
        for shift in shifts:
            if isinstance(value, datetime):
                value = shift_instant(value, shift.count, shift.unit, zone)
            else:
                value = shift_date(value, shift.count, shift.unit)
        return value

    return move
