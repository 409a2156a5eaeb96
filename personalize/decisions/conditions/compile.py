"""Write a checked clause as plain Python: what is not evaluated is not read."""

from collections.abc import Callable
from datetime import date, datetime
from functools import lru_cache, partial
from types import CodeType
from typing import Any, NamedTuple, Protocol

from personalize.decisions.conditions.clauses import (
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
    base,
)
from personalize.decisions.conditions.dates import in_utc, shift_date, shift_instant
from personalize.decisions.conditions.negation import push
from personalize.decisions.conditions.scope import Scope
from personalize.decisions.generated import Body, Program, State, code_of, run
from personalize.model.attributes import Absence, Cause, Value

MOST_CONDITIONS = 512
MOST_MOVES = 64
LITERAL = (bool, int)
UNKNOWN = (Cause.missing, Cause.wrong_type, Cause.stale)
"""The causes that may be told: the others say nothing about what is stored."""
VALUES: dict[str, object] = {"Absence": Absence, "UNKNOWN": UNKNOWN}
"""What the lines of every condition name."""


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


class Ends(NamedTuple):
    """What is certain after a clause was met, and after it was not."""

    met: State
    unmet: State


def compile_clause(clause: Clause, scope: Scope) -> Callable[[View], bool]:
    """Return a plain function that says whether a view meets the clause (law 2: it notes what it reads)."""
    program = Program(VALUES)
    write_function("condition", clause, scope, program)
    condition = run(_code_of(program.source), program.values)["condition"]

    def test(view: View) -> bool:
        met, mask, absent = condition(view.cells, view)
        view.mask |= mask
        if view.absent is None:
            view.absent = absent
        return bool(met)

    return test


@lru_cache(maxsize=MOST_CONDITIONS)
def _code_of(source: str) -> CodeType:
    return code_of(source, "condition")


def write_function(name: str, clause: Clause, scope: Scope, program: Program) -> None:
    """Write a function of a clause alone: met or not, the mask of what was read, the first absence."""
    body = Body(program)
    body.line("mask = 0")
    body.forget_absence()
    with body.reads_into("mask"):
        write_clause(clause, scope, body)
    body.line("return t, mask, absent")
    body.finish(f"def {name}(cells, moment)")


def write_clause(clause: Clause, scope: Scope, body: Body, *, noting: bool = True) -> Ends:
    """Write lines after which `t` says whether the clause is met.

    Where `noting`, they put the first absence that they meet into `absent`, if that is None.
    """
    return _Writer(scope, body, noting).write(push(clause))


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


class _Writer:
    """Writes the parts of one clause."""

    def __init__(self, scope: Scope, body: Body, noting: bool) -> None:
        self.scope, self.body, self.noting = scope, body, noting

    def write(self, clause: Clause) -> Ends:
        """Write a clause in which `not` stands before leaves and segments only."""
        match clause:
            case And(parts):
                met = self.body.chain("if t:", [partial(self.met, part) for part in parts])
                return Ends(met, self.body.state)
            case Or(parts):
                unmet = self.body.chain("if not t:", [partial(self.unmet, part) for part in parts])
                return Ends(self.body.state, unmet)
            case InSegment(name, inner):
                self.body.comment("segment", name)
                return self.write(push(inner))
            case Not(InSegment(name, inner)):
                self.body.comment("not segment", name)
                return self.write(push(Not(inner)))
            case Not(Flag() | Comparison() | Membership() | AnyOf() | AllOf() | Known() as leaf):
                return self.ends(leaf, False)
            case Not():
                raise TypeError("`push` leaves `not` before leaves and segments only")
            case leaf:
                return self.ends(leaf, True)

    def met(self, clause: Clause) -> State:
        """Write a clause; return what is certain where it is met."""
        return self.write(clause).met

    def unmet(self, clause: Clause) -> State:
        """Write a clause; return what is certain where it is not met."""
        return self.write(clause).unmet

    def ends(self, leaf: Leaf, met: bool) -> Ends:
        """Write a leaf or its opposite: where it is met, it noted no absence."""
        clean = self.body.state.clean
        self.leaf(leaf, met)
        return Ends(self.body.state._replace(clean=clean), self.body.state)

    def leaf(self, leaf: Leaf, met: bool) -> None:
        """Write the question of a leaf, or of its opposite."""
        match leaf:
            case Flag(fact):
                self.flag(fact, met)
            case Known(fact):
                self.known(fact, met)
            case AnyOf(fact, options):
                self.ask(("not " if met else "") + "{}.isdisjoint({})", fact, Literal(options))
            case AllOf(fact, options):
                self.ask(("" if met else "not ") + "{} >= {}", fact, Literal(options))
            case Membership(item, container):
                self.ask("{} in {}" if met else "{} not in {}", item, container)
            case Comparison(Fact() as fact, Comparator.equal, right) if self.fixed(right) is not None:
                self.equal(fact, right)
            case Comparison(left, comparator, right):
                self.ask(f"{{}} {comparator} {{}}", left, right)

    def flag(self, fact: Fact, met: bool) -> None:
        """Ask whether a yes/no is yes; what is neither yes nor no is absent."""
        cell = self.cell(fact)
        self.body.line(f"t = {cell} is {met}")
        self.note(f"not t and {cell} is not {not met}", cell)

    def known(self, fact: Fact, met: bool) -> None:
        """Ask whether there is a value; that there is none is met only for what may be told."""
        cell = self.cell(fact)
        if met:
            self.body.line(f"t = {cell}.__class__ is not Absence")
            self.note("not t", cell)
        else:
            self.body.line(f"t = {cell}.__class__ is Absence and {cell}.cause in UNKNOWN")
            self.note(f"not t and {cell}.__class__ is Absence", cell)

    def equal(self, fact: Fact, right: Operand) -> None:
        """Ask whether a cell equals a fixed value: an absence does not, so it is looked for afterwards."""
        cell = self.cell(fact)
        self.body.line(f"t = {cell} == {self.term(right)}")
        self.note(f"not t and {cell}.__class__ is Absence", cell)

    def ask(self, question: str, *operands: Operand, asked: tuple[str, ...] = ()) -> None:
        """Write a question about operands; after an absence the next is not read."""
        if len(asked) == len(operands):
            self.body.line(f"t = {question.format(*asked)}")
            return
        operand = operands[len(asked)]
        root = base(operand)
        if not isinstance(root, Fact):
            self.ask(question, *operands, asked=(*asked, self.term(operand)))
            return
        cell = self.cell(root)
        there = self.body.state
        with self.body.block(f"if {cell}.__class__ is Absence:"):
            self.body.line("t = False")
            self.note("", cell)
        with self.body.block("else:", there):
            moved = f"{self.value(_mover(operand, self.scope))}({cell})" if isinstance(operand, Shift) else cell
            self.ask(question, *operands, asked=(*asked, moved))

    def note(self, when: str, cell: str) -> None:
        """Write that a cell is the first absence, where it is."""
        if self.noting:
            self.body.note_absence(cell, when)

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

    def cell(self, fact: Fact) -> str:
        """Return the local of a fact's cell."""
        return self.body.cell(self.scope.index(fact.name))

    def value(self, value: object) -> str:
        """Return the name of a value, or how Python writes it where it is a whole number."""
        return repr(value) if type(value) in LITERAL else self.body.program.value(value)


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
