"""The view: what one decision may read of a person, and the note of what it did read."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from personalize.model.attributes import Absence, Value

Cell = Value | Absence


class Moment:
    """The clock as one request reads it, once: `at` in µs, the instant, and the site's date."""

    __slots__ = ("_now", "_today", "at", "zone")

    def __init__(self, at: int, zone: ZoneInfo) -> None:
        self.at, self.zone = at, zone
        self._now: datetime | None = None
        self._today: date | None = None

    @property
    def now(self) -> datetime:
        """Return the instant, aware, in UTC."""
        if self._now is None:
            seconds, micros = divmod(self.at, 1_000_000)
            self._now = datetime.fromtimestamp(seconds, UTC).replace(microsecond=micros)
        return self._now

    @property
    def today(self) -> date:
        """Return the date in the site's time zone."""
        if self._today is None:
            self._today = self.now.astimezone(self.zone).date()
        return self._today


class ProfileView:
    """One slot decision's view: frozen cells, and a bit mask of the cells that were read (law 2).

    Cell i belongs to attribute i of the dictionary; the slot's page facts come after them.
    `absent` is the first absence met since it was last reset.
    """

    __slots__ = ("absent", "cells", "mask", "moment")

    def __init__(self, cells: tuple[Cell, ...], moment: Moment) -> None:
        self.cells, self.moment = cells, moment
        self.mask = 0
        self.absent: Absence | None = None

    @property
    def now(self) -> datetime:
        """Return the request's instant."""
        return self.moment.now

    @property
    def today(self) -> date:
        """Return the site's date at that instant."""
        return self.moment.today

    def read(self, index: int) -> Cell:
        """Return one cell and note the read."""
        self.mask |= 1 << index
        cell = self.cells[index]
        if cell.__class__ is Absence and self.absent is None:
            self.absent = cell
        return cell
