"""What the engine asks of a view: cells by place, and the note of which were read."""

from datetime import date, datetime
from typing import Any, Protocol

from personalize.model.attributes import Absence, Value

Values = tuple[Value | None, ...]
"""The values of a person's attributes, in the scope's order: None where there is none."""
Several = tuple[Value | Absence, ...]
"""Cells, the page's facts among them, or the absences of those that have no value."""


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


class Asked:
    """One decision's view for the callables of plugins: made when the first is asked."""

    __slots__ = ("_absences", "_facts", "_values", "absent", "mask", "moment")

    def __init__(self, values: Values, absences: Several, facts: Several, moment: Any) -> None:
        self._values, self._absences, self._facts, self.moment = values, absences, facts, moment
        self.mask = 0
        self.absent: Absence | None = None

    @property
    def now(self) -> datetime:
        """Return the request's instant."""
        now: datetime = self.moment.now
        return now

    @property
    def today(self) -> date:
        """Return the site's date at that instant."""
        today: date = self.moment.today
        return today

    def read(self, index: int) -> Value | Absence:
        """Return a cell and note the read."""
        self.mask |= 1 << index
        cell = self._cell(index)
        if cell.__class__ is Absence and self.absent is None:
            self.absent = cell
        return cell

    def _cell(self, index: int) -> Value | Absence:
        fact = index - len(self._values)
        if fact >= 0:
            return self._facts[fact]
        value = self._values[index]
        return self._absences[index] if value is None else value


def apart(cells: Several, attributes: int) -> tuple[Values, Several, Several]:
    """Return cells as a slot's function takes them: the values of so many attributes, their absences, the facts."""
    values = tuple([None if isinstance(cell, Absence) else cell for cell in cells[:attributes]])
    return values, cells, cells[attributes:]
