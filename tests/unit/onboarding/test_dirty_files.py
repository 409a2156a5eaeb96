"""Files as they really come: no row may eat the next (X22, F16)."""

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalize.onboarding.framing import frame
from personalize.onboarding.summary import ImportSummary
from personalize.onboarding.survey import Survey

HEAD = "id,email,postcode,number,active,months,city,internet,tv"
GOOD = "{n},{n}@a.nl,1234 AB,{n},yes,3,{city},DSL,No"
Import = Callable[..., ImportSummary]
Values = Callable[[str], dict[str, Any] | None]


def row(n: int, city: str = "Ede") -> str:
    return GOOD.format(n=n, city=city)


FORMS = [
    *product((",", ";", "\t", "|"), ("utf-8", "utf-8-sig", "cp1252"), ("\n", "\r\n", "\r")),
]


@pytest.mark.parametrize(("delimiter", "encoding", "newline"), FORMS)
def test_every_usual_form_of_a_file_is_read_alike(
    load: Import, values: Values, delimiter: str, encoding: str, newline: str
) -> None:
    text = newline.join([HEAD, row(1, "Curaçao"), row(2, "Tromsø"), ""]).replace(",", delimiter)
    summary = load(text.encode(encoding))
    assert (summary.accepted, summary.rejected, summary.delimiter) == (2, 0, delimiter)
    assert [(values(n) or {})["city"] for n in ("1", "2")] == ["Curaçao", "Tromsø"]


def test_what_a_spreadsheet_says_about_its_separator_is_followed(load: Import) -> None:
    text = f"sep=;\n{HEAD}\n{row(1)}\n".replace(",", ";")
    summary = load(text)
    assert (summary.accepted, summary.delimiter) == (1, ";")


BAD_ROWS = [
    row(2, '"Ede'),
    row(2, '"Ede"x'),
    f'"{row(2)}',
    f'{row(2)}"'.replace("No", '"No"x'),
    "2",
    "2,x@a.nl",
    row(2) + ",extra",
    row(2, "E\0de"),
    row(2, "x" * 2_000_000),
    '"' * 9,
    row(2, '"' + "x" * 200_000),
]


@pytest.mark.parametrize("bad", BAD_ROWS, ids=range(len(BAD_ROWS)))
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_bad_row_is_rejected_alone(load: Import, values: Values, bad: str, place: int) -> None:
    rows = [row(1, "Curaçao"), row(3, '"Ede, Veluwe"')]
    rows.insert(place, bad)
    summary = load("\n".join([HEAD, *rows]) + "\n")
    assert (summary.rows, summary.accepted, summary.rejected) == (3, 2, 1)
    assert summary.left_out[0].lines == (place + 2,)
    assert (values("1") or {})["city"] == "Curaçao"
    assert (values("3") or {})["city"] == "Ede, Veluwe"


def test_a_quoted_cell_may_hold_quotes_delimiters_and_line_ends(load: Import, values: Values) -> None:
    summary = load("\n".join([HEAD, row(1, '"Den ""Haag"", ZH\nNederland"'), row(2)]))
    assert (summary.accepted, summary.rejected) == (2, 0)
    assert (values("1") or {})["city"] == 'Den "Haag", ZH\nNederland'


def test_two_stray_quotes_do_not_join_the_rows_between_them(load: Import) -> None:
    rows = [row(1), row(2, '"Ede'), row(3), row(4), row(5, 'Ede"'), row(6)]
    summary = load("\n".join([HEAD, *rows]))
    assert (summary.accepted, summary.rejected) == (5, 1)


def test_bytes_of_another_encoding_reject_their_row_alone(load: Import) -> None:
    lines = [HEAD, row(1, "Tromsø"), row(2, "Curaçao"), row(3, "X")]
    data = "\n".join(lines).encode().replace(b"X", b"Troms\xf8")
    summary = load(data)
    assert (summary.encoding, summary.accepted, summary.rejected) == ("utf-8", 2, 1)
    assert summary.left_out[0].reason == "the line holds bytes that are not utf-8"


def test_a_byte_that_windows_does_not_know_rejects_its_row_alone(load: Import) -> None:
    data = "\n".join([HEAD, row(1, "Tromsø"), row(2, "X")]).encode("cp1252").replace(b"X", b"\x81")
    summary = load(data)
    assert (summary.encoding, summary.accepted, summary.rejected) == ("cp1252", 1, 1)


def test_half_a_last_row_is_rejected(load: Import) -> None:
    summary = load("\n".join([HEAD, row(1), row(2)])[:-12])
    assert (summary.accepted, summary.rejected) == (1, 1)


def survey_of(width: int) -> Survey:
    return Survey(
        sha256="",
        size=0,
        changed=0,
        encoding="utf-8",
        damaged=False,
        newline="\n",
        delimiter=",",
        columns=tuple("abcdefgh"[:width]),
        skip=0,
        line=1,
    )


PLAIN = st.text(st.sampled_from("ab 1é"), min_size=1, max_size=4)
QUOTED = st.text(st.sampled_from('ab ",\n'), max_size=6).map(lambda text: '"' + text.replace('"', '""') + '"')
JUNK = st.text(st.sampled_from('ab",'), max_size=12)


@given(st.lists(st.one_of(st.lists(PLAIN, min_size=3, max_size=3).map(",".join), JUNK), max_size=12))
def test_whatever_stands_around_it_a_plain_row_is_read(lines: list[str]) -> None:
    found = dict(frame(iter(lines), survey_of(3)))
    for number, line in enumerate(lines, start=2):
        if '"' not in line and line.count(",") == 2:
            assert found[number] == line.split(",")


@given(st.lists(st.lists(st.one_of(PLAIN, QUOTED), min_size=4, max_size=4), max_size=6))
def test_each_line_belongs_to_one_row_at_most(rows: list[list[str]]) -> None:
    lines = "\n".join(",".join(cells) for cells in rows).split("\n")
    numbers = [number for number, _ in frame(iter(lines), survey_of(4))]
    assert numbers == sorted(set(numbers))
    assert all(2 <= number < 2 + len(lines) for number in numbers)
