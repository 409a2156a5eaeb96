"""Somebody known by their mail address first, and by a customer file later: one person, whatever came first."""

from collections.abc import Callable
from typing import Any

import pytest

from personalize.onboarding.summary import ImportSummary
from personalize.recognition.keys import KeyRing
from personalize.storage.open import Store

NOW = 1_800_000_000_000_000
HEAD = "id,email,postcode,number,active,months,city,internet,tv\n"
ANN, BOB = "ann@a.nl", "bob@b.nl"

Import = Callable[..., ImportSummary]
Known = Callable[[str], int | None]
Values = Callable[[str], dict[str, Any] | None]


def crm(*people: tuple[str, str]) -> str:
    """Return a customer file of numbers and mail addresses, each in a house of their own."""
    return HEAD + "".join(f"{number},{email},1234 AB,{number},yes,3,Ede,DSL,No\n" for number, email in people)


def news(*people: tuple[str, str]) -> str:
    return "email,id,theme\n" + "".join(f"{email},{number},sport\n" for email, number in people)


@pytest.fixture
def known(store: Store, ring: KeyRing) -> Known:
    """Return whom an identifier such as `1` or `ann@a.nl` leads to."""

    def of(value: str) -> int | None:
        return store.profiles.subject_of(ring.identifier_digest("email" if "@" in value else "customer_number", value))

    return of


@pytest.fixture
def sign_up(store: Store, ring: KeyRing) -> Callable[[str], int]:
    """Have somebody confirm a mail address."""
    return lambda email: store.profiles.create([("email", ring.identifier_digest("email", email))], NOW)


def test_a_reader_who_becomes_a_customer_stays_one_person(load: Import, known: Known, sign_up: Known) -> None:
    reader = sign_up(ANN)
    summary = load(crm(("1", ANN), ("2", BOB)))
    assert known("1") == known(ANN) == reader
    assert known("2") == known(BOB) != reader
    assert (summary.new, summary.shared, summary.adopted.count, summary.adopted.lines) == (1, (), 1, (2,))
    assert any("1 × known before by another identifier alone" in line for line in summary.lines())
    assert all("(" in summary.lines(lang)[1] for lang in ("nl", "nb"))


def test_a_dry_run_tells_who_would_be_adopted_and_adopts_nobody(load: Import, known: Known, sign_up: Known) -> None:
    sign_up(ANN)
    trial = load(crm(("1", ANN)), dry_run=True)
    assert (trial.adopted.lines, trial.new, known("1")) == ((2,), 0, None)


def test_the_values_of_both_files_are_one_persons_in_either_order(load: Import, values: Values, store: Store) -> None:
    load(news((ANN, "")), "news")
    load(crm(("1", ANN)))
    assert values("1") == {"active": True, "term": 3, "city": "Ede", "products": ("internet",), "theme": "sport"}
    load(crm(("2", BOB)))
    load(news((ANN, ""), (BOB, "")), "news")
    assert (values("2") or {})["theme"] == "sport"
    assert len(list(store.profiles.subjects())) == 2


def test_a_customer_whose_address_only_a_list_tells_stays_one_person(load: Import, known: Known) -> None:
    load(crm(("1", "")))
    load(news((ANN, "1")), "news")
    assert known(ANN) == known("1") is not None


def test_where_addresses_are_not_proved_nobody_gets_what_another_is_known_for(
    load: Import, known: Known, sign_up: Known
) -> None:
    reader = sign_up(ANN)
    summary = load(f"id,email,mood\n1,{ANN},glad\n", "trusting")
    assert (known(ANN), summary.adopted.count, summary.new) == (None, 0, 1)
    assert known("1") not in (reader, None)
    assert all('proved = ["email"]' in summary.lines(lang)[-2] for lang in ("nl", "nb", "en"))


def test_an_address_of_two_rows_adopts_nobody(load: Import, known: Known, sign_up: Known) -> None:
    reader = sign_up(ANN)
    summary = load(crm(("1", ANN), ("2", ANN)))
    assert len({reader, known("1"), known("2"), None}) == 4
    assert known(ANN) is None
    assert [(each.kind, each.lines) for each in summary.shared if each.kind == "email"] == [("email", (2, 3, None))]


def test_an_address_that_a_known_customer_has_too_adopts_nobody(load: Import, known: Known, sign_up: Known) -> None:
    load(crm(("1", "")))
    reader = sign_up(ANN)
    summary = load(crm(("1", ANN), ("2", ANN)))
    assert len({reader, known("1"), known("2"), None}) == 4
    assert (known(ANN), summary.adopted.count) == (None, 0)


def test_two_customers_are_never_made_one(load: Import, known: Known) -> None:
    load(crm(("1", ANN)))
    summary = load(crm(("2", ANN)))
    assert known("1") != known("2")
    assert (known(ANN), summary.adopted.count, summary.new) == (None, 0, 1)


def test_a_row_that_names_two_people_adopts_neither(load: Import, known: Known, sign_up: Known) -> None:
    sign_up(ANN)
    load(crm(("1", "")))
    summary = load(f"phone,email,id\n0612345678,{ANN},1\n", "calls")
    assert (summary.adopted.count, summary.new, known("1"), known(ANN)) == (0, 1, None, None)


def test_a_known_customer_and_a_known_reader_are_never_merged(load: Import, known: Known, sign_up: Known) -> None:
    load(crm(("1", "")))
    customer, reader = known("1"), sign_up(ANN)
    summary = load(crm(("1", ANN)))
    assert (known("1"), known(ANN), summary.adopted.count) == (customer, None, 0)
    assert customer != reader


def test_a_house_is_not_a_person(load: Import, known: Known, store: Store) -> None:
    load("postcode,number,label\n1234 AB,1,A\n", "homes")
    assert load(crm(("1", ANN))).adopted.count == 0
    assert len(list(store.profiles.subjects())) == 2


def test_a_corrected_file_gives_an_address_back(load: Import, known: Known, sign_up: Known) -> None:
    reader = sign_up(BOB)
    load(crm(("1", BOB)))
    assert known(BOB) == known("1") == reader
    load(crm(("1", ANN), ("2", BOB)))
    assert known("1") == known(ANN) == reader
    assert known("2") == known(BOB) not in (reader, None)


def test_the_rejects_say_that_somebody_known_before_has_the_identifier(load: Import, store: Store) -> None:
    load(crm(("1", ANN)))
    load(crm(("2", ANN)))
    text = (store.folder / "rejects" / "extract.csv.rejects.csv").read_text("utf-8-sig")
    assert text.splitlines()[1].endswith("lines 2 and somebody known before")
    assert ANN not in text
