"""What holds for every condition and every view, against an evaluator that shares no code."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from personalize.decisions.conditions.check import read
from personalize.decisions.conditions.clauses import And, Clause, Not, Or, clock_use, reads
from personalize.decisions.conditions.compile import compile_clause
from personalize.decisions.conditions.scan import MAX_BYTES
from personalize.decisions.conditions.text import text
from personalize.decisions.conditions.trace import Trace, first_failing, made_true, trace
from personalize.decisions.conditions.words import describe
from personalize.errors import ConfigError, ManyErrors
from personalize.model.attributes import Absence, Cause
from tests.property.condition_samples import CLAUSES, KINDS, LEAVES, NOW, SCOPE, TODAY, Page, cells

ZONE = ZoneInfo("Europe/Amsterdam")

NOT_TOLD = {Cause.objected, Cause.no_consent, Cause.assurance}
COMPARE = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    ">=": lambda a, b: a >= b,
    ">": lambda a, b: a > b,
}


class Reference:
    """Three-valued logic, evaluated as the tree stands; notes which names were read."""

    def __init__(self, values: tuple[Any, ...]) -> None:
        self.values = dict(zip(KINDS, values, strict=True))
        self.read: list[str] = []

    def kleene(self, clause: Clause) -> bool | None:
        """Return yes, no or unknown, looking at every part."""
        match type(clause).__name__:
            case "And":
                found = [self.kleene(part) for part in clause.parts]
                return False if False in found else None if None in found else True
            case "Or":
                found = [self.kleene(part) for part in clause.parts]
                return True if True in found else None if None in found else False
            case "Not":
                found = self.kleene(clause.clause)
                return None if found is None else not found
            case "InSegment":
                return self.kleene(clause.clause)
        return self.leaf(clause)

    def surely(self, clause: Clause, wanted: bool) -> bool:
        """Say whether the answer is known to be `wanted`, going no further than needed."""
        match type(clause).__name__:
            case "And" | "Or" as kind:
                asks = (self.surely(part, wanted) for part in clause.parts)
                return all(asks) if (kind == "And") is wanted else any(asks)
            case "Not":
                return self.surely(clause.clause, not wanted)
            case "InSegment":
                return self.surely(clause.clause, wanted)
        return self.leaf(clause) is wanted

    def leaf(self, leaf: Clause) -> bool | None:
        match type(leaf).__name__:
            case "Known":
                value = self.fact(leaf.fact.name)
                absent = isinstance(value, Absence)
                return None if absent and value.cause in NOT_TOLD else not absent
            case "Flag":
                return self.ask(lambda value: value, leaf.fact)
            case "AnyOf":
                return self.ask(lambda value: any(option in value for option in leaf.options), leaf.fact)
            case "AllOf":
                return self.ask(lambda value: all(option in value for option in leaf.options), leaf.fact)
            case "Membership":
                return self.ask(lambda item, among: item in among, leaf.item, leaf.container)
        return self.ask(COMPARE[str(leaf.comparator)], leaf.left, leaf.right)

    def ask(self, question: Any, *operands: Any) -> bool | None:
        values = []
        for operand in operands:
            values.append(self.value(operand))
            if isinstance(values[-1], Absence):
                return None
        return bool(question(*values))

    def value(self, operand: Any) -> Any:
        match type(operand).__name__:
            case "Fact":
                return self.fact(operand.name)
            case "Today":
                return TODAY
            case "Now":
                return NOW
            case "Shift":
                start = self.value(operand.base)
                return start if isinstance(start, Absence) else moved(start, operand.count, operand.unit)
        naive = isinstance(operand.value, datetime) and operand.value.tzinfo is None
        return operand.value.replace(tzinfo=ZONE).astimezone(UTC) if naive else operand.value

    def fact(self, name: str) -> Any:
        self.read.append(name)
        return self.values[name]


def moved(start: date, count: int, unit: str) -> date:
    """Move a date or instant the slow way: month by month, the day given back afterwards."""
    if isinstance(start, datetime):
        if unit == "hours":
            return start + timedelta(hours=count)
        local = start.astimezone(ZONE)
        day = moved(local.date(), count, unit)
        return datetime.combine(day, local.timetz()).replace(fold=0).astimezone(UTC)
    if unit == "days":
        return start + timedelta(days=count)
    first = start.replace(day=1)
    for _ in range(abs(count)):
        first = (first + timedelta(days=32 if count > 0 else -1)).replace(day=1)
    last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    return min(last, first + timedelta(days=start.day - 1))


@given(CLAUSES)
def test_a_condition_survives_print_and_parse(clause: Clause) -> None:
    written = text(clause)
    if len(written.encode()) <= MAX_BYTES:
        assert read(written, SCOPE) == clause
        assert text(read(written, SCOPE)) == written


@given(CLAUSES, cells())
def test_compiled_says_yes_exactly_when_three_valued_logic_does(clause: Clause, values: Any) -> None:
    assert compile_clause(clause, SCOPE)(Page(values)) is (Reference(values).kleene(clause) is True)


@given(LEAVES, cells())
def test_each_leaf_and_its_opposite_say_what_three_valued_logic_says(leaf: Clause, values: Any) -> None:
    answers = [compile_clause(clause, SCOPE)(Page(values)) for clause in (leaf, Not(leaf))]
    found = Reference(values).kleene(leaf)
    assert answers == [found is True, found is False]


@given(CLAUSES, cells())
def test_compiled_reads_what_a_reader_in_order_would_read_and_no_more(clause: Clause, values: Any) -> None:
    view, reference = Page(values), Reference(values)
    assert compile_clause(clause, SCOPE)(view) is reference.surely(clause, True)
    assert view.read == set(reference.read)
    assert view.read <= reads(clause)


@given(CLAUSES, cells())
def test_the_absence_noted_is_one_that_was_read(clause: Clause, values: Any) -> None:
    view = Page(values)
    met = compile_clause(clause, SCOPE)(view)
    met_absences = [values[list(KINDS).index(name)] for name in view.read]
    assert view.absent is None or view.absent in met_absences
    assert met or view.absent is not None or Reference(values).kleene(clause) is False


@given(CLAUSES, cells(), st.integers(0, len(KINDS) - 1), cells())
def test_what_was_not_read_changes_nothing(clause: Clause, values: Any, place: int, others: Any) -> None:
    test, view = compile_clause(clause, SCOPE), Page(values)
    met = test(view)
    if not view.mask >> place & 1:
        again = Page((*values[:place], others[place], *values[place + 1 :]))
        assert (test(again), again.mask, again.absent) == (met, view.mask, view.absent)


@given(st.lists(CLAUSES, min_size=2, max_size=4).map(tuple), cells())
def test_de_morgan_holds_for_answers_and_reads(parts: tuple[Clause, ...], values: Any) -> None:
    pairs = [
        (Not(And(parts)), Or(tuple(Not(part) for part in parts))),
        (Not(Or(parts)), And(tuple(Not(part) for part in parts))),
        (Not(Not(parts[0])), parts[0]),
    ]
    for one, other in pairs:
        first, second = Page(values), Page(values)
        assert compile_clause(one, SCOPE)(first) is compile_clause(other, SCOPE)(second)
        assert (first.mask, first.absent) == (second.mask, second.absent)


@given(CLAUSES, cells())
def test_a_clause_and_its_opposite_are_never_both_met(clause: Clause, values: Any) -> None:
    assert not (compile_clause(clause, SCOPE)(Page(values)) and compile_clause(Not(clause), SCOPE)(Page(values)))


def leaves(found: Trace) -> list[Trace]:
    return [leaf for part in found.parts for leaf in leaves(part)] if found.parts else [found]


@given(CLAUSES, cells())
def test_a_trace_agrees_with_the_compiled_condition(clause: Clause, values: Any) -> None:
    view, traced = Page(values), Page(values)
    met, found = compile_clause(clause, SCOPE)(view), trace(clause, SCOPE, traced)
    seen = [pair for leaf in leaves(found) for pair in leaf.seen]
    assert (found.met, {name for name, _ in seen}) == (met, view.read)
    assert all(value is values[list(KINDS).index(name)] for name, value in seen)
    assert (traced.mask, traced.absent) == (0, None)


@given(CLAUSES, cells())
def test_a_trace_names_the_leaf_that_failed_or_the_leaves_that_made_it_true(clause: Clause, values: Any) -> None:
    found = trace(clause, SCOPE, Page(values))
    failing, making = first_failing(found), made_true(found)
    assert (failing is None, bool(making)) == (found.met, found.met)
    for leaf in making or [failing]:
        assert compile_clause(leaf.clause, SCOPE)(Page(values)) is found.met


@given(CLAUSES, st.sampled_from(["nl", "nb", "en"]))
def test_every_condition_has_words(clause: Clause, lang: str) -> None:
    words = describe(clause, SCOPE, lang)
    assert words
    assert not set("{}") & set(words)


@given(CLAUSES, cells(), st.integers(1, 400))
def test_without_use_of_the_clock_its_time_changes_nothing(clause: Clause, values: Any, days: int) -> None:
    later = NOW + timedelta(days=days)
    moments = {"none": (later, later.date()), "today": (NOW + timedelta(minutes=days), TODAY)}
    if clock_use(clause) in moments:
        test = compile_clause(clause, SCOPE)
        assert test(Page(values)) is test(Page(values, *moments[clock_use(clause)]))


SALAD = (
    "and or not in is if else lambda None True False today now age active city products"
    " ( ) { } [ ] , . = == != < <= > >= + - * ** : := ' \" \\ # ; ~ @ $ ? \0 \n \t 1 1.5 1e999 1_0 0x1"
    " 'a' {'a'} days(3) hours(1) months(2) known(age) any_of(products,{'a'}) segment('customers')"
    " date('2026-01-31') instant('2026-01-31T08:00') ʼ “ а ａ １ ² \u200b \ud800"
)
WORDS = st.sampled_from(SALAD.split(" "))
HOSTILE = st.one_of(
    st.text(),
    st.text(alphabet=st.characters(codec=None, exclude_categories=())),
    st.lists(WORDS, max_size=40).map(" ".join),
    st.lists(WORDS, max_size=40).map("".join),
    st.builds(lambda part, count: part * count, WORDS, st.integers(1, 5000)),
)


def refused_or_read(written: str) -> None:
    for refusal in refusals_of(written):
        assert refusal.remedy
        assert min(refusal.line, refusal.column) >= 1


def refusals_of(written: str) -> tuple[ConfigError, ...]:
    try:
        read(written, SCOPE)
    except ManyErrors as many:
        return many.errors
    return ()


@given(HOSTILE)
@example("f''")
@example("age == " + "9" * 4000)
@example("'" + "\ud800" + "' == city")
def test_hostile_text_is_read_or_refused_with_a_remedy(written: str) -> None:
    refused_or_read(written)


@given(CLAUSES, st.integers(0, 4000), st.integers(0, 10), WORDS)
def test_a_condition_with_a_part_cut_out_is_read_or_refused(clause: Clause, at: int, cut: int, put: str) -> None:
    written = text(clause)
    place = at % (len(written) + 1)
    refused_or_read(written[:place] + put + written[place + cut :])


@pytest.mark.parametrize(
    ("opening", "closing"),
    [
        ("(", ")"),
        ("{", "}"),
        ("not ", ""),
        ("-", ""),
        ("+", ""),
        ("known(", ")"),
        ("not (", ")"),
        ("(active or not ", ")"),
        ("", " - days(1)"),
        ("", "()"),
        ("", ".a"),
        ("", "[0]"),
        ("active if active else ", ""),
        ("lambda: ", ""),
        ("age == ", ""),
        ("active and ", ""),
    ],
)
@pytest.mark.parametrize("count", [49, 51, 200, 1300, 100_000])
def test_depth_is_read_or_refused_however_it_is_made(opening: str, closing: str, count: int) -> None:
    refused_or_read(f"{opening * count}active{closing * count}")


@pytest.mark.parametrize("depth", [24, 25])
def test_the_deepest_text_that_is_read_also_compiles_and_has_words(depth: int) -> None:
    written = "active or adult and not (" * depth + "active" + ")" * depth
    clause = read(written, SCOPE)
    assert compile_clause(clause, SCOPE)(Page((False,) * len(KINDS))) in {True, False}
    assert describe(clause, SCOPE, "nl")
    assert read(text(clause), SCOPE) == clause
