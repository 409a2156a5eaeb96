"""A condition as a short sentence in Dutch, Norwegian (bokmål) or English."""

from datetime import date, datetime

from personalize.decisions.conditions.clauses import (
    MIRRORED,
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
    Literal,
    Membership,
    Not,
    Now,
    Operand,
    Or,
    Scalar,
    Shift,
    Today,
    base,
)
from personalize.decisions.conditions.dates import in_utc
from personalize.decisions.conditions.negation import push
from personalize.decisions.conditions.phrases import ENGLISH, LANGUAGES, Comparisons, Phrases
from personalize.decisions.conditions.scope import Scope
from personalize.model.attributes import AttributeType
from personalize.model.spoken import spoken, title_in, write_list, write_number, write_value

MOMENTS = frozenset({AttributeType.date, AttributeType.instant})


def describe(clause: Clause, scope: Scope, lang: str) -> str:
    """Return what a clause asks, with the dictionary's titles; in English for any other language."""
    return _Words(scope, lang).clause(push(clause))


class _Words:
    """Puts clauses, in which `not` stands before leaves and segments only, into one language."""

    def __init__(self, scope: Scope, lang: str) -> None:
        self.scope, self.lang = scope, lang
        self.phrases: Phrases = LANGUAGES.get(lang, ENGLISH)
        self.how = spoken(lang)

    def clause(self, clause: Clause) -> str:
        """Return a clause in words."""
        phrases = self.phrases
        match clause:
            case And(parts):
                return write_list([self.within(part) for part in parts], self.how.every)
            case Or(parts):
                return write_list([self.within(part) for part in parts], self.how.some)
            case InSegment(name):
                return phrases.segment.format(value=self.segment(name))
            case Not(InSegment(name)):
                return phrases.outside.format(value=self.segment(name))
            case Not(inner):
                return self.leaf(inner, False)
        return self.leaf(clause, True)

    def within(self, clause: Clause) -> str:
        """Return a part of a larger clause, in brackets where it has parts itself."""
        words = self.clause(clause)
        return f"({words})" if isinstance(clause, And | Or) else words

    def leaf(self, leaf: Clause, met: bool) -> str:
        """Return a leaf or its opposite in words."""
        phrases = self.phrases
        match leaf:
            case Flag(fact):
                value = self.how.yes if met else self.how.no
                return self.say(phrases.flag, fact, value)
            case Known(fact):
                return self.say(phrases.known if met else phrases.unknown, fact, "")
            case AnyOf(fact, options) if len(options) > 1:
                value = self.members(options, self.how.every if met else self.how.some, fact)
                return self.say(phrases.has_any if met else phrases.has_none, fact, value)
            case AllOf(fact, options) if len(options) > 1:
                value = self.members(options, self.how.every, fact)
                return self.say(phrases.has_all if met else phrases.lacks_some, fact, value)
            case AnyOf(fact, options) | AllOf(fact, options):
                value = self.members(options, self.how.some, fact)
                return self.say(phrases.has if met else phrases.lacks, fact, value)
            case Membership(item, container):
                return self.membership(item, container, met)
            case Comparison():
                return self.comparison(leaf)
        raise TypeError(leaf)

    def say(self, phrase: str, name: Operand, value: str) -> str:
        """Return a phrase filled in."""
        return phrase.format(name=self.operand(name), value=value)

    def membership(self, item: Operand, container: Fact | Literal, met: bool) -> str:
        """Return an item in a set in words."""
        phrases = self.phrases
        if isinstance(container, Fact):
            return self.say(phrases.has if met else phrases.lacks, container, self.operand(item, container))
        comparator = Comparator.equal if met else Comparator.unequal
        return self.say(phrases.plain[comparator], item, self.operand(container, item))

    def comparison(self, clause: Comparison) -> str:
        """Return a comparison in words, beginning with what is known of the visitor."""
        left, comparator, right = clause.left, clause.comparator, clause.right
        if isinstance(base(right), Fact) and not isinstance(base(left), Fact):
            left, comparator, right = right, MIRRORED[comparator], left
        return self.say(self.phrase(comparator, right), left, self.compared(right, left))

    def phrase(self, comparator: Comparator, right: Operand) -> str:
        """Return the phrase that suits what something is compared with."""
        phrases = self.phrases
        equality = comparator in {Comparator.equal, Comparator.unequal}
        if equality and isinstance(base(right), Fact):
            return phrases.same if comparator is Comparator.equal else phrases.different
        if isinstance(right, Literal) and isinstance(right.value, frozenset):
            return phrases.exactly if comparator is Comparator.equal else phrases.not_exactly
        return self.table(right)[comparator]

    def table(self, right: Operand) -> Comparisons:
        """Return the comparisons as they are said of numbers, of dates or of distances in time."""
        match right:
            case Shift(Today() | Now()):
                return self.phrases.distances
            case Shift() | Today() | Now() | Literal(date()):
                return self.phrases.dates
            case Fact(name) if self.scope.type_of(name) in MOMENTS:
                return self.phrases.dates
        return self.phrases.plain

    def compared(self, right: Operand, left: Operand) -> str:
        """Return what something is compared with: of a set literal every member counts."""
        if isinstance(right, Literal) and isinstance(right.value, frozenset):
            return self.members(right.value, self.how.every, left)
        return self.operand(right, left)

    def operand(self, operand: Operand, of: Operand | None = None) -> str:
        """Return an operand in words; a literal as a value `of` what it is compared with."""
        match operand:
            case Fact(name):
                return self.title(name)
            case Today():
                return self.phrases.today
            case Now():
                return self.phrases.now
            case Shift():
                return self.shift(operand)
            case Literal(frozenset() as members):
                return self.members(members, self.how.some, of)
            case Literal(value) if not isinstance(value, frozenset):
                return self.value(value, of)
        raise TypeError(operand)

    def shift(self, shift: Shift) -> str:
        """Return something moved in time in words; from today or now, as a distance."""
        phrases, count = self.phrases, abs(shift.count)
        distance = f"{write_number(count, self.lang)} {phrases.units[shift.unit][count != 1]}"
        if isinstance(shift.base, Today | Now):
            return (phrases.back if shift.count < 0 else phrases.away).format(distance=distance)
        start = self.operand(shift.base)
        if isinstance(shift.base, Shift):
            start = f"({start})"
        return (phrases.minus if shift.count < 0 else phrases.plus).format(base=start, distance=distance)

    def title(self, name: str) -> str:
        """Return what people call an attribute or a page fact."""
        attribute = self.scope.described(name)
        return title_in(attribute.titles, self.lang, name) if attribute else name

    def segment(self, name: str) -> str:
        """Return what people call a segment, in quotes."""
        segment = self.scope.segments.get(name)
        return self.quoted(title_in(segment.titles, self.lang, name) if segment else name)

    def members(self, members: frozenset[str] | frozenset[Scalar], word: str, of: Operand | None) -> str:
        """Return the members of a set, in order, joined by a word."""
        return write_list([self.value(member, of) for member in sorted(members)], word)

    def quoted(self, text: str) -> str:
        """Return a text in the language's quotes."""
        return f"{self.phrases.quotes[0]}{text}{self.phrases.quotes[1]}"

    def value(self, value: Scalar, of: Operand | None) -> str:
        """Return a value as it is written in the language, by its title; instants in the site's time."""
        if isinstance(value, str):
            attribute = self.scope.described(of.name) if isinstance(of, Fact) else None
            return self.quoted(title_in(attribute.values.get(value, {}), self.lang, value) if attribute else value)
        if isinstance(value, datetime):
            value = in_utc(value, self.scope.zone)
        return write_value(value, self.lang, self.scope.zone)
