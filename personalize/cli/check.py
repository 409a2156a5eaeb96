"""`personalize check`: reads every file as the site would, and says what is wrong, one line each."""

import argparse
import re
from collections.abc import Iterator
from pathlib import Path as FilePath
from zoneinfo import ZoneInfo

from msgspec import structs

from personalize.cli.advice import contexts_note, duties_advice, empty_slots, libraries_advice, titles_advice
from personalize.cli.content_advice import (
    content_advice,
    hidden_variants,
    shared_titles,
    unlisted_values,
    unmet_conditions,
)
from personalize.cli.finding import Finding, advice
from personalize.cli.output import counted, print_json, tell
from personalize.cli.rule_advice import rule_advice, source_advice, unasked_options
from personalize.cli.site import config_option, json_option, personalizer_of, settings_of
from personalize.content.files import read_content, unread_files
from personalize.errors import ConfigError, KeyFileError, ManyErrors, PersonalizeError
from personalize.hooks.manager import Installed
from personalize.ports import SystemClock
from personalize.profile.view import Calendar, Moment
from personalize.publishing import Publisher
from personalize.recognition.keys import KeyRing
from personalize.settings import Settings
from personalize.settings.load import setting_places
from personalize.settings.places import Path, Place, nearest

PLUGIN = re.compile(r"\[?plugins\.([A-Za-z0-9_.-]+)(?:\]\] number ([0-9]+))?\]?[ .]?([A-Za-z0-9_.-]+)?")
NOTHING_INSTALLED = Installed(plugins=(), rules=(), callees={})
QUOTED = re.compile(r"(?:plugin|of) '([A-Za-z0-9_-]+)'")


SHARED = (
    "site.url: another site of personalize on {} shares this one's cookie, and each replaces what the other knows a "
    "browser by. Give it a host of its own."
)
"""Of a site below a path: beside it there may be others."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    config_option(parser)
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    """Print every finding; 1 where one is an error. Nothing is opened or written."""
    found = list(dict.fromkeys(finding.from_here() for finding in _findings(args)))
    errors, better = (sum(finding.level == level for finding in found) for level in ("error", "advice"))
    if args.json:
        fields = Finding.__struct_fields__
        print_json({"findings": [{name: getattr(finding, name) for name in fields} for finding in found]})
    else:
        tell("\n".join([*map(str, found), _summary(errors, better)]))
    return 1 if errors else 0


def _summary(errors: int, better: int) -> str:
    if not errors and not better:
        return "Nothing is wrong."
    parts = [counted(errors, "error")] if errors else []
    parts += [counted(better, "piece of advice", "pieces of advice")] if better else []
    return f"{', '.join(parts)}."


def _findings(args: argparse.Namespace) -> Iterator[Finding]:
    """Yield what is wrong with the settings; where they hold, with all that follows from them too."""
    try:
        settings = settings_of(args)
    except PersonalizeError as error:
        yield from _told(error, str(args.config), {})
        yield from _waiting(args.config)
        return
    file, places = str(settings.file), setting_places(settings.file)
    yield from _key_file(settings)
    yield from _site(settings, file, places)
    try:
        installed = personalizer_of(args).installed
    except PersonalizeError as error:
        yield from _told(error, file, places)
        installed = NOTHING_INSTALLED
    yield from (Finding(file=file, message=problem) for problem in installed.problems)
    yield from unasked_options(installed, file, places)
    yield from source_advice(installed, settings.purposes, file, places)
    yield from _content(settings, installed, file, places)
    yield from libraries_advice(settings, places)
    yield from duties_advice(settings, places)
    yield from titles_advice(settings, installed, places)
    yield from contexts_note(settings, places)


def _content(settings: Settings, installed: Installed, file: str, places: dict[Path, Place]) -> Iterator[Finding]:
    """Yield what is wrong with variants and conditions, then what could be better."""
    publisher, content, now = Publisher(settings, installed), read_content(settings), SystemClock().now()
    better = [*unread_files(settings), *content_advice(settings, content, now), *shared_titles(content)]
    try:
        compiled = publisher.read()
    except PersonalizeError as error:
        yield from _told(error, file, places)
    else:
        recipe, where = compiled.recipe, publisher.places(content)
        yield from rule_advice(compiled, installed, Moment(now, Calendar(ZoneInfo(recipe.timezone))), file, places)
        yield from empty_slots(recipe, file, places)
        better += unlisted_values(settings, recipe, where)
        better += unmet_conditions(recipe, where)
        better += hidden_variants(content, compiled.slots.values())
    for each in better:
        yield from (structs.replace(told, level="advice") for told in _told(each, file, places))


def _waiting(config: FilePath) -> Iterator[Finding]:
    """Yield what is not looked at yet, where there are settings at all."""
    if setting_places(config):
        message = "content files, conditions and plugins are checked once this file is mended."
        yield Finding(file=str(config), level="note", message=message)


def _key_file(settings: Settings) -> Iterator[Finding]:
    try:
        KeyRing.load(settings.site.keys)
    except KeyFileError as error:
        name = str(settings.site.keys)
        yield Finding(file=name, message=str(error).removeprefix(f"{name}: "))


def _site(settings: Settings, file: str, places: dict[Path, Place]) -> Iterator[Finding]:
    """Yield what is unsafe or impossible about the address and the store."""
    site = settings.site
    if site.url.startswith("http:") and not site.development:
        message = f"site.url: {site.url} is public and not https, so cookies travel in the clear. Write https."
        yield advice(file, places, ("site", "url"), message)
    if site.root:
        spot = nearest(places, ("site", "url")) or Place(1, 1)
        yield Finding(file=file, line=spot.line, column=spot.column, level="note", message=SHARED.format(site.host))
    if site.store.exists() and not site.store.is_dir():
        spot = nearest(places, ("site", "store")) or nearest(places, ("site",)) or Place(1, 1)
        message = f"site.store: {site.store} is a file, not a folder. Name a folder, or move the file away."
        yield Finding(file=file, line=spot.line, column=spot.column, message=message)


def _told(error: PersonalizeError, file: str, places: dict[Path, Place]) -> Iterator[Finding]:
    """Yield an error as findings, each with the closest place that is known for it."""
    if isinstance(error, ManyErrors):
        for each in error.errors:
            yield from _told(each, file, places)
        return
    spot = _spot(str(error), places)
    if not isinstance(error, ConfigError):
        yield Finding(file=file, line=spot.line, column=spot.column, message=str(error))
        return
    place = ":".join(str(part) for part in (error.file, error.line, error.column) if part)
    yield Finding(
        file=error.file or file,
        line=error.line or spot.line,
        column=error.column or (1 if error.line else spot.column),
        message=str(error).removeprefix(f"{place}: "),
    )


def _spot(message: str, places: dict[Path, Place]) -> Place:
    """Return where the plugin's table or option stands that a message names, else the file's start."""
    paths: list[Path] = []
    if found := PLUGIN.search(message):
        table, number, option = found.groups()
        paths.append((*table.split("."), *([int(number) - 1] if number else []), *(option or "").split(".")))
    if found := QUOTED.search(message):
        paths.append((found[1],))
    spots = (nearest(places, ("plugins", *path)) for path in paths)
    return next(filter(None, spots), Place(1, 1))
