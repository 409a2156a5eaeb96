"""`personalize correct`: what people say is wrong, for whoever keeps the source (GDPR 16)."""

import argparse
from zoneinfo import ZoneInfo

from personalize.cli.find import noted
from personalize.cli.output import columns, counted, json_time, local_time, print_json, tell
from personalize.cli.reasons import check, note, reason_options
from personalize.cli.site import config_option, json_option, open_to_change
from personalize.errors import ConfigError
from personalize.house import House
from personalize.rights.corrections import STAFF, Correction, Outcome


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("identifier", nargs="?", default="", metavar="NUMBER|KIND:VALUE", help="a request, or a person")
    parser.add_argument("--attribute", default="", metavar="NAME", help="what is wrong of that person")
    parser.add_argument(
        "--claimed", default="", metavar="VALUE", help="what it should be; refused where a request is open"
    )
    parser.add_argument(
        "--outcome",
        choices=[str(each) for each in Outcome],
        help="settle a request: its source was corrected, or it was right",
    )
    reason_options(parser)
    config_option(parser)
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    """List the open requests, show or settle one, or make one for a person. Exit 1 while any is open."""
    with open_to_change(args) as house:
        zone = house.settings.site.zone
        if not args.identifier:
            return _list(args, house.rights.corrections.waiting(), zone)
        check(house, args)
        if args.identifier.isdigit():
            return _one(args, house, zone)
        return _ask(args, house, zone)


def _list(args: argparse.Namespace, waiting: list[Correction], zone: ZoneInfo) -> int:
    if args.json:
        rows = [
            {"number": each.number, "attribute": each.attribute, "asked_at": json_time(each.asked_at, zone)}
            for each in waiting
        ]
        print_json({"open": rows})
    elif waiting:
        tell(f"{counted(len(waiting), 'open request')}; `personalize correct NUMBER` shows one:")
        tell("\n".join(columns((str(e.number), local_time(e.asked_at, zone)[:10], e.attribute) for e in waiting)))
    else:
        tell("Nobody waits for a correction.")
    return 1 if waiting else 0


def _one(args: argparse.Namespace, house: House, zone: ZoneInfo) -> int:
    """Show one request, once that is in the trail; settle it where an outcome is given."""
    corrections, number = house.rights.corrections, int(args.identifier)
    note(house, args, what="correct", subjects=(corrections.about(number),), query=f"request:{number}")
    found = corrections.settle(number, Outcome(args.outcome)) if args.outcome else corrections.read(number)
    held = corrections.value(found.subject, found.attribute)
    told = {
        "number": found.number,
        "person": found.login or f"subject {found.subject}",
        "attribute": found.attribute,
        "held": held.plain if held else None,
        "claimed": found.claimed,
        "entered_by": found.entered_by,
        "asked_at": json_time(found.asked_at, zone),
        "outcome": found.outcome,
    }
    if args.json:
        print_json(told)
    else:
        tell("\n".join(columns((name, _written(value)) for name, value in told.items() if value not in (None, ""))))
    return 0


def _ask(args: argparse.Namespace, house: House, zone: ZoneInfo) -> int:
    if not args.attribute or not args.claimed:
        raise ConfigError("What is wrong, and what should it be?", remedy="Give --attribute and --claimed")
    subject = noted(house, args, "correct")
    corrections = house.rights.corrections
    made = corrections.correct(subject, args.attribute, args.claimed, args.identifier, entered_by=STAFF)
    if args.json:
        print_json({"number": made.number, "asked_at": json_time(made.asked_at, zone)})
    else:
        tell(f"Request {made.number}: {made.attribute} is not used until it is put right.")
    return 0


def _written(value: object) -> str:
    return ", ".join(value) if isinstance(value, tuple) else str(value)
