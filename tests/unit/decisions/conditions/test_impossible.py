"""Conditions that nobody meets, and those of which that cannot be said."""

import time

import pytest

from personalize.decisions.conditions.check import read
from personalize.decisions.conditions.impossible import excluding, is_impossible
from tests.property.condition_samples import SCOPE


@pytest.mark.parametrize(
    "when",
    [
        "active and not active",
        "active and active == False",
        "active != True and active != False",
        "contract_end < today and contract_end > today + days(5)",
        "contract_end < today + days(30) and contract_end > today + days(60)",
        "today < contract_end and contract_end < today + days(1)",
        "contract_end - days(30) < today and contract_end > today + days(60)",
        "contract_end > today + months(3) and contract_end < today + days(80)",
        "contract_end > date('2026-02-01') and contract_end < date('2026-01-01')",
        "contract_end > birthday and birthday > today and today >= contract_end",
        "last_visit > now and last_visit + hours(2) < now",
        "last_visit < instant('2026-01-01T08:00') and last_visit > instant('2026-01-01T08:00')",
        "age < 18 and age >= 65",
        "age > 30.5 and age < 30.5",
        "age == 30 and age in {31, 32}",
        "age in {30, 31} and age not in {30, 31, 32}",
        "age >= 30 and age <= 30 and age != 30",
        "not (age < 65 or age >= 18)",
        "city == 'a' and city == 'b'",
        "city in {'a', 'b'} and 'c' == city",
        "status == 'new' and status != 'new'",
        "status not in {'new', 'silver', 'gold'}",
        "status != 'new' and status != 'silver' and status != 'gold'",
        "'a' in products and 'a' not in products",
        "all_of(products, {'a', 'b'}) and not any_of(products, {'b', 'c'})",
        "any_of(products, {'a', 'b'}) and 'a' not in products and 'b' not in products",
        "'a' in products and 'b' in products and not all_of(products, {'a', 'b'})",
        "not known(age) and age > 3",
        "known(age) and not known(age)",
        "segment('customers') and age < 20",
        "segment('leaving') and adult",
        "city in products and city not in products",
        "(age < 18 or age > 65) and age == 30",
        "active and (not active or age < 18 and age > 20)",
    ],
)
def test_what_excludes_itself_is_impossible(when: str) -> None:
    assert is_impossible(read(when, SCOPE), SCOPE)


@pytest.mark.parametrize(
    "when",
    [
        "active or not active",
        "not active and adult",
        "contract_end >= today and contract_end <= today",
        "contract_end > today + months(1) and contract_end < today + days(31)",
        "contract_end + days(5) <= contract_end",
        "last_visit > now and last_visit < now + hours(1)",
        "age > 30 and age < 30.5",
        "age in {30, 31} and age not in {30, 32}",
        "city != 'a' and city != 'b'",
        "topic == 'a' and city == 'b'",
        "status not in {'new', 'silver'}",
        "any_of(products, {'a', 'b'}) and 'a' not in products",
        "not known(age) and active",
        "birthday < contract_end and contract_end > today",
    ],
)
def test_what_somebody_may_meet_is_not(when: str) -> None:
    assert not is_impossible(read(when, SCOPE), SCOPE)


@pytest.mark.parametrize(
    ("when", "parts"),
    [
        ("adult and age < 18 and (active or adult) and age >= 65", ("age < 18", "age >= 65")),
        ("adult and (active and not active)", ("active and not active",)),
        ("age > 20 and (age < 30 or adult) and not adult and age >= 30", ()),
    ],
)
def test_the_fewest_parts_that_exclude_each_other_are_named(when: str, parts: tuple[str, ...]) -> None:
    assert excluding(read(when, SCOPE), SCOPE) == parts


@pytest.mark.parametrize(
    "when",
    [
        " and ".join(f"(age < {n} or age > {n + 1})" for n in range(100)),
        " and ".join(f"contract_end != today + days({n})" for n in range(100)),
        f"age not in {{{', '.join(map(str, range(700)))}}}",
    ],
)
def test_a_condition_that_can_be_met_in_very_many_ways_takes_no_time(when: str) -> None:
    began = time.monotonic()
    assert not is_impossible(read(when, SCOPE), SCOPE)
    assert time.monotonic() - began < 5
