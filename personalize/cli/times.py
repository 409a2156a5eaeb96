"""Moments and periods as people type them."""

import argparse
from datetime import timedelta
from zoneinfo import ZoneInfo

from personalize.content.times import NoSuchTime, moment
from personalize.errors import ConfigError
from personalize.explain.dates import local
from personalize.ports import NO_END
from personalize.settings.toml_file import DURATION, SECONDS

DAYS_AGO = {"today": 0, "yesterday": 1}
"""Days that go by a word."""


def moment_of(text: str, zone: ZoneInfo, option: str, *, end: bool = False) -> int:
    """Return µs since 1970 UTC of a date or time; without a zone it is the site's. Raises ConfigError."""
    try:
        return moment(text, zone, end=end)
    except NoSuchTime as error:
        raise ConfigError(f"{option}: {error}", remedy="Write 2029-01-31 or 2029-01-31T14:00") from error


def period_options(parser: argparse.ArgumentParser) -> None:
    """Add `--since`, `--from` and `--to`."""
    parser.add_argument("--since", metavar="7d", help="the last days, hours (12h) or weeks (2w)")
    parser.add_argument(
        "--from", dest="start", metavar="DATE", help="a date, `yesterday`, or a time such as 2029-01-31T14:00"
    )
    parser.add_argument("--to", "--until", dest="end", metavar="DATE", help="likewise; a date alone counts as a whole")


def period_of(args: argparse.Namespace, zone: ZoneInfo, now: int) -> tuple[int, int]:
    """Return the period that the options name (µs, end exclusive), all time without any."""
    if args.since and args.start:
        raise ConfigError("--since and --from both say where to begin", remedy="Give one of them")
    start = moment_of(_dated(args.start, zone, now), zone, "--from") if args.start else 0
    if args.since:
        start = now - _seconds(args.since) * 1_000_000
    end = moment_of(_dated(args.end, zone, now), zone, "--to", end=True) if args.end else NO_END
    if end <= start:
        raise ConfigError("The period ends before it begins", remedy="Exchange --from and --to")
    return start, end


def _dated(text: str, zone: ZoneInfo, now: int) -> str:
    """Return a day that goes by a word as a date; anything else as it is."""
    ago = DAYS_AGO.get(text.strip().lower())
    return text if ago is None else (local(now, zone).date() - timedelta(days=ago)).isoformat()


def _seconds(text: str) -> int:
    found = DURATION.fullmatch(text.strip())
    if not found:
        raise ConfigError(f'--since: "{text}" is not a length of time', remedy='Write "12h", "7d" or "2w"')
    return int(found[1]) * SECONDS[found[2]]
