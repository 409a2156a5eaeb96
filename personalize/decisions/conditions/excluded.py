"""Questions that cannot all be met, because they leave a fact no value that it could have."""

from collections.abc import Iterable

from personalize.decisions.conditions.clauses import (
    AllOf,
    AnyOf,
    Clause,
    Comparator,
    Comparison,
    Fact,
    Flag,
    Known,
    Literal,
    Membership,
    Not,
    Scalar,
    reads,
)
from personalize.decisions.conditions.literals import read_text
from personalize.decisions.conditions.scope import Scope
from personalize.model.attributes import AttributeType

Values = frozenset[Scalar]
Asked = tuple[str, bool, Values]
"""That a fact has one of some values, or (False) that it has none of them."""


def asks_the_unknown(questions: Iterable[Clause]) -> bool:
    """Say whether something is asked of a value that is not to be known."""
    unknown: set[str] = set()
    read: set[str] = set()
    for question in questions:
        match question:
            case Not(Known(Fact(name))):
                unknown.add(name)
            case _:
                read |= reads(question)
    return not unknown.isdisjoint(read)


def leaves_no_value(questions: Iterable[Clause], scope: Scope) -> bool:
    """Say whether a text, choice or yes/no is left without a value."""
    left: dict[str, Values] = {}
    excluded: dict[str, Values] = {}
    for name, among, values in filter(None, map(_asked, questions)):
        if name not in left and (closed := _closed(name, scope)) is not None:
            left[name] = closed
        if among:
            left[name] = left.get(name, values) & values
        else:
            excluded[name] = excluded.get(name, frozenset()) | values
    return any(values <= excluded.get(name, frozenset()) for name, values in left.items())


def _asked(question: Clause) -> Asked | None:
    match question:
        case Flag(Fact(name)):
            return name, True, frozenset({True})
        case Not(Flag(Fact(name))):
            return name, False, frozenset({True})
        case Comparison(
            Fact(name), Comparator.equal | Comparator.unequal as how, Literal(str() | bool() as value)
        ) | Comparison(Literal(str() | bool() as value), Comparator.equal | Comparator.unequal as how, Fact(name)):
            return name, how is Comparator.equal, frozenset({value})
        case Membership(Fact(name), Literal(frozenset() as values)):
            return name, True, values
        case Not(Membership(Fact(name), Literal(frozenset() as values))):
            return name, False, values
    return None


def _closed(name: str, scope: Scope) -> Values | None:
    """Return every value that a fact may have; None where there is no end of them."""
    if scope.type_of(name) is AttributeType.yes_no:
        return frozenset({True, False})
    attribute = scope.attribute(name)
    if attribute is not None and attribute.type is AttributeType.choice:
        return frozenset(map(read_text, attribute.choices))
    return None


def leaves_no_members(questions: Iterable[Clause]) -> bool:
    """Say whether a set would have to hold a text and not to hold it."""
    held: dict[str, frozenset[str]] = {}
    missing: dict[str, frozenset[str]] = {}
    rest: list[Clause] = []
    for question in questions:
        match question:
            case Membership(Literal(str() as member), Fact(name)):
                held[name] = held.get(name, frozenset()) | {member}
            case AllOf(Fact(name), members):
                held[name] = held.get(name, frozenset()) | members
            case Not(Membership(Literal(str() as member), Fact(name))):
                missing[name] = missing.get(name, frozenset()) | {member}
            case Not(AnyOf(Fact(name), members)):
                missing[name] = missing.get(name, frozenset()) | members
            case _:
                rest.append(question)
    return any(not members.isdisjoint(missing.get(name, ())) for name, members in held.items()) or any(
        _is_unmet(question, held, missing) for question in rest
    )


def _is_unmet(question: Clause, held: dict[str, frozenset[str]], missing: dict[str, frozenset[str]]) -> bool:
    """Say whether a choice between members has none left."""
    match question:
        case AnyOf(Fact(name), members):
            return members <= missing.get(name, frozenset())
        case Not(AllOf(Fact(name), members)):
            return members <= held.get(name, frozenset())
    return False
