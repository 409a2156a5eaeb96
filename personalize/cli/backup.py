"""`personalize backup`: copies the store while the site runs, its keys into a folder of their own."""

import argparse
from pathlib import Path

import msgspec

from personalize.cli.output import columns, json_time, print_json, tell
from personalize.cli.site import config_option, json_option, open_books
from personalize.rights.backup import PATIENCE, back_up


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("folder", type=Path, help="an empty folder, or one to be made")
    parser.add_argument("--keys", type=Path, required=True, metavar="FOLDER", help="another one, for the sealing keys")
    config_option(parser)
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    """Copy, look whether the copies are whole, and say what was written."""
    with open_books(args) as house:
        backup = back_up(
            house.store,
            house.indexer,
            lambda: house.rights.sweep(patience=PATIENCE),
            args.folder,
            args.keys,
            now=house.clock.now(),
            site=house.settings.site.url,
        )
        site = house.settings.site
        apart = site.keys, site.erasures
    if args.json:
        print_json({**msgspec.to_builtins(backup), "made_at": json_time(backup.made_at, site.zone)})
        return 0
    rows = [(file.name, f"{file.size:,} bytes", f"SHA-256 {file.sha256[:16]}…") for file in backup.files]
    tell("\n".join([f"Backed up to {args.folder}, the keys to {args.keys}:", *columns(rows)]))
    tell(f"Keep a copy of {apart[0].name} with the keys, and one of {apart[1].name}, always the newest, by itself.")
    return 0
