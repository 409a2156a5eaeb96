"""`personalize import FILE --source NAME`: values, objections or consents, all of the file or nothing."""

import argparse
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import msgspec

from personalize.cli.output import json_time, print_json, tell
from personalize.cli.progress import Progress
from personalize.cli.site import config_option, json_option, settings_of
from personalize.cli.times import moment_of
from personalize.errors import ConfigError
from personalize.explain.language import LANGUAGES
from personalize.onboarding.importing import import_file
from personalize.onboarding.summary import ImportSummary
from personalize.ports import SystemClock
from personalize.recognition.keys import KeyRing
from personalize.rights.rights import follow_list
from personalize.settings.tables import Settings
from personalize.storage.open import Store, open_store


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--source", required=True, metavar="NAME", help="a [sources.NAME] of personalize.toml")
    parser.add_argument("--dry-run", action="store_true", help="say what would happen, and store nothing")
    parser.add_argument("--observed", metavar="DATE", help="when the file was true; default: now, or its own column")
    parser.add_argument("--older", action="store_true", help="let it replace values that are newer")
    parser.add_argument("--lang", default="en", choices=LANGUAGES, help="of the summary; default: en")
    config_option(parser)
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    """Import the file; 1 where it holds no row that could be taken. Needs no readable content files."""
    settings = settings_of(args)
    summary = _imported(args, settings)
    if args.json:
        observed_at = json_time(summary.observed_at, settings.site.zone)
        print_json({**msgspec.to_builtins(summary), "observed_at": observed_at})
    else:
        tell("\n".join(summary.lines(args.lang)))
    return 0 if summary.accepted or summary.already else 1


def _imported(args: argparse.Namespace, settings: Settings) -> ImportSummary:
    observed = _observed(args.observed, settings.site.zone) if args.observed else None
    ring = KeyRing.load(settings.site.keys)
    with _store(settings, dry_run=args.dry_run) as store:
        noes = follow_list(settings, store, ring, SystemClock().now())
        with Progress("importing") as progress:
            return import_file(
                args.file,
                args.source,
                settings,
                store,
                ring,
                SystemClock(),
                noes=noes,
                dry_run=args.dry_run,
                older_too=args.older,
                observed=observed,
                progress=progress.show,
            )


def _observed(text: str, zone: ZoneInfo) -> int:
    """Return the moment (µs) at which the file was true. Raises ConfigError, also for one that is still to come."""
    moment = moment_of(text, zone, "--observed")
    if moment > SystemClock().now():
        raise ConfigError(
            f'--observed: "{text}" is still to come', remedy=f"Give a moment that has been, in the time of {zone}"
        )
    return moment


@contextmanager
def _store(settings: Settings, *, dry_run: bool) -> Iterator[Store]:
    """Open the site's store; a dry run without one has a passing one of its own, and leaves none."""
    folder = settings.site.store
    if dry_run and not (folder / "people.sqlite").is_file():
        with TemporaryDirectory(prefix="personalize-") as passing, closing(open_store(Path(passing))) as store:
            yield store
    else:
        with closing(open_store(folder)) as store:
            yield store
