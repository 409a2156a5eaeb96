"""A clause in the one canonical way to write it: reading it again gives an equal clause."""

from datetime import date, datetime

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
    Literal,
    Membership,
    Not,
    Now,
    Operand,
    Or,
    Scalar,
    Shift,
    Today,
)


def text(clause: Clause) -> str:
    """Return the clause in the condition notation."""
    match clause:
        case And(parts):
            return " and ".join(_bracketed(part, And, Or) for part in parts)
        case Or(parts):
            return " or ".join(_bracketed(part, Or) for part in parts)
        case Not(Membership(item, container)):
            return f"{_operand(item)} not in {_operand(container)}"
        case Not(inner):
            return f"not {_bracketed(inner, And, Or)}"
        case InSegment(name):
            return f"segment({_value(name)})"
        case Flag(fact):
            return fact.name
        case Comparison(left, comparator, right):
            return f"{_operand(left)} {comparator} {_operand(right)}"
        case Membership(item, container):
            return f"{_operand(item)} in {_operand(container)}"
        case AnyOf(fact, options):
            return f"any_of({fact.name}, {_value(options)})"
        case AllOf(fact, options):
            return f"all_of({fact.name}, {_value(options)})"
        case Known(fact):
            return f"known({fact.name})"


def _bracketed(clause: Clause, *kinds: type) -> str:
    written = text(clause)
    return f"({written})" if isinstance(clause, kinds) else written


def _operand(operand: Operand) -> str:
    match operand:
        case Fact(name):
            return name
        case Literal(value):
            return _value(value)
        case Today():
            return "today"
        case Now():
            return "now"
        case Shift(base, count, unit):
            return f"{_operand(base)} {'-' if count < 0 else '+'} {unit}({abs(count)})"


def _value(value: Scalar | frozenset[str] | frozenset[Scalar]) -> str:
    match value:
        case str():
            escaped = value.replace("\\", "\\\\").replace("'", "\\'")
            return f"'{escaped}'"
        case frozenset():
            return f"{{{', '.join(sorted(_value(member) for member in value))}}}"
        case datetime():
            return f'instant("{value.isoformat()}")'
        case date():
            return f'date("{value.isoformat()}")'
    return repr(value)
