"""What a compiled condition answers, reads and notes."""

from datetime import UTC, date, datetime, timedelta

import pytest

from personalize.decisions.conditions.check import read
from personalize.decisions.conditions.compile import compile_clause
from personalize.model.attributes import ABSENCES, Cause
from tests.property.condition_samples import SCOPE, TODAY, Page, page


def met(written: str, view: Page) -> bool:
    return compile_clause(read(written, SCOPE), SCOPE)(view)


EDGES = [
    ("age < 30", {"age": 29}, {"age": 30}),
    ("age <= 30", {"age": 30}, {"age": 30.5}),
    ("age == 30", {"age": 30.0}, {"age": 31}),
    ("age != 30", {"age": 31}, {"age": 30}),
    ("age >= 30", {"age": 30}, {"age": 29}),
    ("age > 30", {"age": 31}, {"age": 30}),
    ("30 < age", {"age": 31}, {"age": 30}),
    ("age in {29, 30}", {"age": 30}, {"age": 31}),
    ("age < tenure", {"age": 3, "tenure": 4}, {"age": 4, "tenure": 4}),
    ("active == False", {"active": False}, {"active": True}),
    ("active == adult", {"active": False, "adult": False}, {"active": True, "adult": False}),
    ("city == ' Den Haag '", {"city": "Den Haag"}, {"city": "den haag"}),
    ("status in {'new', 'gold'}", {"status": "gold"}, {"status": "silver"}),
    ("'a' in products", {"products": frozenset("ab")}, {"products": frozenset("b")}),
    ("city in products", {"city": "a", "products": frozenset("a")}, {"city": "b", "products": frozenset("a")}),
    ("any_of(products, {'a', 'b'})", {"products": frozenset("bc")}, {"products": frozenset("c")}),
    ("all_of(products, {'a', 'b'})", {"products": frozenset("ab")}, {"products": frozenset("ac")}),
    ("all_of(products, {'a', 'b'})", {"products": frozenset("abc")}, {"products": frozenset()}),
    ("products == {'a', 'b'}", {"products": frozenset("ab")}, {"products": frozenset("abc")}),
    ("contract_end <= today", {"contract_end": TODAY}, {"contract_end": TODAY + timedelta(days=1)}),
    ("today + days(1) == contract_end", {"contract_end": TODAY + timedelta(days=1)}, {"contract_end": TODAY}),
]


@pytest.mark.parametrize(("written", "inside", "outside"), EDGES)
def test_a_condition_is_met_up_to_its_edge(written: str, inside: dict, outside: dict) -> None:
    assert (met(written, page(**inside)), met(written, page(**outside))) == (True, False)
    assert (met(f"not ({written})", page(**inside)), met(f"not ({written})", page(**outside))) == (False, True)


COMPARISONS = [
    "active",
    "not active",
    "active == False",
    "age < 30",
    "not (age < 30)",
    "age != tenure",
    "city == 'a'",
    "not city in {'a'}",
    "'a' in products",
    "'a' not in products",
    "any_of(products, {'a'})",
    "not any_of(products, {'a'})",
    "not all_of(products, {'a'})",
    "products != {'a'}",
    "contract_end <= today + days(3)",
    "not contract_end - months(1) <= today",
    "last_visit > now - days(3)",
    "known(age)",
]


@pytest.mark.parametrize("cause", list(Cause))
@pytest.mark.parametrize("written", COMPARISONS)
def test_a_comparison_that_touches_an_absence_is_not_met_and_notes_it(written: str, cause: Cause) -> None:
    view = Page((ABSENCES[cause],) * 14)
    assert met(written, view) is False
    assert view.absent is ABSENCES[cause]
    assert view.mask > 0


@pytest.mark.parametrize("cause", [Cause.missing, Cause.wrong_type, Cause.stale])
def test_not_known_is_met_for_what_may_be_told(cause: Cause) -> None:
    view = page(age=ABSENCES[cause])
    assert met("not known(age)", view) is True
    assert view.absent is None


@pytest.mark.parametrize("cause", [Cause.objected, Cause.no_consent, Cause.assurance])
def test_not_known_is_not_met_without_the_right_to_know(cause: Cause) -> None:
    view = page(age=ABSENCES[cause])
    assert met("not known(age)", view) is False
    assert view.absent is ABSENCES[cause]


def test_known_is_met_by_a_value_that_is_false_or_empty() -> None:
    assert met("known(active) and known(products) and known(age)", page(active=False, products=frozenset(), age=0))


def test_an_empty_set_is_known_and_lacks_everything() -> None:
    assert met("'a' not in products and not any_of(products, {'a'})", page(products=frozenset()))


def test_the_first_absence_is_kept() -> None:
    view = page(age=ABSENCES[Cause.stale], city=ABSENCES[Cause.objected])
    assert met("age > 3 or city == 'a'", view) is False
    assert view.absent is ABSENCES[Cause.stale]


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("active and age > 30", {"active"}),
        ("adult or age > 30", {"adult"}),
        ("not (adult or age > 30)", {"adult"}),
        ("adult and age > 30 and known(city)", {"adult", "age"}),
        ("city == topic", {"city"}),
        ("segment('customers')", {"active"}),
    ],
)
def test_what_is_not_evaluated_is_not_read(written: str, names: set[str]) -> None:
    view = page(active=False, adult=True, age=3)
    met(written, view)
    assert view.read == names


def test_page_facts_stand_after_the_attributes() -> None:
    view = page(topic="climate")
    assert met("topic == 'climate'", view)
    assert view.mask == 1 << 12


@pytest.mark.parametrize(
    ("today", "end", "expected"),
    [
        (date(2025, 11, 30), date(2026, 2, 28), True),
        (date(2025, 11, 30), date(2026, 3, 1), False),
        (date(2023, 11, 30), date(2024, 2, 29), True),
        (date(2025, 12, 15), date(2026, 3, 15), True),
        (date(2025, 12, 15), date(2026, 3, 16), False),
    ],
)
def test_months_clip_to_the_end_of_the_month(today: date, end: date, expected: bool) -> None:
    view = page(contract_end=end)
    view.today = today
    assert met("contract_end <= today + months(3)", view) is expected


def test_one_compiled_condition_follows_the_clock() -> None:
    test = compile_clause(read("contract_end <= today + months(1)", SCOPE), SCOPE)
    answers = []
    for days in (0, 40, 0):
        view = page(contract_end=date(2026, 3, 5))
        view.today = TODAY + timedelta(days=days)
        answers.append(test(view))
    assert answers == [False, True, False]


def test_an_instant_without_zone_is_in_the_time_of_the_site() -> None:
    eight = datetime(2026, 7, 1, 6, 0, tzinfo=UTC)
    assert met('last_visit == instant("2026-07-01T08:00")', page(last_visit=eight))
    assert met('last_visit == instant("2026-07-01T08:00+02:00")', page(last_visit=eight))


def test_a_day_later_is_the_same_time_of_day_across_summer_time() -> None:
    view = page(last_visit=datetime(2026, 3, 29, 8, 0, tzinfo=UTC))
    view.now = datetime(2026, 3, 28, 9, 0, tzinfo=UTC)
    assert met("last_visit == now + days(1)", view)
    assert met("last_visit == now + hours(23)", view)


@pytest.mark.parametrize(
    ("written", "values"),
    [
        ("contract_end + months(3) > today", {"contract_end": date.max}),
        ("contract_end - days(30) < today", {"contract_end": date.min}),
        ("last_visit + months(3) > now", {"last_visit": datetime.max.replace(tzinfo=UTC)}),
        ("last_visit - hours(3) < now", {"last_visit": datetime.min.replace(tzinfo=UTC)}),
    ],
)
def test_the_calendar_ends_without_an_error(written: str, values: dict) -> None:
    assert met(written, page(**values))
