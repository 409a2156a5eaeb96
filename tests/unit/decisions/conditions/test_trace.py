"""How a decision about a condition is shown again."""

from personalize.decisions.conditions.check import read
from personalize.decisions.conditions.text import text
from personalize.decisions.conditions.trace import Trace, first_failing, made_true, trace
from personalize.model.attributes import ABSENCES, Cause
from tests.property.condition_samples import SCOPE, Page, page


def traced(written: str, view: Page) -> Trace:
    return trace(read(written, SCOPE), SCOPE, view)


def test_the_first_part_that_failed_is_named_with_what_it_saw() -> None:
    failing = first_failing(traced("active and age >= 30 and known(city)", page(active=True, age=29)))
    assert failing is not None
    assert (text(failing.clause), failing.seen) == ("age >= 30", (("age", 29),))


def test_an_absence_is_seen_as_an_absence() -> None:
    failing = first_failing(traced("not (age < 30)", page(age=ABSENCES[Cause.stale])))
    assert failing is not None
    assert (text(failing.clause), failing.seen) == ("age >= 30", (("age", ABSENCES[Cause.stale]),))


def test_what_made_it_true_leaves_out_what_did_not_help() -> None:
    found = traced("(active or adult) and age > 3", page(active=False, adult=True, age=4))
    assert [text(leaf.clause) for leaf in made_true(found)] == ["adult", "age > 3"]
    assert first_failing(found) is None


def test_a_segment_keeps_its_name_and_shows_its_parts() -> None:
    found = traced("not segment('customers')", page(active=True, age=3))
    assert (text(found.clause), found.met) == ("not segment('customers')", True)
    assert [text(leaf.clause) for leaf in made_true(found)] == ["age < 30"]


def test_both_sides_of_a_comparison_are_seen() -> None:
    found = traced("tenure > age", page(age=3, tenure=4))
    assert dict(found.seen) == {"age": 3, "tenure": 4}


def test_what_was_not_evaluated_has_no_part() -> None:
    found = traced("active and age > 3", page(active=False, age=4))
    assert [text(part.clause) for part in found.parts] == ["active"]
