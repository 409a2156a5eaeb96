"""`personalize replay`: decides recorded entries again, with the recipe of then, and lists what differs."""

import argparse
from collections.abc import Iterator

import msgspec

from personalize.cli.output import counted, print_json, tell
from personalize.cli.progress import Progress
from personalize.cli.site import config_option, json_option, open_books
from personalize.cli.times import period_of, period_options
from personalize.explain.replay import Report


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    period_options(parser)
    config_option(parser)
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    """Replay a period, everything without one; 1 where anything differs, is damaged or cannot be replayed."""
    with open_books(args) as house, Progress("replaying") as progress:
        start, end = period_of(args, house.settings.site.zone, house.clock.now())
        report = house.replay().report(house.cookbook.by_time(start, end), progress.show)
        damaged = sorted(entry_id.hex() for entry_id in house.cookbook.quarantine)
    if args.json:
        print_json(_plain(report, damaged))
    else:
        tell("\n".join(_lines(report, damaged)))
    return 1 if report.differences or report.not_replayable or damaged else 0


def _plain(report: Report, damaged: list[str]) -> dict[str, object]:
    return {
        "entries": report.entries,
        "differences": len(report.differences),
        "not_replayable": len(report.not_replayable),
        "erased": report.erased,
        "damaged": len(damaged),
        "differing": msgspec.to_builtins(report.differences),
        "unreplayable": msgspec.to_builtins(report.not_replayable),
        "damaged_ids": damaged,
    }


def _lines(report: Report, damaged: list[str]) -> Iterator[str]:
    entries, differences = counted(report.entries, "entry", "entries"), counted(len(report.differences), "difference")
    erased = f", {report.erased:,} erased" if report.erased else ""
    yield f"{entries} decided again: {differences}, {len(report.not_replayable):,} not replayable{erased}."
    for found in report.differences:
        place = f"{found.entry_id} {found.code} {found.slot}"
        yield f"{place}: {found.what} was {found.recorded}, now {found.now}"
    for entry in report.not_replayable:
        yield f"{entry.entry_id} {entry.code} {entry.slot}: not replayable. {entry.why}"
    yield from (f"{entry_id}: damaged, and left out" for entry_id in damaged)
