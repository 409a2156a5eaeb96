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


class Asked:
    """One decision's view for the callables of plugins: made when the first is asked."""

    __slots__ = ("absent", "cells", "mask", "moment")

    def __init__(self, cells: tuple[Value | Absence, ...], moment: Any) -> None:
        self.cells, self.moment = cells, moment
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
        cell = self.cells[index]
        if cell.__class__ is Absence and self.absent is None:
            self.absent = cell
        return cell
