"""`personalize restore`: puts a backup in the place of a store that is gone; who was erased since stays erased."""

import argparse
from pathlib import Path
from zoneinfo import ZoneInfo

from personalize.cli.output import counted, json_time, local_time, print_json
from personalize.cli.site import config_option, json_option, settings_of
from personalize.ports import SystemClock
from personalize.recognition.keys import KeyRing
from personalize.rights.restoring import restore


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("folder", type=Path, help="the backup's folder")
    parser.add_argument("--keys", type=Path, required=True, metavar="FOLDER", help="the folder with its sealing keys")
    config_option(parser)
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    """Put it back and say what is there now."""
    settings = settings_of(args)
    ring = KeyRing.load(settings.site.keys)
    restored = restore(settings, ring, args.folder, args.keys, now=SystemClock().now())
    made, zone = restored.made_at, ZoneInfo(settings.site.timezone)
    if args.json:
        print_json({"made_at": json_time(made, zone), "erased": restored.erased, "people": restored.people})
        return 0
    people, erased = (counted(each, "person", "people") for each in (restored.people, restored.erased))
    print(
        f"The store is as it was on {local_time(made, zone)}, with {people}; {erased} erased since then stayed erased."
    )
    return 0
