"""`personalize restore`: puts a backup in the place of a store that is gone; erasures and noes since then stay."""

import argparse
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

from msgspec import to_builtins

from personalize.cli.output import counted, json_time, local_time, print_json, tell
from personalize.cli.site import config_option, json_option, settings_of
from personalize.ports import SystemClock
from personalize.recognition.keys import KeyRing
from personalize.rights.restoring import Restored, restore

NO_LIST = (
    "There is no erasure list at {path}: whoever was erased after the backup is known again, and every no said since "
    "is lost. Staff whose account was removed since can sign in again: look at `personalize staff`. Put the list back "
    "and restore once more; if nobody was erased or said no, nothing is missing."
)

LOGGED_OUT = " Visitors and staff log in again."
CLOSED = " Accounts of staff that were removed or made anew since then stay closed."


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("folder", type=Path, help="the backup's folder")
    parser.add_argument("--keys", type=Path, required=True, metavar="FOLDER", help="the folder with its sealing keys")
    config_option(parser)
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    """Put it back and say what is there now; without the erasure list that is a finding."""
    settings = settings_of(args)
    ring = KeyRing.load(settings.site.keys)
    restored = restore(settings, ring, args.folder, args.keys, now=SystemClock().now())
    zone = settings.site.zone
    if args.json:
        print_json({**to_builtins(restored), "made_at": json_time(restored.made_at, zone)})
    else:
        tell(_told(restored, zone))
    if restored.list_missing:
        tell(NO_LIST.format(path=settings.site.erasures), file=sys.stderr)
    return int(restored.list_missing)


def _told(restored: Restored, zone: ZoneInfo) -> str:
    people, erased = (counted(each, "person", "people") for each in (restored.people, restored.erased))
    there = f"The store is as it was on {local_time(restored.made_at, zone)}, with {people}"
    if restored.list_missing:
        return f"{there}.{LOGGED_OUT}"
    noes = counted(restored.noes, "no", "noes")
    kept = f"{erased} erased since then stayed erased, and {noes} said since then still count."
    return f"{there}; {kept}{LOGGED_OUT}{CLOSED}"
