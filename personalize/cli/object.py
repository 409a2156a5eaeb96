"""`personalize object`: a person's no to a purpose, or to all of them, as they told staff (GDPR 7(3) and 21)."""

import argparse

from personalize.cli.find import noted
from personalize.cli.output import columns, print_json, tell
from personalize.cli.reasons import check, reason_options
from personalize.cli.site import config_option, json_option, open_to_change
from personalize.consent.ledger import Ledger
from personalize.errors import ConfigError
from personalize.house import House
from personalize.model.consent import ConsentEvent


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("identifier", metavar="KIND:VALUE", help="the person: customer_number:123")
    parser.add_argument("--purpose", default="", metavar="NAME", help="what they do not want any more")
    parser.add_argument("--all", action="store_true", help="everything at once")
    reason_options(parser)
    config_option(parser)
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    """Record it, once that is in the trail, and print the receipts."""
    if bool(args.purpose) == args.all:
        raise ConfigError("To what?", remedy="Give --purpose NAME, or --all")
    with open_to_change(args) as house:
        check(house, args)
        _check_purpose(house, args.purpose)
        subject = noted(house, args, "stop")
        with house.ledger.together() as ledger:
            events = [_stop(ledger, args, subject, name) for name in _purposes(house, args)]
    receipts = {event.purpose: event.event_id.hex() for event in events}
    if args.json:
        print_json({"receipts": receipts})
    else:
        tell("Recorded; it counts from the next request on. Receipts:")
        tell("\n".join(columns(receipts.items())))
    return 0


def _check_purpose(house: House, name: str) -> None:
    if name and name not in house.settings.purposes:
        raise ConfigError(f"There is no purpose '{name}'", remedy=f"Known are {', '.join(house.settings.purposes)}")


def _purposes(house: House, args: argparse.Namespace) -> list[str]:
    return [args.purpose] if args.purpose else list(house.settings.purposes)


def _stop(ledger: Ledger, args: argparse.Namespace, subject: int, purpose: str) -> ConsentEvent:
    evidence = {"case": args.case, "reason": args.reason}
    return ledger.stop(
        subject, purpose, actor="staff:shell", evidence={name: value for name, value in evidence.items() if value}
    )
