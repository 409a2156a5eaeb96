"""What the engine asks of a view: cells by place, and the note of which were read."""

from datetime import date, datetime
from typing import Any, Protocol

from personalize.model.attributes import Absence, Value


class Cells(Protocol):
    """One decision's view. Bit i of `mask` says that cell i was read; `absent` is the first absence met."""

    cells: tuple[Value | Absence, ...]
    mask: int
    absent: Absence | None
    moment: Any

    @property
    def now(self) -> datetime:
        """Return the request's instant."""
        ...

    @property
    def today(self) -> date:
        """Return the site's date at that instant."""
        ...

    def read(self, index: int) -> Value | Absence:
        """Return a cell and note the read."""
        ...
