"""Read a condition and check it against what it may speak of: names, types, choices, segments."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from typing import NoReturn

from personalize.decisions.conditions.clauses import (
    AllOf,
    And,
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
    Now,
    Operand,
    Or,
    Scalar,
    Shift,
    Today,
    Unit,
)
from personalize.decisions.conditions.literals import read_text, type_of
from personalize.decisions.conditions.parse import parse
from personalize.decisions.conditions.scan import MAX_DEPTH
from personalize.decisions.conditions.scope import Place, Scope, Source
from personalize.errors import ConfigError, ManyErrors
from personalize.model.attributes import ORDERED, AttributeType
from personalize.settings.names import WORDS
from personalize.settings.tables import IDENTIFIER_KINDS

MAIL_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
MAX_SEGMENTS = 100
"""How many segments one condition may name, counted through the segments that it names."""

UNREAD = And(())
"""Stands for a segment that could not be read, until the whole condition is refused."""
TEXTS = frozenset({AttributeType.text, AttributeType.choice})
WORDED = TEXTS | {AttributeType.set}
EQUALITIES = frozenset({Comparator.equal, Comparator.unequal})
NO_MIXING = {
    frozenset({AttributeType.date, AttributeType.instant}): "Compare dates with `today`, instants with `now`",
    frozenset({AttributeType.yes_no, AttributeType.number}): "Compare a yes/no with True or False",
    frozenset({AttributeType.yes_no, AttributeType.text}): "Write True or False, without quotes",
    frozenset({AttributeType.date, AttributeType.text}): "Write a date as date('2026-01-31')",
    frozenset({AttributeType.instant, AttributeType.text}): "Write an instant as instant('2026-01-31T08:00')",
    frozenset({AttributeType.set, AttributeType.text}): "Ask whether the set has it: 'a' in name",
}
ONE_TYPE = "Compare values of one type"


def read(text: str, scope: Scope, place: Place = Place()) -> Clause:  # noqa: B008  # a frozen value
    """Return the checked clause of a text, segments and all.

    Raises ManyErrors: each mistake with file, line, column, the nearest name and a remedy. What is
    outside the notation hides those that stand behind it.
    """
    return _Reading(scope).read(text, place, MAX_DEPTH, ())


class _Reading:
    """One condition being read, with the segments it names."""

    def __init__(self, scope: Scope) -> None:
        self.scope, self.segments = scope, 0

    def read(self, text: str, place: Place, depth: int, within: tuple[str, ...]) -> Clause:
        """Return the clause of a text that stands inside the segments `within`."""
        source, errors = Source(text, place), list[ConfigError]()

        def find(name: str, offset: int, left: int) -> Clause:
            try:
                return self.segment(source, offset, name, left, within)
            except ConfigError as error:
                if self.segments > MAX_SEGMENTS:
                    raise
                errors.append(error)
                return UNREAD

        with noting(errors):
            clause, offsets = parse(source, find, depth)
            _Checker(source, self.scope, offsets, errors).check(clause)
        if errors:
            raise ManyErrors(tuple(errors))
        return clause

    def segment(self, source: Source, offset: int, name: str, depth: int, within: tuple[str, ...]) -> Clause:
        """Return what a segment says, or refuse it where it is named."""
        segment = self.scope.segments.get(name)
        if not segment:
            remedy = _nearest(name, tuple(self.scope.segments), "Declare it under [segments]")
            raise source.error(offset, f'there is no segment "{name}"', remedy)
        if name in within:
            circle = " -> ".join((*within[within.index(name) :], name))
            raise source.error(offset, f"a segment names itself: {circle}", "Take one of these steps out")
        self.segments += 1
        if self.segments > MAX_SEGMENTS:
            raise source.error(offset, f"more than {MAX_SEGMENTS} segments in one condition", "Name fewer")
        try:
            return self.read(segment.when, Place(), depth, (*within, name))
        except ManyErrors as many:
            error = many.errors[0]  # the others are told where the segment stands
            cause = error.cause if within else f'segment "{name}": {error.cause}'
            raise source.error(offset, cause, error.remedy) from None


@contextmanager
def noting(errors: list[ConfigError]) -> Iterator[None]:
    """Note what is refused within, and go on behind it."""
    try:
        yield
    except ConfigError as error:
        errors.append(error)


def _nearest(name: str, names: tuple[str, ...], otherwise: str) -> str:
    """Return the advice to use the name that is spelt most alike."""
    spelt = {known.lower(): known for known in reversed(names)}
    found = get_close_matches(name.lower(), spelt, n=1)
    return f"The nearest is `{spelt[found[0]]}`" if found else otherwise


class _Checker:
    """Checks the parts of one clause; each fault is refused where it stands, and noted among `errors`."""

    def __init__(self, source: Source, scope: Scope, offsets: dict[int, int], errors: list[ConfigError]) -> None:
        self.source, self.scope, self.offsets, self.errors = source, scope, offsets, errors

    def refuse(self, part: Clause | Operand, cause: str, remedy: str) -> NoReturn:
        """Raise the error about a part."""
        raise self.source.error(self.offsets.get(id(part), 0), cause, remedy)

    def check(self, clause: Clause) -> None:
        """Note the faults in a clause; what a segment says was checked when it was read."""
        match clause:
            case And(parts) | Or(parts):
                for part in parts:
                    self.check(part)
            case Not(inner):
                self.check(inner)
            case _:
                with noting(self.errors):
                    self.question(clause)

    def question(self, clause: Clause) -> None:
        """Refuse a question that cannot be asked."""
        match clause:
            case Flag(fact):
                self.flag(fact)
            case Known(fact):
                self.type_of(fact)
            case Comparison():
                self.comparison(clause)
            case Membership():
                self.membership(clause)
            case AnyOf(fact, options) | AllOf(fact, options):
                self.options(fact, options)

    def flag(self, fact: Fact) -> None:
        """Refuse a name alone that is not a yes/no."""
        kind = self.type_of(fact)
        if kind is AttributeType.set:
            self.refuse(fact, f"`{fact.name}` is a set", f"Say what is in it: 'a' in {fact.name}")
        if kind is not AttributeType.yes_no:
            self.refuse(fact, f"`{fact.name}` is {_a(kind)}, not a yes/no", "Compare it with something")

    def comparison(self, clause: Comparison) -> None:
        """Refuse operands that cannot be compared, or not in this way."""
        left, right = clause.left, clause.right
        if not self.are_known(left, right):
            return
        kinds = self.type_of(left, right), self.type_of(right, left)
        if isinstance(left, Literal) and isinstance(right, Literal):
            self.refuse(clause, "this compares two fixed values", "Name an attribute on one side")
        self.refuse_personal(left, right)
        self.refuse_mixing(clause, *kinds)
        if clause.comparator not in EQUALITIES and not ORDERED.issuperset(kinds):
            cause = f"`{clause.comparator}` needs numbers, dates or instants, not {_a(kinds[0])}"
            self.refuse(clause, cause, "Use ==, != or `in`")
        self.refuse_unlisted(left, right)
        self.refuse_unlisted(right, left)

    def membership(self, clause: Membership) -> None:
        """Refuse an item that cannot be in its container."""
        item, container = clause.item, clause.container
        self.refuse_personal(item, container)
        if not self.are_known(item, container):
            return
        kind = self.type_of(item, container)
        if isinstance(container, Fact):
            self.in_fact(clause, kind, container)
        elif isinstance(item, Literal):
            self.refuse(clause, "this compares two fixed values", "Name an attribute before `in`")
        elif kind is AttributeType.set:
            remedy = "Write any_of(name, {...}) or all_of(name, {...})"
            self.refuse(item, "a set is not itself a member of a set", remedy)
        else:
            self.refuse_mixing(clause, kind, _type_of_members(container))
            self.refuse_unlisted(item, container)

    def in_fact(self, clause: Membership, kind: AttributeType, container: Fact) -> None:
        """Refuse a container that is no set, or an item that is no text."""
        if self.type_of(container) is not AttributeType.set:
            cause = f"`{container.name}` is {_a(self.type_of(container))}, not a set"
            self.refuse(container, cause, "Compare it with ==")
        if kind not in TEXTS:
            self.refuse(clause.item, f"a set holds texts, not {_a(kind)}", "Put the text in quotes")

    def options(self, fact: Fact, options: frozenset[str]) -> None:
        """Refuse any_of and all_of about something that is no set."""
        self.refuse_personal(fact, Literal(options))
        kind = self.type_of(fact)
        if kind is not AttributeType.set:
            remedy = f"Write {fact.name} in {{...}}"
            self.refuse(fact, f"`{fact.name}` is {_a(kind)}, not a set", remedy)

    def are_known(self, left: Operand, right: Operand) -> bool:
        """Note each side that has no type; say whether both have one."""
        before = len(self.errors)
        for side, other in ((left, right), (right, left)):
            with noting(self.errors):
                self.type_of(side, other)
        return len(self.errors) == before

    def type_of(self, operand: Operand, beside: Operand | None = None) -> AttributeType:
        """Return an operand's type; refuse an unknown name or a move in time that cannot be.

        `beside` is what it is compared with, or looked for in.
        """
        match operand:
            case Fact():
                return self.type_of_fact(operand, beside)
            case Literal(value):
                return type_of(value)
            case Today():
                return AttributeType.date
            case Now():
                return AttributeType.instant
            case Shift(base, _, unit):
                return self.type_of_shift(base, unit)

    def type_of_fact(self, fact: Fact, beside: Operand | None) -> AttributeType:
        """Return the type of a name, or refuse it with the nearest one."""
        kind = self.scope.type_of(fact.name)
        if kind:
            return kind
        if fact.name in IDENTIFIER_KINDS:
            remedy = "Use an attribute or a segment; conditions hold no personal data"
            self.refuse(fact, f"`{fact.name}` identifies a person and cannot be read here", remedy)
        if fact.name in self.scope.segments:
            self.refuse(fact, f"`{fact.name}` is a segment", f"Write segment('{fact.name}')")
        names = (*self.scope.names, "True", "False", *sorted(WORDS))
        other = self.scope.type_of(beside.name) if isinstance(beside, Fact) else None
        usual = "Write True or False" if other is AttributeType.yes_no else "Declare it under [attributes]"
        remedy = _nearest(fact.name, names, usual)
        if other in WORDED:
            remedy = f"If it is a text, put it in quotes: '{fact.name}'. If it is a name: {remedy}"
        self.refuse(fact, f"`{fact.name}` is unknown", remedy)

    def type_of_shift(self, base: Operand, unit: Unit) -> AttributeType:
        """Return the type of what is moved in time."""
        kind = self.type_of(base)
        if kind not in {AttributeType.date, AttributeType.instant}:
            self.refuse(base, f"{unit}() cannot be added to {_a(kind)}", "Add it to a date or an instant")
        if kind is AttributeType.date and unit is Unit.hours:
            self.refuse(base, "a date has no hours", "Use days(), or an instant or `now`")
        return kind

    def refuse_mixing(self, clause: Comparison | Membership, left: AttributeType, right: AttributeType) -> None:
        """Refuse two different types; a choice is a text."""
        plain = {AttributeType.text if kind in TEXTS else kind for kind in (left, right)}
        if len(plain) > 1:
            remedy = _remedy(clause, frozenset(plain))
            self.refuse(clause, f"{_a(left)} cannot be compared with {_a(right)}", remedy)

    def refuse_personal(self, *operands: Operand) -> None:
        """Refuse identifiers and mail addresses: recipes hold no personal data."""
        remedy = "Use an attribute or a segment; conditions hold no personal data"
        for operand in operands:
            if isinstance(operand, Fact) and operand.name in IDENTIFIER_KINDS:
                self.refuse(operand, f"`{operand.name}` identifies a person and may not be compared", remedy)
            if any(MAIL_ADDRESS.search(text) for text in _texts(operand)):
                self.refuse(operand, "a mail address may not stand in a condition", remedy)

    def refuse_unlisted(self, fact: Operand, literal: Operand) -> None:
        """Note each text that a choice can never be."""
        attribute = self.scope.attribute(fact.name) if isinstance(fact, Fact) else None
        if not attribute or attribute.type is not AttributeType.choice:
            return
        choices = tuple(read_text(choice) for choice in attribute.choices)
        for text in sorted(_texts(literal).difference(choices)):
            otherwise = f"Use {', '.join(map(repr, choices))}"
            remedy = _nearest(text, choices, otherwise)
            with noting(self.errors):
                self.refuse(literal, f"`{attribute.name}` is never {text!r}", remedy)


def _a(kind: AttributeType) -> str:
    return f"an {kind}" if kind is AttributeType.instant else f"a {kind}"


def _remedy(clause: Comparison | Membership, plain: frozenset[AttributeType]) -> str:
    """Return what to write instead; between a number and a text it is the fixed value that is wrong."""
    if plain != {AttributeType.number, AttributeType.text}:
        return NO_MIXING.get(plain, ONE_TYPE)
    sides = (clause.left, clause.right) if isinstance(clause, Comparison) else (clause.item, clause.container)
    fixed = [side for side in sides if isinstance(side, Literal)]
    if not fixed:
        return ONE_TYPE
    return "Write a number without quotes" if any(_texts(side) for side in fixed) else "Write a text in quotes"


def _texts(operand: Operand) -> frozenset[str]:
    if not isinstance(operand, Literal):
        return frozenset()
    values = operand.value if isinstance(operand.value, frozenset) else frozenset({operand.value})
    return frozenset(value for value in values if isinstance(value, str))


def _type_of_members(container: Literal) -> AttributeType:
    members: frozenset[Scalar] = container.value if isinstance(container.value, frozenset) else frozenset()
    return type_of(next(iter(members)))
