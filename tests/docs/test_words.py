"""What the explaining pages say of files, measures, parts and words is what there is."""

import re
from pathlib import Path

import pytest

from bench.__main__ import AT_LEAST, AT_MOST, FIRST
from personalize.explain import explanation
from tests.docs.pages import CHECKOUT, CODE, DOCS, name_of, names, rows
from tests.docs.playing import Block, Player

COSTS = DOCS / "explanation" / "what-it-costs.md"
COOKBOOK = DOCS / "explanation" / "the-cookbook.md"
CODES = DOCS / "how-to" / "customer-service" / "explain-a-code.md"
CI = CHECKOUT / ".ci" / "run"
README = CHECKOUT / "README.md"
PASSING = re.compile(r"-(?:wal|shm|journal)$|^index\.wanted$")


def test_everything_in_a_store_s_folder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Player(tmp_path, monkeypatch)
    try:
        reader.play(Block(page="", line=0, language="note-follow", info="", text="README.md"))
        reader.run("curl -s -L -d number=1001 http://127.0.0.1:8000/login")
        (tmp_path / "bad.csv").write_text((tmp_path / "customers.csv").read_text().replace("1001", ""))
        reader.run("personalize import bad.csv --source crm")
        found = {path.name for path in (tmp_path / "store").iterdir() if not PASSING.search(path.name)}
    finally:
        reader.close()
    assert {name.rstrip("/") for name in names(COOKBOOK, "The store's folder")} == found


def test_every_part_of_an_explanation_is_told_to_customer_service() -> None:
    said = re.findall(r"lang\.say\(\"(This [^\"]+)\"\)", Path(explanation.__file__).read_text())
    assert [row[0] for row in rows(CODES, "When they ask on")] == said


def test_every_measure_is_documented_with_its_floor() -> None:
    listed = {CODE.findall(row[0])[0]: row[2] for row in rows(COSTS, "Measure it")}
    assert set(listed) == set(FIRST)
    floors = {name: float(text) for name, text in listed.items() if text[:1].isdigit()}
    assert floors == {**AT_MOST, **AT_LEAST}


def test_ci_runs_the_readme_s_test_command() -> None:
    command = re.search(r"## The tests\n\n```console\n\$ (.+)\n", README.read_text())
    assert command
    assert re.search(rf"^{re.escape(command[1])}\b", CI.read_text(), re.MULTILINE)


def test_the_glossary_is_in_order_and_has_each_word_once() -> None:
    words = [row[0] for row in rows(DOCS / "glossary.md", "Glossary")]
    assert words == sorted(set(words))


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=name_of)
def test_every_table_has_as_many_cells_in_each_row(page: Path) -> None:
    for table in re.findall(r"(?:^\|.*\|\n)+", page.read_text(), re.MULTILINE):
        widths = {len(re.split(r"(?<!\\)\|", CODE.sub("x", line))) for line in table.splitlines()}
        assert len(widths) == 1, table
