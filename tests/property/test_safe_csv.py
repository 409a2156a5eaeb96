"""CSV for auditors: no cell begins a formula, wherever a spreadsheet cuts it, and every text can be restored (T28)."""

import csv
import io
import re

from hypothesis import example, given
from hypothesis import strategies as st

from personalize.safe_csv import csv_lines, restored, safe

RISKY = "=+-@\t\r\0＝＋－＠"
TEXTS = st.text() | st.text(alphabet=RISKY + "'\" ,;|:\n\ufeffa1") | st.from_regex(r"[\s,;'\"]*[=+\-@].*")
CELLS = re.compile(r"[,;|:\t\r\n]")


def begins_formula(cell: str) -> bool:
    bare = cell.lstrip(' "\n\x0b\x0c\ufeff')
    return bare[:1] in tuple(RISKY)


@given(TEXTS)
@example("=HYPERLINK(1)")
@example('a;"=1+1')
@example("'=1")
@example(",\t=,'+")
@example("\0=")
def test_no_text_begins_a_formula_and_each_is_restored(text: str) -> None:
    written = safe(text)
    assert restored(written) == text
    assert [cell for cell in CELLS.split(written) if begins_formula(cell)] == []


@given(st.lists(st.lists(TEXTS, min_size=2, max_size=3), max_size=5))
def test_a_table_is_read_back_as_it_was(rows: list[list[str]]) -> None:
    file = io.StringIO("".join(csv_lines(rows)), newline="")
    assert [[restored(field) for field in row] for row in csv.reader(file)] == rows


@given(st.text(alphabet="abcXYZ 019.", max_size=30))
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert safe(text) == text
