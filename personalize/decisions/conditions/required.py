"""Write a condition that is left as soon as something is not met: what a candidate needs to stay eligible."""

from collections.abc import Callable
from typing import Protocol

from personalize.decisions.conditions.asked import Asker, form
from personalize.decisions.conditions.clauses import And, Clause, Fact, InSegment, Leaf, Not, Or, base
from personalize.decisions.conditions.compile import write_clause
from personalize.decisions.conditions.negation import push
from personalize.decisions.conditions.scope import Scope
from personalize.decisions.generated import Body


class Leave(Protocol):
    """What ends a candidate."""

    def __call__(self, absence: str = "", plain: str = "") -> str:
        """Return the statement for a part that was not met.

        Where there is an absence, it is that which kept it from being met, but for when `plain` holds.
        """
        ...


def write_required(clause: Clause, scope: Scope, body: Body, leave: Leave, mask: str) -> None:
    """Write lines that leave as soon as a part of the clause is not met.

    Where parts may be met in several ways, what they read is noted in the local `mask`.
    """
    _Required(scope, body, leave, mask).require(push(clause))


def write_struck(clause: Clause, scope: Scope, body: Body, leave: Callable[[], str], *, silent: bool) -> bool:
    """Write lines that leave where the clause is met; where it is `silent`, over an absence too.

    Only a question about one fact is written so: say whether it was.
    """
    asked = Asker(scope, body).question(push(clause))
    if asked is None:
        return False
    body.lines(f"if {asked.met_or_absent if silent else asked.met}:", f"    {leave()}", "    break")
    return True


class _Required(Asker):
    """Writes a clause that is left as soon as a part is not met."""

    def __init__(self, scope: Scope, body: Body, leave: Leave, mask: str) -> None:
        super().__init__(scope, body)
        self.leave, self.mask = leave, mask

    def require(self, clause: Clause) -> None:
        """Write the parts one after another; from the first that may be met in several ways on, as one."""
        parts = [clause]
        while parts:
            part, *rest = parts
            match part:
                case And(inner):
                    rest = [*inner, *rest]
                case InSegment(name, inner):
                    self.body.comment("segment", name)
                    rest = [push(inner), *rest]
                case Not(InSegment(name, inner)):
                    self.body.comment("not segment", name)
                    rest = [push(Not(inner)), *rest]
                case Or():
                    self.several(And(tuple(parts)) if rest else part)
                    return
                case Not(leaf) if isinstance(leaf, Leaf):
                    self.one(leaf, False)
                case Not():
                    raise TypeError("`push` leaves `not` before leaves and segments only")
                case leaf:
                    self.one(leaf, True)
            parts = rest

    def one(self, leaf: Leaf, met: bool) -> None:
        """Write a leaf: an absence ends it, then what it asks."""
        asked = self.plainly(leaf, met)
        if asked is not None:
            self.go(f"not ({asked.text})", asked.cell.absence, asked.plain)
            return
        question, *operands = form(leaf, met)
        terms = []
        for operand in operands:
            if isinstance(root := base(operand), Fact):
                cell = self.cell(root)
                self.go(cell.absent, cell.absence)
                terms.append(self.moved(operand))
            else:
                terms.append(self.term(operand))
        self.go(f"not ({question.format(*terms)})")

    def several(self, clause: Clause) -> None:
        """Write a clause as one question."""
        with self.body.reads_into(self.mask):
            self.body.forget_absence()
            met = write_clause(clause, self.scope, self.body).met
        self.go("not t", "absent", "absent is None")
        self.body.state = met._replace(read=self.body.state.read)

    def go(self, when: str, absence: str = "", plain: str = "") -> None:
        """Write that the candidate is left when this holds."""
        self.body.lines(f"if {when}:", f"    {self.leave(absence, plain)}", "    break")
