"""`personalize check`: reads every file as the site would, and says what is wrong, one line each."""

import argparse
import json
import re
from collections.abc import Iterator
from pathlib import Path as FilePath

from msgspec import Struct, structs

from personalize.cli.output import counted, print_json
from personalize.cli.site import config_option, json_option, personalizer_of, settings_of
from personalize.content.files import unread_files
from personalize.errors import ConfigError, KeyFileError, ManyErrors, PersonalizeError
from personalize.explain.language import language
from personalize.hooks.manager import Installed
from personalize.model.content import Recipe
from personalize.publishing import Publisher
from personalize.recognition.keys import KeyRing
from personalize.settings import Settings
from personalize.settings.contexts import contexts_of
from personalize.settings.load import setting_places
from personalize.settings.places import Path, Place, nearest
from personalize.settings.toml_file import nearest_name

PLUGIN = re.compile(r"\[?plugins\.([A-Za-z0-9_.-]+)\]?[ .]?([A-Za-z0-9_.-]+)?")
BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
NOTHING_INSTALLED = Installed(plugins=(), rules=(), callees={})
QUOTED = re.compile(r"(?:plugin|of) '([A-Za-z0-9_-]+)'")


class Finding(Struct, frozen=True, kw_only=True):
    """One thing to mend, or (`advice`) to better, or (`note`) to know, and where it stands.

    Lines and columns count from 1.
    """

    file: str
    line: int = 1
    column: int = 1
    level: str = "error"
    message: str

    def __str__(self) -> str:
        level = "" if self.level == "error" else f"{self.level}: "
        return f"{self.file}:{self.line}:{self.column}: {level}{' '.join(self.message.split())}"

    def from_here(self) -> "Finding":
        """Return it with its file as one would name it in this folder."""
        path = FilePath(self.file).absolute()
        here = FilePath.cwd()
        return structs.replace(self, file=str(path.relative_to(here))) if path.is_relative_to(here) else self


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    config_option(parser)
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    """Print every finding; 1 where one is an error. Nothing is opened or written."""
    found = list(dict.fromkeys(finding.from_here() for finding in _findings(args)))
    errors, advice = (sum(finding.level == level for finding in found) for level in ("error", "advice"))
    if args.json:
        fields = Finding.__struct_fields__
        print_json({"findings": [{name: getattr(finding, name) for name in fields} for finding in found]})
    else:
        print("\n".join([*map(str, found), _summary(errors, advice)]))
    return 1 if errors else 0


def _summary(errors: int, advice: int) -> str:
    if not errors and not advice:
        return "Nothing is wrong."
    parts = [counted(errors, "error")] if errors else []
    parts += [counted(advice, "piece of advice", "pieces of advice")] if advice else []
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
    try:
        recipe = Publisher(settings, installed).read().recipe
    except PersonalizeError as error:
        yield from _told(error, file, places)
    else:
        yield from _idle(recipe, file, places)
    for unread in unread_files(settings):
        yield from (structs.replace(told, level="advice") for told in _told(unread, file, places))
    yield from _untitled(settings, installed, places)
    yield from _untranslated(settings, installed, places)
    yield from _contexts(settings, places)


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
        yield _advice(file, places, ("site", "url"), message)
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
        table, option = found.groups()
        paths.append(tuple(part for part in f"{table}.{option or ''}".split(".") if part))
    if found := QUOTED.search(message):
        paths.append((found[1],))
    spots = (nearest(places, ("plugins", *path)) for path in paths)
    return next(filter(None, spots), Place(1, 1))


def _advice(file: str, places: dict[Path, Place], path: Path, message: str) -> Finding:
    """Return a piece of advice about the closest place that is known for a path of keys."""
    spot = nearest(places, path) or Place(1, 1)
    return Finding(file=file, line=spot.line, column=spot.column, level="advice", message=message)


def _idle(recipe: Recipe, file: str, places: dict[Path, Place]) -> Iterator[Finding]:
    """Yield the variants that a rule names and no content file has: it keeps away or chooses nothing there."""
    for rule in recipe.rules:
        there = [each.name for each in recipe.variants if not rule.slots or each.slot in rule.slots]
        for name in rule.variants:
            if name not in there:
                what = f"the rule `{rule.name}` of the plugin {rule.plugin} names the variant `{name}`"
                message = f"{what}, which no content file has there. {nearest_name(name, there)}"
                yield _advice(file, places, ("plugins", rule.plugin), message)


def _untitled(settings: Settings, installed: Installed, places: dict[Path, Place]) -> Iterator[Finding]:
    """Yield what explanations would have to call by its technical name."""
    lang = settings.site.languages[0]
    for path, what, remedy in [*_nameless(settings, installed, f'titles.{lang} = "…"'), *_nameless_choices(settings)]:
        message = f"{what} has no titles, so explanations use its name. {remedy}."
        yield _advice(str(settings.file), places, path, message)


def _nameless(settings: Settings, installed: Installed, titles: str) -> Iterator[tuple[Path, str, str]]:
    """Yield where the titles are missing, of what, and what to write."""
    for source in settings.sources.values():
        if not source.titles:
            yield ("sources", source.name), f"the source `{source.name}`", f"Add {titles}"
    for slot in settings.slots.values():
        if not slot.titles:
            yield ("slots", slot.name), f"the slot `{slot.name}`", f"Add {titles}"
        for fact in sorted(slot.context.keys() - slot.words.keys()):
            remedy = f'Write {fact} = {{ type = "{slot.context[fact]}", {titles} }}'
            yield ("slots", slot.name, "context", fact), f"the page fact `{fact}` of the slot `{slot.name}`", remedy
    for segment in settings.segments:
        if not segment.titles:
            yield ("segments", segment.name), f"the segment `{segment.name}`", f"Add {titles}"
    for rule in installed.rules:
        if not rule.titles:
            yield ("plugins", rule.plugin), f"the rule `{rule.name}` of the plugin {rule.plugin}", f"Add {titles}"


def _nameless_choices(settings: Settings) -> Iterator[tuple[Path, str, str]]:
    """Yield the same of every choice; what other texts may come is not known."""
    for attribute in settings.attributes:
        for choice in attribute.choices:
            if choice not in attribute.values:
                key = choice if BARE_KEY.fullmatch(choice) else json.dumps(choice, ensure_ascii=False)
                remedy = f'Add values.{key}.{settings.site.languages[0]} = "…"'
                yield ("attributes", attribute.name), f"the choice `{choice}` of `{attribute.name}`", remedy


def _untranslated(settings: Settings, installed: Installed, places: dict[Path, Place]) -> Iterator[Finding]:
    """Yield the rules whose titles lack a language that explanations are given in.

    This is no error: a plugin for many sites need not know every language, and its site may be unable to mend it.
    """
    spoken = dict.fromkeys(language(name).name for name in settings.site.languages)
    for rule in installed.rules:
        missing = [name for name in spoken if name not in rule.titles]
        if rule.titles and missing:
            what = f"the rule `{rule.name}` of the plugin {rule.plugin} has no title in {', '.join(missing)}"
            message = f'{what}, so explanations mix in another language. Add "{missing[0]}" to its titles.'
            yield _advice(str(settings.file), places, ("plugins", rule.plugin), message)


def _contexts(settings: Settings, places: dict[Path, Place]) -> Iterator[Finding]:
    """Yield how many contexts there are, as each may keep a copy of each page in a cache."""
    if settings.contexts:
        spot = nearest(places, ("contexts", "segments")) or Place(1, 1)
        many = contexts_of(settings.contexts)
        segments = counted(len(settings.contexts), "segment makes", "segments make")
        yield Finding(
            file=str(settings.file),
            line=spot.line,
            column=spot.column,
            level="note",
            message=f"{segments} {many} contexts: a cache keeps each page up to {many} times, besides the strangers'.",
        )
