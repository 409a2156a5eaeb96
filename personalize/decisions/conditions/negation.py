"""Clauses with every `not` pushed to the leaves, so that two values are enough to decide them.

A comparison that touches an absence is not met, and its opposite neither. With `not` at the
leaves alone, "not met" can then stand for both "no" and "cannot be told".
"""

from personalize.decisions.conditions.clauses import OPPOSITE, And, Clause, Comparison, Not, Or


def push(clause: Clause) -> Clause:
    """Return a clause met in the same cases, in which `not` stands before leaves and segments only."""
    match clause:
        case And(parts):
            return And(tuple(push(part) for part in parts))
        case Or(parts):
            return Or(tuple(push(part) for part in parts))
        case Not(inner):
            return _opposite(inner)
    return clause


def _opposite(clause: Clause) -> Clause:
    match clause:
        case And(parts):
            return Or(tuple(_opposite(part) for part in parts))
        case Or(parts):
            return And(tuple(_opposite(part) for part in parts))
        case Not(inner):
            return push(inner)
        case Comparison(left, comparator, right):
            return Comparison(left, OPPOSITE[comparator], right)
    return Not(clause)
