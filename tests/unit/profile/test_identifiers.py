"""Identifiers in their one form."""

import csv
import sys
from collections import Counter
from pathlib import Path

import pytest

from personalize.errors import ConfigError, IdentifierProblem
from personalize.profile import contacts
from personalize.profile.identifiers import KINDS, normalise, parse


@pytest.mark.parametrize(
    ("kind", "cells", "country", "expected"),
    [
        ("customer_number", [" 4711\t"], "NL", "4711"),
        ("customer_number", ["aB-1:2"], "", "aB-1:2"),
        ("customer_number", ["cafe\u0301"], "", "caf\u00e9"),
        ("email", [" KLANT@Example.ORG "], "", "klant@example.org"),
        ("email", ["a.b+c_d-e@sub.example.co.uk"], "", "a.b+c_d-e@sub.example.co.uk"),
        ("email", ["O'Brien@example.org"], "", "o'brien@example.org"),
        ("email", ["Søren@BÜCHER.example.org"], "", "søren@bücher.example.org"),
        ("email", ["a@xn--bcher-kva.example.org"], "", "a@bücher.example.org"),
        ("phone", ["06-10000004"], "NL", "+31610000004"),
        ("phone", ["0031 6 1000 0002"], "nl", "+31610000002"),
        ("phone", ["+31 (0)6 10000003"], "NL", "+31610000003"),
        ("phone", ["Tel: 020 123 45 67"], "NL", "+31201234567"),
        ("phone", ["22 12 34 56"], "NO", "+4722123456"),
        ("phone", ["+47 22 12 34 56"], "NL", "+4722123456"),
        ("phone", ["+31610000003"], "", "+31610000003"),
        ("address", ["1001 cd", "2"], "NL", "1001CD 2"),
        ("address", ["1001CD", "012", "a-1"], "NL", "1001CD 12 A1"),
        ("address", ["1001\u00a0cd 12-a"], "NL", "1001CD 12 A"),
        ("address", ["1001CD 12 A"], "", "1001CD 12 A"),
        ("address", ["0150", "12 b"], "NO", "0150 12 B"),
        ("address", ["0150 12"], "", "0150 12"),
        ("plate", ["11-dbb-1"], "NL", "11DBB1"),
        ("plate", ["g 001 bb"], "NL", "G001BB"),
        ("plate", ["ab 12345"], "NO", "AB12345"),
        ("plate", ["AB12345"], "", "AB12345"),
    ],
)
def test_untidy_cells_take_their_one_form(kind: str, cells: list[str], country: str, expected: str) -> None:
    assert normalise(kind, cells, country) == expected


@pytest.mark.parametrize(
    ("kind", "cells", "country", "reason"),
    [
        ("shoe_size", ["42"], "NL", "no kind"),
        *((kind, [" "], "NL", "empty") for kind in KINDS),
        *((kind, ["x" * 321], "NL", "longer") for kind in KINDS),
        ("customer_number", ["x" * 65], "NL", "64"),
        ("customer_number", ["4\x0011"], "NL", "control"),
        ("email", ["klant"], "", "not an e-mail"),
        ("email", ["a@b"], "", "period"),
        ("email", ["a@localhost"], "", "not an e-mail"),
        ("email", ["a" * 64 + "@" + "b.example." * 20 + "org"], "", "too long"),
        ("email", ["a..b@example.org"], "", "not an e-mail"),
        ("email", ["a@-example.org"], "", "not an e-mail"),
        ("email", ["a@example.org, b@example.org"], "", "not an e-mail"),
        ("phone", ["020 1234567 tst 12"], "NL", "not a valid phone"),
        ("phone", ["22 12 34 56"], "NL", "not a valid phone"),
        ("phone", ["0610000004"], "", "country code"),
        ("phone", ["n.v.t."], "NL", "not a phone"),
        ("phone", ["0" * 300], "NL", "not a phone"),
        ("address", ["1001CD"], "NL", "house number"),
        ("address", ["1001CD", "0"], "NL", "zero"),
        ("address", ["1001SS", "2"], "NL", "ends in SS"),
        ("address", ["0001CD", "2"], "NL", "house number"),
        ("address", ["1001CD", "123456"], "NL", "house number"),
        ("address", ["1001CD", "1 bis achter links"], "NL", "addition"),
        ("address", ["0000", "1"], "NO", "zero"),
        ("address", ["75001", "1"], "FR", "NL and NO"),
        ("plate", ["11-DBB-12"], "NL", "no Dutch"),
        ("plate", ["111-111"], "NL", "no Dutch"),
        ("plate", ["AB12345"], "NL", "no Dutch"),
        ("plate", ["AB1234"], "NO", "Norwegian"),
        ("plate", ["AB12345"], "SE", "NL and NO"),
    ],
)
def test_what_cannot_be_used_is_refused_in_words(kind: str, cells: list[str], country: str, reason: str) -> None:
    with pytest.raises(IdentifierProblem, match=reason):
        normalise(kind, cells, country)


SHAPES = [
    *("AA-99-99", "99-99-AA", "99-AA-99", "AA-99-AA", "AA-AA-99", "99-AA-AA", "99-AAA-9"),
    *("9-AAA-99", "AA-999-A", "A-999-AA", "AAA-99-A", "A-99-AAA", "9-AA-999", "999-AA-9"),
]


@pytest.mark.parametrize("shape", SHAPES)
def test_each_of_the_fourteen_dutch_series_is_known(shape: str) -> None:
    plate = shape.replace("A", "B").replace("9", "1")
    assert normalise("plate", [plate], "NL") == plate.replace("-", "")


NEVER = ["GVD", "KKK", "KVT", "LPF", "NSB", "PKK", "PSV", "TBS", "SSB", "BSS", "SDB", "BSD"]


@pytest.mark.parametrize("letters", NEVER)
def test_letters_that_no_dutch_plate_bears_are_refused(letters: str) -> None:
    with pytest.raises(IdentifierProblem, match="bears the letters"):
        normalise("plate", [f"11-{letters}-1"], "NL")


def test_letters_of_two_groups_are_not_read_as_one() -> None:
    assert normalise("plate", ["BS-SB-11"], "NL") == "BSSB11"
    with pytest.raises(IdentifierProblem, match="SS"):
        normalise("plate", ["SS-BB-11"], "NL")


def test_identifier_text_is_kind_and_value() -> None:
    assert parse("customer_number:a:b") == ("customer_number", "a:b")
    assert parse("phone:06 1000 0004", "NL") == ("phone", "+31610000004")
    with pytest.raises(IdentifierProblem, match="kind is missing"):
        parse("4711")


@pytest.mark.parametrize(("kind", "name"), [("email", "email_validator"), ("phone", "phonenumbers")])
def test_a_missing_library_is_named_with_its_extra(kind: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    contacts._plain_numbers.cache_clear()
    contacts._vouched_for.cache_clear()
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ConfigError, match=rf"without {name}.*pip install 'personalize\[crm\]'"):
        normalise(kind, ["x@new.example.org" if kind == "email" else "0610000004"], "NL")


def test_seven_thousand_untidy_customers_are_told_apart(test_data: Path) -> None:
    with (test_data / "telco" / "telco.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    phones = {normalise("phone", [row["phone"]], "NL") for row in rows}
    emails = {normalise("email", [row["email"]], "NL") for row in rows}
    addresses = [normalise("address", [row["postcode"], row["house_number"]], "NL") for row in rows]
    assert (len(phones), len(emails), len(addresses)) == (7043, 7043, 7043)


def test_the_plates_that_no_car_bears_are_refused(test_data: Path) -> None:
    refused: Counter[str] = Counter()
    with (test_data / "telco" / "telco.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            try:
                normalise("plate", [row["plate"]], "NL")
            except IdentifierProblem as problem:
                refused[str(problem)] += 1
    assert refused.total() == 114
    assert all(reason.startswith("No Dutch licence plate bears the letters") for reason in refused)
