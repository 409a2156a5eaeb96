"""`personalize find`: what one person was shown, newest first."""

import argparse
from zoneinfo import ZoneInfo

from personalize.cli.output import columns, local_time, print_json
from personalize.cli.site import config_option, json_option, open_books
from personalize.cookbook.codes import show_code
from personalize.errors import ConfigError
from personalize.model.cookbook import CookbookEntry


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("identifier", metavar="KIND:VALUE", help="such as customer_number:123 or email:ann@example.org")
    parser.add_argument("--limit", type=int, default=20, metavar="N", help="at most so many; default: 20")
    config_option(parser)
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    """List the person's newest entries."""
    if args.limit < 1:
        raise ConfigError(f"--limit {args.limit}: that lists nothing", remedy="Give a number from 1 on")
    with open_books(args) as house:
        entries = house.cookbook.by_subject(house.subject_of(args.identifier), args.limit)
        zone = ZoneInfo(house.settings.site.timezone)
    if args.json:
        print_json({"entries": [_plain(entry, zone) for entry in entries]})
    elif entries:
        print("\n".join(columns(_cells(entry, zone) for entry in entries)))
    else:
        print("This person is known, and nothing has been decided for them yet.")
    return 0


def _plain(entry: CookbookEntry, zone: ZoneInfo) -> dict[str, object]:
    return {
        "id": entry.entry_id.hex(),
        "at": local_time(entry.at, zone),
        "code": show_code(entry.code),
        "slot": entry.slot,
        "variant": entry.variant,
        "reason": entry.reason.name,
        "recipe": entry.recipe,
        "erased": entry.erased,
    }


def _cells(entry: CookbookEntry, zone: ZoneInfo) -> tuple[str, ...]:
    shown = entry.variant or "default"
    return local_time(entry.at, zone)[:19], show_code(entry.code), entry.slot, shown, entry.reason.name
