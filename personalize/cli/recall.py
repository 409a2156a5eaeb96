"""`personalize recall`: every decision that used an import, an attribute, a rule, a consent text or a plugin."""

import argparse
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from time import monotonic
from typing import TextIO
from zoneinfo import ZoneInfo

from personalize.cli.output import UNSERVED, counted, json_text, json_time, local_time, printable, private_file, tell
from personalize.cli.progress import Progress
from personalize.cli.reasons import check, note, reason_options
from personalize.cli.site import config_option, json_option, open_books
from personalize.cli.times import period_of, period_options
from personalize.cookbook.codes import code_of, show_code
from personalize.errors import ConfigError
from personalize.house import House
from personalize.rights.recall import Recall, Tally, Thing, Used
from personalize.rights.recall_table import plain_of, rows_of
from personalize.safe_csv import csv_lines

TOGETHER = 0.2
"""Seconds for which lines are held back, to be written together."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    thing = parser.add_mutually_exclusive_group(required=True)
    thing.add_argument("--batch", metavar="N", help="the number of an import")
    thing.add_argument("--attribute", metavar="NAME", help="an attribute of the dictionary")
    thing.add_argument("--rule", metavar="PLUGIN/NAME", help="a rule that a plugin brings")
    thing.add_argument("--notice", metavar="NAME@VERSION", help="a consent text")
    thing.add_argument("--plugin", metavar="NAME@VERSION", help="a plugin in one version")
    period_options(parser)
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write the decisions into a file, for spreadsheets")
    reason_options(parser)
    config_option(parser)
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    """Print the decisions as they are found, then the counts; 1 where there is none."""
    if args.json and args.csv:
        raise ConfigError("--json and --csv cannot go together", remedy="Give one of them")
    thing = next(thing for thing in Thing if getattr(args, thing.name) is not None)
    name = getattr(args, thing.name)
    with open_books(args) as house, Progress("looking through decisions") as progress:
        check(house, args)
        zone = house.settings.site.zone
        now = house.clock.now()
        period = period_of(args, zone, now)
        note(house, args, what="recall", subjects=(), query=f"{thing}:{printable(name)[:60]}")

        def watched(looked: int) -> bool:
            progress.show(looked)
            return False

        recall = Recall(
            house.store, house.cookbook, house.recipe, thing, name, *period, watched, house.banners, now=now
        )
        tally = Tally()
        _write(args, tally.over(recall), recall, tally, zone)
        _say_what_lacks(house)
    return 0 if tally.decisions else 1


def _write(args: argparse.Namespace, found: Iterable[Used], recall: Recall, tally: Tally, zone: ZoneInfo) -> None:
    if args.csv:
        with private_file(args.csv) as file:
            _stream(file, csv_lines(rows_of(found, zone)))
        tell("\n".join(_summary(recall, tally)))
    elif args.json:
        _stream(sys.stdout, _json_lines(found, recall, tally, zone))
    else:
        _stream(sys.stdout, (printable(f"{'  '.join(_cells(used, zone)).rstrip()}\n") for used in found))
        tell("\n".join(_summary(recall, tally)))


def _cells(used: Used, zone: ZoneInfo) -> tuple[str, ...]:
    code, shown = show_code(code_of(used.number)), used.variant or "default"
    return (
        local_time(used.at, zone)[:19],
        code,
        used.slot,
        shown,
        used.reason,
        used.how,
        UNSERVED if not used.served else "",
    )


def _json_lines(found: Iterable[Used], recall: Recall, tally: Tally, zone: ZoneInfo) -> Iterator[str]:
    """Yield one object piece by piece: there may be more decisions than fit into memory."""
    yield '{\n"decisions": ['
    before = "\n"
    for used in found:
        told = {**plain_of(used, zone), "time": json_time(used.at, zone)}
        yield before + json_text(told)
        before = ",\n"
    yield f'\n],\n"counts": {json_text(_counts(recall, tally))}\n}}\n'


def _counts(recall: Recall, tally: Tally) -> dict[str, object]:
    shown = [{"slot": slot, "variant": name, "decisions": n} for (slot, name), n in tally.shown.most_common()]
    return {
        "decisions": tally.decisions,
        "people": len(tally.people),
        "looked_at": recall.looked,
        "erased": recall.erased,
        "unserved": tally.unserved,
        "shown": shown,
    }


def _summary(recall: Recall, tally: Tally) -> Iterator[str]:
    people = counted(len(tally.people), "person", "people")
    yield f"{counted(tally.decisions, 'decision')} of {people} used it; {recall.looked:,} were looked at."
    for (slot, variant), number in tally.shown.most_common():
        yield f"  {slot}  {variant or 'default'}  {number:,}"
    if tally.unserved:
        yield f"{counted(tally.unserved, 'decision')} {'was' if tally.unserved == 1 else 'were'} {UNSERVED}."
    if recall.erased:
        yield f"{counted(recall.erased, 'decision')} of people who were erased cannot be opened any more."


def _say_what_lacks(house: House) -> None:
    if house.cookbook.quarantine:
        number = counted(len(house.cookbook.quarantine), "entry is", "entries are")
        tell(f"{number} damaged and left out: `personalize replay` names them.", file=sys.stderr)


def _stream(file: TextIO, lines: Iterable[str]) -> None:
    """Write lines as they come, so that the first are seen at once."""
    written = 0.0
    for line in lines:
        file.write(line)
        if monotonic() - written > TOGETHER:
            file.flush()
            written = monotonic()
    file.flush()
