"""A plugin's own table, which notes what is asked of it: an option that nobody asks for is probably mistyped."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

OURS = frozenset({"module"})
"""What stands in a plugin's table and is not for the plugin."""


class AskedTable(Mapping[str, Any]):
    """A copy of a table, without what is ours, that cannot be altered.

    `asked` has the options that were asked for, whether there or not.
    """

    def __init__(self, table: Mapping[str, Any]) -> None:
        self._table = {option: deepcopy(value) for option, value in table.items() if option not in OURS}
        self.asked: dict[str, None] = {}

    def __getitem__(self, option: str) -> Any:
        self.asked[option] = None
        return self._table[option]

    def __iter__(self) -> Iterator[str]:
        self.asked.update(dict.fromkeys(self._table))
        return iter(self._table)

    def __len__(self) -> int:
        return len(self._table)

    def __repr__(self) -> str:
        return repr(self._table)

    def unasked(self) -> list[str]:
        """Return the options that stand in the table and were never asked for."""
        return [option for option in self._table if option not in self.asked]
