"""Conditions that nobody meets, whatever is known of them: each way to meet them contradicts itself.

Sound, not complete: what is called impossible is never met, and of the rest nothing is promised.
"""

from collections.abc import Iterator

from personalize.decisions.conditions.bounds import Bounds, is_ordered
from personalize.decisions.conditions.clauses import And, Clause, Comparator, Comparison, InSegment, Membership, Not, Or
from personalize.decisions.conditions.clauses import Literal as Fixed
from personalize.decisions.conditions.excluded import asks_the_unknown, leaves_no_members, leaves_no_value
from personalize.decisions.conditions.negation import push
from personalize.decisions.conditions.scope import Scope
from personalize.decisions.conditions.text import text

MOST_WAYS = 100
"""Of so many ways each is looked at; a condition with more counts as possible."""
MOST_QUESTIONS = 40
"""How many questions a way may hold that is looked at."""


class _TooMany(Exception):
    """There are more ways, or longer ones, than are looked at."""


def is_impossible(clause: Clause, scope: Scope) -> bool:
    """Say whether it is certain that nobody meets a checked clause. Takes a second at the very most."""
    try:
        return not _Ways(scope).is_open([clause])
    except _TooMany:
        return False


def excluding(clause: Clause, scope: Scope) -> tuple[str, ...]:
    """Return the one or two parts of an impossible clause that nobody meets, in the notation.

    None where it takes more of them.
    """
    parts = clause.parts if isinstance(clause, And) else (clause,)
    for end, part in enumerate(parts):
        if is_impossible(part, scope):
            return (text(part),)
        for other in parts[:end]:
            if is_impossible(And((other, part)), scope):
                return text(other), text(part)
    return ()


class _Ways:
    """Looks for a way to meet a clause: questions that can all be answered with yes."""

    def __init__(self, scope: Scope) -> None:
        self.scope, self.left = scope, MOST_WAYS

    def is_open(self, clauses: list[Clause]) -> bool:
        """Say whether no contradiction is found between these clauses. Raises _TooMany."""
        questions, choices = self._apart(clauses)
        self.left -= 1
        if self.left < 0 or len(questions) > MOST_QUESTIONS:
            raise _TooMany
        if self._contradict(questions):
            return False
        if not choices:
            return True
        first, *rest = choices
        return any(self.is_open([*questions, *rest, part]) for part in first.parts)

    def _apart(self, clauses: list[Clause]) -> tuple[list[Clause], list[Or]]:
        """Return the questions that must all be met, and the choices."""
        questions: dict[Clause, None] = {}
        choices: list[Or] = []
        waiting = [push(clause) for clause in clauses]
        while waiting:
            clause = waiting.pop()
            if isinstance(clause, And):
                waiting += clause.parts
            elif isinstance(clause, Or):
                choices.append(clause)
            elif (simpler := self._simpler(clause)) is not None:
                waiting.append(push(simpler))
            else:
                questions[clause] = None
        return list(questions), choices

    def _simpler(self, clause: Clause) -> Clause | None:
        """Return what says the same in simpler questions, None where nothing does."""
        match clause:
            case InSegment(_, inner):
                return inner
            case Not(InSegment(_, inner)):
                return Not(inner)
            case Membership(item, Fixed(frozenset() as values)) if is_ordered(item, self.scope):
                return Or(tuple(Comparison(item, Comparator.equal, Fixed(value)) for value in values))
            case Not(Membership(item, Fixed(frozenset())) as inner) if is_ordered(item, self.scope):
                return Not(self._simpler(inner) or inner)
            case Comparison(left, Comparator.unequal, right) if is_ordered(left, self.scope):
                return Or((Comparison(left, Comparator.less, right), Comparison(left, Comparator.more, right)))
        return None

    def _contradict(self, questions: list[Clause]) -> bool:
        asked = set(questions)
        return (
            any(push(Not(each)) in asked for each in questions)
            or asks_the_unknown(questions)
            or leaves_no_value(questions, self.scope)
            or leaves_no_members(questions)
            or Bounds(self.scope, self._ordered(questions)).contradict()
        )

    def _ordered(self, questions: list[Clause]) -> Iterator[Comparison]:
        return (each for each in questions if isinstance(each, Comparison) and is_ordered(each.left, self.scope))
