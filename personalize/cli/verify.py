"""`personalize verify`: looks whether every entry is as it was written, and names those that are not."""

import argparse
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import msgspec

from personalize.cli.output import counted, json_time, local_time, print_json, tell
from personalize.cli.progress import Progress
from personalize.cli.site import config_option, json_option, open_books, settings_of
from personalize.cli.times import period_of, period_options
from personalize.cookbook.codes import show_code
from personalize.errors import StoreError
from personalize.explain.found import Found
from personalize.explain.verify import Verified, beyond_reading
from personalize.ports import SystemClock

SHOWN = 20


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    period_options(parser)
    config_option(parser)
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    """Look through a period, everything without one; 1 where anything is wrong."""
    zone = settings_of(args).site.zone
    start, end = period_of(args, zone, SystemClock().now())
    try:
        with open_books(args) as house, Progress("verifying") as progress:
            verified = house.verify(start, end, progress.show)
    except StoreError as error:
        verified = beyond_reading(error)
    if args.json:
        print_json(_plain(verified, zone))
    else:
        tell("\n".join(_lines(verified, zone)))
    return 1 if verified.total else 0


def _plain(verified: Verified, zone: ZoneInfo) -> dict[str, object]:
    plain: dict[str, object] = msgspec.to_builtins(verified)
    return {
        **plain,
        "found": [_told(found, zone) for found in verified.found],
        "remarks": [_told(found, zone) for found in verified.remarks],
    }


def _told(found: Found, zone: ZoneInfo) -> dict[str, object]:
    return {
        "what": found.what,
        "where": found.where,
        "entry": found.entry,
        "at": json_time(found.at, zone) if found.at else "",
        "code": show_code(found.code),
    }


def _lines(verified: Verified, zone: ZoneInfo) -> Iterator[str]:
    wrong = counted(verified.total, "thing is wrong", "things are wrong") if verified.total else "nothing is wrong"
    yield f"{counted(verified.entries, 'entry', 'entries')} looked through: {wrong}."
    yield from (_line(found, zone) for found in verified.found[:SHOWN])
    if verified.total > SHOWN:
        yield f"and {verified.total - SHOWN:,} more: --json lists them"
    yield from (f"Remark: {_line(remark, zone)}" for remark in verified.remarks[:SHOWN])


def _line(found: Found, zone: ZoneInfo) -> str:
    moment = local_time(found.at, zone) if found.at else ""
    place = " ".join(filter(None, (found.entry, moment, show_code(found.code))))
    return f"{place or found.where}: {found.what}" + (f" ({found.where})" if place and found.where else "")
