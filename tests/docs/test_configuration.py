"""The page about configuration names every key that the readers of the files ask for, and no other."""

import re
from collections import defaultdict
from pathlib import Path

import pytest

from personalize.content.files import read_content
from personalize.settings import load_settings
from personalize.settings.tables import IDENTIFIER_KINDS
from personalize.settings.toml_file import Table
from tests.docs.pages import CHECKOUT, DOCS, blocks_of, names
from tests.docs.playing import Player

PAGE = DOCS / "reference" / "configuration.md"
FREE = {"titles", "texts", "values", "context", "identifiers", "tags"}
"""Tables whose keys are the reader's own: languages, cells, page facts."""
BY_LANGUAGE = {("variant", "*", "fields", "*"), ("site", "*")}
"""A field's texts, and where people log in."""
TABLES = {
    (): "Top level",
    ("site",): "[site]",
    ("purposes", "*"): "[purposes.NAME]",
    ("notices", "*"): "[notices.NAME]",
    ("notices", "*", "earlier", "*"): "[[notices.NAME.earlier]]",
    ("sessions",): "[sessions]",
    ("mail",): "[mail]",
    ("sources", "*"): "[sources.NAME]",
    ("sources", "*", "time_column"): "[sources.NAME.columns]",
    ("sources", "*", "columns", "*"): "[sources.NAME.columns]",
    ("sources", "*", "columns", "*", "members", "*"): "[sources.NAME.columns]",
    ("attributes", "*"): "[attributes.NAME]",
    ("segments", "*"): "[segments.NAME]",
    ("slots", "*"): "[slots.NAME]",
    ("staff",): "[staff]",
    ("staff", "*"): "[staff.oidc]",
    ("staff", "*", "roles"): "[staff.oidc.roles]",
    ("contexts",): "[contexts]",
    ("retention",): "[retention]",
    ("slots", "*", "fields", "*"): "[slots.NAME]",
    ("variant", "*"): "[[variant]]",
}


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """Every key that is asked for while the page's own files are read, by the heading it belongs under."""
    found: dict[str, set[str]] = defaultdict(set)
    close = Table.close

    def noted(table: Table, what: str = "a key of this table") -> None:
        shape = _shape(table.path)
        if not FREE.intersection(shape) and shape not in BY_LANGUAGE:
            found[TABLES[shape]] |= set(table._asked)
        close(table, what)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Table, "close", noted)
        reader = Player(tmp_path_factory.mktemp("site"), patch)
        for block in blocks_of(PAGE):
            if block.language == "toml":
                reader.play(block)
        assert not read_content(load_settings(reader.folder / "personalize.toml")).errors
    return found


def _shape(path: tuple[str | int, ...]) -> tuple[str, ...]:
    """Return a table's path with a star for each name that the reader chose."""
    return tuple("*" if place % 2 else str(part) for place, part in enumerate(path))


@pytest.mark.parametrize("heading", sorted(set(TABLES.values())))
def test_every_key_of_a_table_is_documented_and_no_other(heading: str, asked: dict[str, set[str]]) -> None:
    assert set(names(PAGE, heading)) == asked[heading]


def test_every_kind_of_identifier_is_documented() -> None:
    assert set(names(PAGE, "[sources.NAME.identifiers]")) == set(IDENTIFIER_KINDS)


def test_every_environment_variable_is_documented() -> None:
    used = {name for path in CHECKOUT.glob("personalize/**/*.py") for name in _variables(path)}
    assert set(names(PAGE, "Environment")) == used


def _variables(path: Path) -> list[str]:
    return re.findall(r"\"(PERSONALIZE_[A-Z_]+)\"", path.read_text())
