"""Which names things may bear in the settings."""

import keyword
import re

from personalize.settings.toml_file import Table

IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
LABEL = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
WORDS = frozenset(
    {"all_of", "any_of", "date", "days", "hours", "instant", "known", "months", "now", "segment", "today"}
)
"""The words of the condition notation: nothing that a condition can read may bear one."""


def check_identifier(table: Table, name: str, what: str) -> None:
    """Note a name that conditions and placeholders could not use."""
    if not IDENTIFIER.fullmatch(name) or keyword.iskeyword(name):
        table.error("", f"`{name}` cannot be the name of {what}", "Use letters, digits and _, a letter first")
    elif name in WORDS:
        table.error("", f"`{name}` is a word of the condition notation", "Choose another name")


def check_label(table: Table, name: str, what: str, key: str = "") -> None:
    """Note a name that is not plain: it ends up in addresses, templates and on the command line."""
    if not LABEL.fullmatch(name):
        table.error(key, f"`{name}` cannot be the name of {what}", "Use letters, digits, - and _, a letter first")
