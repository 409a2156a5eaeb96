"""Write a checked clause as plain Python: what is not evaluated is not read."""

from collections.abc import Callable
from datetime import date, datetime
from functools import lru_cache, partial
from types import CodeType
from typing import NamedTuple, Protocol

from personalize.decisions.cells import apart
from personalize.decisions.conditions.asked import Asker, form
from personalize.decisions.conditions.clauses import (
    AllOf,
    And,
    AnyOf,
    Clause,
    Comparison,
    Fact,
    Flag,
    InSegment,
    Known,
    Leaf,
    Membership,
    Not,
    Operand,
    Or,
    base,
)
from personalize.decisions.conditions.negation import push
from personalize.decisions.conditions.scope import Scope
from personalize.decisions.generated import Body, Cell, Program, State, code_of, run
from personalize.model.attributes import Absence, Cause, Value

MOST_CONDITIONS = 512
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
    condition, attributes = run([_code_of(program.source)], program.values)["condition"], len(scope.attributes)

    def test(view: View) -> bool:
        met, mask, absent = condition(*apart(view.cells, attributes), view)
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
    body = Body(program, len(scope.attributes))
    body.begin("mask", "0")
    body.forget_absence()
    with body.reads_into("mask"):
        write_clause(clause, scope, body)
    body.line("return t, mask, absent")
    body.finish(name, "values", "absences", "facts", "moment")


def write_clause(clause: Clause, scope: Scope, body: Body, *, noting: bool = True) -> Ends:
    """Write lines after which `t` says whether the clause is met.

    Where `noting`, they put the first absence that they meet into `absent`, if that is None.
    """
    return _Writer(scope, body, noting).write(push(clause))


class _Writer(Asker):
    """Writes the parts of one clause."""

    def __init__(self, scope: Scope, body: Body, noting: bool) -> None:
        super().__init__(scope, body)
        self.noting = noting

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
        asked = self.plainly(leaf, met)
        if asked is None:
            self.ask(*form(leaf, met))
        else:
            self.body.line(f"t = {asked.text}")
            self.note(f"not t and not {asked.plain}" if asked.plain else "not t", asked.cell)

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
        with self.body.block(f"if {cell.absent}:"):
            self.body.line("t = False")
            self.note("", cell)
        with self.body.block("else:", there):
            self.ask(question, *operands, asked=(*asked, self.moved(operand)))

    def note(self, when: str, cell: Cell) -> None:
        """Write that a cell is the first absence, where it is."""
        if self.noting:
            self.body.note_absence(cell, when)
