"""When a variant starts and ends, as a content file says it."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


class NoSuchTime(ValueError):
    """The text is not a moment, or the clock skips it: the message says which."""


def moment(value: object, zone: ZoneInfo, *, end: bool = False) -> int:
    """Return µs since 1970 UTC of a TOML date or time, or of the same as text. Raises NoSuchTime.

    A time without zone is the site's. A date alone is its midnight; as an `end` the whole day
    still counts. Of a time that comes twice, when clocks go back, the first is meant.
    """
    try:
        return _moment(_parsed(value), zone, end)
    except OverflowError:
        raise NoSuchTime(f"{value} lies at the end of the calendar: leave it out where there is none") from None


def _moment(when: date, zone: ZoneInfo, end: bool) -> int:
    if not isinstance(when, datetime):
        when = datetime.combine(when + timedelta(days=1) if end else when, time())
    if when.tzinfo is None:
        when = when.replace(tzinfo=zone)
        if when.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != when.replace(tzinfo=None):
            raise NoSuchTime(f"{when:%Y-%m-%d %H:%M} does not exist: clocks in {zone.key} skip it")
    return round(when.timestamp()) * 1_000_000


def _parsed(value: object) -> date:
    if isinstance(value, date):
        return value
    if not isinstance(value, str):
        raise NoSuchTime(f"{value!r} is not a time")
    text = value.strip()
    try:
        return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
    except ValueError:
        raise NoSuchTime(f'"{value}" is not a time') from None
