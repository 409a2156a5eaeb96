"""Cells into typed values."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from personalize.model.attributes import Attribute, AttributeType
from personalize.onboarding.cells import BadCell, reader_of
from personalize.settings import Column

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def read(kind: str, cell: str, **column: Any) -> Any:
    attribute = Attribute(
        name="a",
        type=AttributeType(kind),
        source="s",
        purpose="p",
        choices=("year", "month") if kind == "choice" else (),
    )
    return reader_of(attribute, Column(attribute="a", **column), AMSTERDAM)(cell)


@pytest.mark.parametrize(
    ("kind", "cell", "column", "value"),
    [
        ("text", " Cafe\u0301 ", {}, "Café"),
        ("number", " 12 ", {}, 12),
        ("number", "-0.5", {}, -0.5),
        ("number", "1.5e3", {}, 1500.0),
        ("number", "1.234,5", {"format": ","}, 1234.5),
        ("number", "1234", {"format": ","}, 1234),
        ("yes/no", "JA", {}, True),
        ("yes/no", "nei", {}, False),
        ("yes/no", "A", {"values": {"A": True, "B": False}}, True),
        ("date", "2026-02-28", {}, "2026-02-28"),
        ("date", "2026-02-28 00:00:00", {}, "2026-02-28"),
        ("date", "3-2-2026", {"format": "d-m-y"}, "2026-02-03"),
        ("date", "02/03/2026", {"format": "m/d/y"}, "2026-02-03"),
        ("instant", "2026-01-01T12:00", {}, 1_767_265_200_000_000),
        ("instant", "2026-01-01T12:00Z", {}, 1_767_268_800_000_000),
        ("instant", "1-1-2026 12:00", {"format": "d-m-y"}, 1_767_265_200_000_000),
        ("instant", "1-1-2026 9:00:00", {"format": "d-m-y"}, 1_767_254_400_000_000),
        ("set of text", "b; a;;b", {"separator": ";"}, ("a", "b")),
        ("set of text", "I;T", {"separator": ";", "values": {"I": "internet", "T": "tv"}}, ("internet", "tv")),
        ("choice", " year ", {}, "year"),
    ],
)
def test_a_cell_is_read_as_its_type(kind: str, cell: str, column: dict[str, Any], value: object) -> None:
    found = read(kind, cell, **column)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("kind", "cell", "column"),
    [
        ("text", "x" * 5_000, {}),
        ("number", "12,5", {}),
        ("number", "1,234.5", {}),
        ("number", "nan", {}),
        ("number", "inf", {}),
        ("number", "1_000", {}),
        ("number", "٣", {}),
        ("number", "9" * 16, {}),
        ("number", "12.34", {"format": ","}),
        ("yes/no", "maybe", {}),
        ("yes/no", "C", {"values": {"A": True}}),
        ("date", "28-02-2026", {}),
        ("date", "2026-02-30", {}),
        ("date", "2026-02-28 12:00", {}),
        ("date", "3-2-26", {"format": "d-m-y"}),
        ("date", "13/13/2026", {"format": "m/d/y"}),
        ("instant", "yesterday", {}),
        ("instant", "0001-01-01T00:00+14:00", {}),
        ("set of text", "I;X", {"separator": ";", "values": {"I": "internet"}}),
        ("choice", "week", {}),
    ],
)
def test_a_cell_that_is_not_of_its_type_is_refused(kind: str, cell: str, column: dict[str, Any]) -> None:
    with pytest.raises(BadCell):
        read(kind, cell, **column)


@pytest.mark.parametrize(("cell", "remedy"), [("45,50", ': its column needs format = ","'), ("many", "")])
def test_a_decimal_comma_is_answered_with_what_reads_it(cell: str, remedy: str) -> None:
    with pytest.raises(BadCell, match=rf"^not a number with a decimal point{remedy}$"):
        read("number", cell)
