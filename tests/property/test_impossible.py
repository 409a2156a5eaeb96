"""What is called impossible is met by nobody."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from personalize.decisions.conditions.clauses import And, Clause, Not, Or
from personalize.decisions.conditions.compile import compile_clause
from personalize.decisions.conditions.impossible import is_impossible
from personalize.model.attributes import ABSENCES, AttributeType
from tests.property.condition_samples import CLAUSES, KINDS, LEAVES, NOW, SCOPE, TODAY, VALUES, Page

ENDS = {
    AttributeType.date: st.sampled_from([date.min, date.max]),
    AttributeType.instant: st.sampled_from(
        [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC), NOW, NOW + timedelta(hours=24)]
    ),
}
FEW = st.lists(LEAVES, min_size=2, max_size=5).map(lambda leaves: And(tuple(leaves)))
TURNED = st.lists(st.one_of(LEAVES, LEAVES.map(Not)), min_size=2, max_size=6).map(lambda leaves: And(tuple(leaves)))
MIXED = st.tuples(TURNED, FEW, CLAUSES).map(lambda parts: And((Or(parts[:2]), parts[2])))


def value_of(kind: AttributeType) -> st.SearchStrategy[Any]:
    absences = st.sampled_from(list(ABSENCES.values()))
    return st.one_of(VALUES[kind], VALUES[kind], ENDS.get(kind, VALUES[kind]), absences)


def cells() -> st.SearchStrategy[tuple[Any, ...]]:
    return st.tuples(*map(value_of, KINDS.values()))


MANY = st.lists(cells(), min_size=20, max_size=20)


@given(st.one_of(CLAUSES, FEW, TURNED, MIXED), MANY)
def test_what_is_met_is_never_called_impossible(clause: Clause, people: list[Any]) -> None:
    met = compile_clause(clause, SCOPE)
    if any(met(Page(values, NOW, TODAY)) for values in people):
        assert not is_impossible(clause, SCOPE)


@given(st.one_of(LEAVES, LEAVES.map(Not), FEW))
def test_a_clause_and_its_opposite_exclude_each_other(clause: Clause) -> None:
    assert is_impossible(And((clause, Not(clause))), SCOPE)
