"""The page about plugin records has every hook, record and field, and no other."""

import re

import pytest

from personalize import hooks
from personalize.hooks import (
    Agreed,
    Candidate,
    Chooser,
    ConsentSource,
    Context,
    Options,
    PluginConfig,
    Suppressor,
    View,
)
from personalize.hooks.breaker import OUT_SECONDS, SLOW_NS, STRIKES
from personalize.hooks.manager import KINDS, SOURCES
from tests.docs.pages import DOCS, blocks_of, names, section

PAGE = DOCS / "reference" / "plugin-records.md"


@pytest.mark.parametrize("record", [Suppressor, Chooser, ConsentSource, Agreed, PluginConfig, Candidate])
def test_every_field_of_a_record_is_documented_and_no_other(record: type) -> None:
    assert names(PAGE, record.__name__) == list(record.__struct_fields__)


@pytest.mark.parametrize("protocol", [View, Context])
def test_every_member_that_a_callable_is_given_is_documented(protocol: type) -> None:
    assert sorted(names(PAGE, protocol.__name__)) == sorted(name for name in vars(protocol) if not name.startswith("_"))


def test_every_member_of_the_reader_of_options_is_documented_and_no_other() -> None:
    members = {name for name in vars(Options) if not name.startswith("_")} | {"config"}
    assert sorted(names(PAGE, "Options")) == sorted(members)


def test_every_hook_is_documented_with_its_record() -> None:
    hooks = {**KINDS, SOURCES: ConsentSource}
    assert names(PAGE, "Hooks") == list(hooks)
    assert all(f"`{kind.__name__}`" in section(PAGE, "Hooks") for kind in hooks.values())


def test_everything_a_plugin_may_import_is_shown() -> None:
    block = next(block.text for block in blocks_of(PAGE) if block.language == "python")
    shown = re.findall(r"\w+", block.partition("import ")[2])
    assert sorted(shown) == sorted(hooks.__all__)


def test_the_breaker_works_as_documented() -> None:
    assert (STRIKES, SLOW_NS, OUT_SECONDS) == (3, 5_000_000, 4.0)
    assert "third time" in section(PAGE, "Faults")
    assert "5 ms" in section(PAGE, "Faults")
    assert "4 seconds" in section(PAGE, "Faults")
