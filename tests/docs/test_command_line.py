"""The page about the command line has every command with exactly its options."""

import argparse
from importlib import import_module

import pytest

from personalize.cli.main import COMMANDS
from tests.docs.pages import DOCS, headings, names

PAGE = DOCS / "reference" / "command-line.md"


def declared(command: str) -> list[str]:
    """Return the arguments and options that a command declares, as its page should list them."""
    module = import_module(f"personalize.cli.{'import_' if command == 'import' else command}")
    parser = argparse.ArgumentParser(add_help=False)
    module.arguments(parser)
    return [action.option_strings[0] if action.option_strings else action.dest for action in parser._actions]


def test_every_command_has_its_heading_and_no_other() -> None:
    assert headings(PAGE)[1:] == [f"personalize {command}" for command in COMMANDS]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_documented_with_its_options_and_no_others(command: str) -> None:
    assert sorted(names(PAGE, f"personalize {command}")) == sorted(declared(command))
