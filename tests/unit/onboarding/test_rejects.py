"""The list of rejected rows, as a spreadsheet opens it."""

import csv
import io
from pathlib import Path

import pytest

from personalize.onboarding.rejects import Rejects
from personalize.safe_csv import restored


@pytest.mark.parametrize("cell", ["=1+1", "+31", "-1", "@x", "\tx", "\rx", "\0x", ' "=1+1', "\uff1d1+1", "a;=1+1"])
def test_no_cell_of_a_rejects_file_is_a_formula(tmp_path: Path, cell: str) -> None:
    rejects = Rejects(tmp_path, Path("extract.csv"))
    rejects.add(2, cell, f"not a number: {cell}", cell)
    path = rejects.keep()
    assert path is not None
    written = path.read_bytes().decode("utf-8-sig")
    _, row = csv.reader(io.StringIO(written, newline=""))
    assert [restored(field) for field in (row[1], row[3])] == [cell, cell]
    assert row[3] != cell
