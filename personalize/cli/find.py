"""`personalize find`: what one person was shown, newest first."""

import argparse
from zoneinfo import ZoneInfo

from personalize.cli.output import UNSERVED, columns, json_time, local_time, print_json, tell
from personalize.cli.reasons import check, note, reason_options
from personalize.cli.site import config_option, json_option, open_books
from personalize.cli.times import period_of, period_options
from personalize.consent.receipts import receipt_number
from personalize.cookbook.codes import show_code
from personalize.cookbook.served import is_unserved
from personalize.errors import ConfigError, IdentifierProblem, NotFound
from personalize.house import House
from personalize.house.identities import RECEIPT, SUBJECT
from personalize.model.cookbook import CookbookEntry
from personalize.ports import NO_END


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("identifier", metavar="KIND:VALUE", help="such as customer_number:123 or email:ann@example.org")
    parser.add_argument("--limit", type=int, default=20, metavar="N", help="at most so many; default: 20")
    period_options(parser)
    reason_options(parser)
    config_option(parser)
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    """List the person's newest entries."""
    if args.limit < 1:
        raise ConfigError(f"--limit {args.limit}: that lists nothing", remedy="Give a number from 1 on")
    with open_books(args) as house:
        check(house, args)
        zone, now = house.settings.site.zone, house.clock.now()
        start, end = period_of(args, zone, now)
        subject = noted(house, args, "cli:find")
        entries = house.cookbook.by_subject(subject, args.limit, start, end)
    if args.json:
        print_json({"entries": [_plain(entry, zone) for entry in entries]})
    elif entries:
        tell("\n".join(columns(_cells(entry, zone, now) for entry in entries)))
    elif (start, end) != (0, NO_END):
        tell("Nothing was decided for this person in that period.")
    else:
        tell("This person is known, and nothing has been decided for them yet.")
    return 0


def noted(house: House, args: argparse.Namespace, what: str) -> int:
    """Return whom an identifier leads to, once that is in the trail; so is that it leads to nobody."""
    try:
        subject = house.subject_of(args.identifier)
    except NotFound:
        note(house, args, what=what, subjects=(), query=_query(house, args.identifier))
        raise
    note(house, args, what=what, subjects=(subject,), query=_query(house, args.identifier))
    return subject


def _query(house: House, identifier: str) -> str:
    """Return an identifier as the trail keeps it: its kind and keyed hash, or a receipt's number.

    Nothing of a person's number, which stands there.
    """
    if identifier.startswith(SUBJECT):
        return ""
    if identifier.startswith(RECEIPT):
        number = receipt_number(identifier.removeprefix(RECEIPT))
        return f"{RECEIPT}{number.hex()}" if number else "unreadable"
    try:
        ((kind, digest),) = house.digests(identifier)
    except IdentifierProblem:
        return "unreadable"
    return f"{kind}:{digest.hex()}"


def _plain(entry: CookbookEntry, zone: ZoneInfo) -> dict[str, object]:
    return {
        "id": entry.entry_id.hex(),
        "at": json_time(entry.at, zone),
        "code": show_code(entry.code),
        "slot": entry.slot,
        "variant": entry.variant,
        "reason": entry.reason.name,
        "recipe": entry.recipe,
        "erased": entry.erased,
        "served": entry.served,
    }


def _cells(entry: CookbookEntry, zone: ZoneInfo, now: int) -> tuple[str, ...]:
    shown = entry.variant or "default"
    remark = UNSERVED if is_unserved(entry.at, now, served=entry.served) else ""
    return local_time(entry.at, zone)[:19], show_code(entry.code), entry.slot, shown, entry.reason.name, remark
