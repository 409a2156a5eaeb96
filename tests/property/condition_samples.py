"""A dictionary, and random conditions and cells over it."""

from datetime import UTC, date, datetime, timedelta, timezone

from hypothesis import strategies as st

from personalize.decisions.conditions.check import read
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
    Literal,
    Membership,
    Not,
    Now,
    Operand,
    Or,
    Shift,
    Today,
    Unit,
)
from personalize.decisions.conditions.scope import Scope
from personalize.model.attributes import ABSENCES, Absence, Attribute, AttributeType, Value
from personalize.model.content import Segment

NOW = datetime(2026, 1, 31, 23, 30, tzinfo=UTC)
TODAY = date(2026, 2, 1)

TYPES = {
    "active": AttributeType.yes_no,
    "adult": AttributeType.yes_no,
    "age": AttributeType.number,
    "tenure": AttributeType.number,
    "city": AttributeType.text,
    "status": AttributeType.choice,
    "contract_end": AttributeType.date,
    "birthday": AttributeType.date,
    "last_visit": AttributeType.instant,
    "last_order": AttributeType.instant,
    "products": AttributeType.set,
    "wishes": AttributeType.set,
}
CHOICES = ("new", "silver", "gold")
CONTEXT = {"topic": AttributeType.text, "published": AttributeType.date}
SEGMENTS = (
    Segment(name="customers", when="active and age >= 30", titles={"nl": "Klanten", "en": "Customers"}),
    Segment(name="leaving", when="segment('customers') and not (contract_end > today + days(30) or adult)"),
)
TITLES = {
    "contract_end": {"nl": "einde contract", "nb": "kontraktens slutt", "en": "contract end"},
    "products": {"nl": "producten", "nb": "produkter", "en": "products"},
    "age": {"nl": "leeftijd", "nb": "alder", "en": "age"},
}


def _attribute(name: str, kind: AttributeType) -> Attribute:
    choices = CHOICES if kind is AttributeType.choice else ()
    titles = TITLES.get(name, {})
    return Attribute(name=name, type=kind, source="crm", purpose="offers", choices=choices, titles=titles)


SCOPE = Scope(
    attributes=tuple(_attribute(name, kind) for name, kind in TYPES.items()),
    context=CONTEXT,
    segments={segment.name: segment for segment in SEGMENTS},
    timezone="Europe/Amsterdam",
)
KINDS = TYPES | CONTEXT


class Page:
    """One decision's view."""

    def __init__(self, cells: tuple[Value | Absence, ...], now: datetime = NOW, today: date = TODAY) -> None:
        self.cells, self.now, self.today = cells, now, today
        self.mask, self.absent = 0, None

    @property
    def read(self) -> set[str]:
        return {name for index, name in enumerate(KINDS) if self.mask >> index & 1}


def page(**values: Value | Absence) -> Page:
    """A view in which everything else is missing."""
    return Page(tuple(values.get(name, ABSENCES[4]) for name in KINDS))


# Few different values, near each other, so that random comparisons come out either way.
TEXTS = st.sampled_from(["a", "b", "é", "it's", 'a "b" \\', "Den Haag"])
NUMBERS = st.sampled_from([0, 1, 29, 30, 31, -2, 30.5, 1e-7, -12345.25])
DAYS = st.integers(-70, 70).map(lambda count: TODAY + timedelta(days=count))
INSTANTS = st.integers(-4000, 4000).map(lambda hours: NOW + timedelta(hours=hours))
SETS = st.frozensets(TEXTS, max_size=3)
VALUES = {
    AttributeType.yes_no: st.booleans(),
    AttributeType.number: NUMBERS,
    AttributeType.text: TEXTS,
    AttributeType.choice: st.sampled_from(CHOICES),
    AttributeType.date: DAYS,
    AttributeType.instant: INSTANTS,
    AttributeType.set: SETS,
}
WRITTEN_INSTANTS = INSTANTS.flatmap(
    lambda moment: st.sampled_from(
        [moment.replace(tzinfo=None), moment, moment.astimezone(timezone(timedelta(hours=-5)))]
    )
)


def cells() -> st.SearchStrategy[tuple[Value | Absence, ...]]:
    absences = st.sampled_from(list(ABSENCES.values()))
    return st.tuples(*(st.one_of(VALUES[kind], VALUES[kind], absences) for kind in KINDS.values()))


def facts(*kinds: AttributeType) -> st.SearchStrategy[Fact]:
    return st.sampled_from([Fact(name) for name, kind in KINDS.items() if kind in kinds])


def shifted(starts: st.SearchStrategy[Operand], *units: Unit) -> st.SearchStrategy[Operand]:
    moved = st.builds(Shift, starts, st.integers(-40, 40), st.sampled_from(units))
    return st.one_of(starts, moved, st.builds(Shift, moved, st.integers(-3, 3), st.sampled_from(units)))


EQUALITIES = st.sampled_from([Comparator.equal, Comparator.unequal])
COMPARATORS = st.sampled_from(list(Comparator))


def compared(known: st.SearchStrategy[Operand], other: st.SearchStrategy[Operand], comparators):
    either = st.one_of(known, other)
    return st.one_of(
        st.builds(Comparison, known, comparators, either), st.builds(Comparison, either, comparators, known)
    )


def literals(values: st.SearchStrategy) -> st.SearchStrategy[Literal]:
    return values.map(Literal)


def several(values: st.SearchStrategy) -> st.SearchStrategy[frozenset]:
    return st.frozensets(values, min_size=1, max_size=3)


T = AttributeType
DATES = shifted(st.one_of(facts(T.date), st.just(Today())), Unit.days, Unit.months)
MOMENTS = shifted(st.one_of(facts(T.instant), st.just(Now())), *Unit)
LEAVES = st.one_of(
    facts(T.yes_no).map(Flag),
    st.sampled_from(list(KINDS)).map(Fact).map(Known),
    compared(facts(T.yes_no), literals(st.booleans()), EQUALITIES),
    compared(facts(T.number), literals(NUMBERS), COMPARATORS),
    compared(facts(T.text), literals(TEXTS), EQUALITIES),
    compared(facts(T.choice), literals(st.sampled_from(CHOICES)), EQUALITIES),
    compared(DATES, shifted(literals(DAYS), Unit.days, Unit.months), COMPARATORS),
    compared(MOMENTS, shifted(literals(WRITTEN_INSTANTS), *Unit), COMPARATORS),
    compared(facts(T.set), literals(several(TEXTS)), EQUALITIES),
    st.builds(Membership, facts(T.text), literals(several(TEXTS))),
    st.builds(Membership, facts(T.choice), literals(several(st.sampled_from(CHOICES)))),
    st.builds(Membership, facts(T.number), literals(several(NUMBERS))),
    st.builds(Membership, DATES, literals(several(DAYS))),
    st.builds(Membership, st.one_of(literals(TEXTS), facts(T.text, T.choice)), facts(T.set)),
    st.builds(AnyOf, facts(T.set), several(TEXTS)),
    st.builds(AllOf, facts(T.set), several(TEXTS)),
    st.sampled_from([InSegment(segment.name, read(segment.when, SCOPE)) for segment in SEGMENTS]),
)


def _larger(clauses: st.SearchStrategy[Clause]) -> st.SearchStrategy[Clause]:
    parts = st.lists(clauses, min_size=2, max_size=4).map(tuple)
    return st.one_of(parts.map(And), parts.map(Or), clauses.map(Not))


CLAUSES = st.recursive(LEAVES, _larger, max_leaves=12)
