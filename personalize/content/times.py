"""When a variant starts and ends, as a content file says it."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


class NoSuchTime(ValueError):
    """The text is not a moment, or the clock skips it: the message says which, `instead` what to write."""

    def __init__(self, message: str, instead: str = "2029-01-31T08:00:00") -> None:
        super().__init__(message)
        self.instead = instead


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
        later = when.astimezone(UTC).astimezone(zone)
        if later.replace(tzinfo=None) != when.replace(tzinfo=None):
            cause = f"{when:%Y-%m-%d %H:%M} does not exist: clocks in {zone.key} skip it"
            raise NoSuchTime(cause, f"{later:%Y-%m-%dT%H:%M:%S}")
    return round(when.timestamp()) * 1_000_000


def _parsed(value: object) -> date:
    if isinstance(value, date):
        return value
    if isinstance(value, time):
        raise NoSuchTime(f"{value} is a time of day without its date")
    if not isinstance(value, str):
        raise NoSuchTime(f"{value!r} is not a time")
    text = value.strip()
    try:
        return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
    except ValueError:
        raise NoSuchTime(f'"{value}" is not a time') from None
