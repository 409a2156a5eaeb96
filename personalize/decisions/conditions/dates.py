"""Dates and instants moved in time: days and months by the site's calendar, hours by the clock."""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from personalize.decisions.conditions.clauses import Unit

Day = TypeVar("Day", date, datetime)

FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def shift_date(day: date, count: int, unit: Unit) -> date:
    """Return the date so many days or months away; at the calendar's ends it stops there."""
    try:
        return _add_months(day, count) if unit is Unit.months else day + timedelta(days=count)
    except (OverflowError, ValueError):
        return date.max if count > 0 else date.min


def shift_instant(moment: datetime, count: int, unit: Unit, zone: ZoneInfo) -> datetime:
    """Return the instant so far away, in UTC; days and months keep the site's time of day."""
    try:
        if unit is Unit.hours:
            return moment.astimezone(UTC) + timedelta(hours=count)
        local = moment.astimezone(zone)
        moved = _add_months(local, count) if unit is Unit.months else local + timedelta(days=count)
        return moved.replace(fold=0).astimezone(UTC)
    except (OverflowError, ValueError):
        return LAST if count > 0 else FIRST


def in_utc(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return an instant in UTC, taking one without zone to be in the site's time."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def _add_months(day: Day, count: int) -> Day:
    """Return the same day of another month, or that month's last day."""
    months = day.year * 12 + day.month - 1 + count
    year, month = divmod(months, 12)
    return day.replace(year=year, month=month + 1, day=min(day.day, monthrange(year, month + 1)[1]))
