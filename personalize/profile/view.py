"""The view: what one decision may read of a person, and the note of what it did read."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from personalize.model.attributes import Absence, Value
from personalize.model.moments import EPOCH, SECOND

Cell = Value | Absence


def instant(at: int) -> datetime:
    """Return the aware instant of a time in µs."""
    return EPOCH + timedelta(microseconds=at)


class Calendar:
    """The site's calendar: which date an instant falls on, and when that date ends."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self._day: tuple[int, int, date] = (0, 0, date.min)

    def day(self, at: int) -> tuple[int, int, date]:
        """Return start and end (µs, end exclusive) of the day at `at`, and its date."""
        known = self._day
        if known[0] <= at < known[1]:
            return known
        today = instant(at).astimezone(self.zone).date()
        self._day = known = (self._midnight(today), self._midnight(today + timedelta(days=1)), today)
        return known

    def _midnight(self, day: date) -> int:
        return round(datetime.combine(day, time.min, self.zone).timestamp()) * SECOND


class Moment(Struct, eq=False, gc=False):
    """The clock as one request reads it, once: `at` in µs, the instant, and the site's date."""

    at: int
    calendar: Calendar
    _now: datetime | None = None
    _today: date | None = None

    @property
    def zone(self) -> ZoneInfo:
        """Return the site's time zone."""
        return self.calendar.zone

    @property
    def now(self) -> datetime:
        """Return the instant, aware, in UTC."""
        if self._now is None:
            self._now = instant(self.at)
        return self._now

    @property
    def today(self) -> date:
        """Return the date in the site's time zone."""
        if self._today is None:
            self._today = self.calendar.day(self.at)[2]
        return self._today


class ProfileView(Struct):
    """One slot decision's view: frozen cells, and a bit mask of the cells that were read (law 2).

    Cell i belongs to attribute i of the dictionary; the slot's page facts come after them.
    `absent` is the first absence met since it was last reset.
    """

    cells: tuple[Cell, ...]
    moment: Moment
    mask: int = 0
    absent: Absence | None = None

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
