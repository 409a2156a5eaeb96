"""`personalize erase`: removes one person for good, or everybody's data that was kept long enough."""

import argparse
import sys
from collections.abc import Sequence

from personalize.cli.output import columns, counted, json_time, local_time, print_json, tell
from personalize.cli.progress import Progress
from personalize.cli.reasons import note
from personalize.cli.site import config_option, json_option, open_house, open_to_change
from personalize.errors import ConfigError, StoreError
from personalize.house import House
from personalize.rights.erasure import Erased

PATIENCE = 30.0
"""Seconds to wait for a sweep that another process is at."""
YES = "erase"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("identifier", nargs="?", metavar="KIND:VALUE", help="the person: customer_number:123")
    parser.add_argument("--reason", default="", metavar="TEXT", help="why, for the trail; say nothing personal in it")
    parser.set_defaults(case="")  # `note` asks for one; the number of a case could lead back to the person
    parser.add_argument("--yes", action="store_true", help="do not ask whether it is meant")
    parser.add_argument("--expired", action="store_true", help="delete what was kept long enough, of everybody")
    config_option(parser)
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    """Erase, and say what went."""
    if args.expired and args.identifier:
        raise ConfigError("A person and --expired are both given", remedy="Give one of them")
    if not args.expired and not args.identifier:
        raise ConfigError("Whom to erase?", remedy="Name one person, or give --expired")
    return _expire(args) if args.expired else _erase(args)


def _erase(args: argparse.Namespace) -> int:
    if not args.reason.strip():
        raise ConfigError("--reason is missing", remedy='Say why, as in --reason "asked for by mail on 3 May"')
    with open_to_change(args) as house:
        subject = house.subject_of(args.identifier)
        if not args.yes and not _is_meant(args.identifier):
            tell("Nothing was erased.", file=sys.stderr)
            return 1
        note(house, args, what="erase", subjects=(subject,), query="")  # not the identifier: it is to be forgotten
        sources = house.rights.insights.sources(subject)
        erased = house.rights.erase(subject)
        swept = _swept(house)
    if args.json:
        rows = {name: getattr(erased.removed, name) for name in erased.removed.__struct_fields__}
        print_json(
            {
                "erased_at": json_time(erased.at, house.settings.site.zone),
                "removed": rows,
                "swept": swept,
                "sources": sources,
            }
        )
    else:
        tell("\n".join(_told(erased, swept, sources)))
    return 0


def _is_meant(identifier: str) -> bool:
    if not sys.stdin.isatty():
        raise ConfigError("Nobody is there to ask", remedy="Give --yes where this is meant")
    tell(f"Everything known of {identifier} will be gone for good, also from backups that are put back later.")
    return input(f"Type `{YES}` to go on: ").strip() == YES


def _swept(house: House) -> bool:
    """Clean the files up now; where they are in use, the site does it by itself."""
    try:
        return house.rights.sweep(patience=PATIENCE) is not None and not house.rights.unswept()
    except StoreError as error:
        tell(str(error), file=sys.stderr)
        return False


def _told(erased: Erased, swept: bool, sources: Sequence[str]) -> list[str]:
    gone = erased.removed
    rows = [
        counted(gone.identifiers, "identifier"),
        counted(gone.values, "profile"),
        counted(gone.consents, "consent record"),
        counted(gone.handles, "newsletter link"),
    ]
    where = f" ({', '.join(sources)})" if sources else ""
    left = "No file of the store holds a byte of this person any more."
    if not swept:
        left = "What is left of it in files the site cleans up within a minute, while it runs."
    return [
        f"Erased: {', '.join(rows)}. Entries keep what is not personal, and cannot be opened any more.",
        left,
        f"Erase this person at the source too{where}: the next file with them makes somebody new of them, who objected "
        "to nothing.",
    ]


def _expire(args: argparse.Namespace) -> int:
    with open_house(args) as house, Progress("deleting") as progress:
        deleted, zone = house.rights.expire(progress.show), house.settings.site.zone
    if args.json:
        print_json(
            {"deleted": [{"what": d.what, "before": json_time(d.until, zone), "count": d.count} for d in deleted]}
        )
    else:
        rows = [(each.what, f"before {local_time(each.until, zone)[:10]}", f"{each.count:,}") for each in deleted]
        tell("\n".join(["Deleted, for it was kept long enough:", *columns(rows)]))
    return 0
