"""What `personalize check` advises about settings: titles that lack, duties, slots that are empty."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from importlib import resources

from personalize.cli.finding import Finding, advice
from personalize.cli.output import counted
from personalize.errors import ConfigError
from personalize.explain.language import language
from personalize.hooks.manager import Installed
from personalize.model.content import Recipe
from personalize.profile.contacts import LIBRARIES, library_of
from personalize.settings import Settings
from personalize.settings.contexts import contexts_of
from personalize.settings.places import Path, Place, nearest

BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
Places = dict[Path, Place]
TOLD: Mapping[str, str] = {
    "controller": "who is responsible for their data",
    "privacy_contact": "whom to ask about it",
    "privacy_statement": "where your privacy statement is",
    "authority": "which supervisory authority they may complain to",
}
"""What `[site]` tells visitors by these keys (GDPR 13(1)(a), 13(2)(d))."""


def titles_advice(settings: Settings, installed: Installed, places: Places) -> Iterator[Finding]:
    """Yield what explanations would call by a technical name, or in another language than the reader's."""
    yield from _untitled(settings, installed, places)
    yield from _untranslated(settings, installed, places)


def duties_advice(settings: Settings, places: Places) -> Iterator[Finding]:
    """Yield what visitors of a public site are not told, or are told in the words of the example."""
    if settings.site.development:
        return
    example = tomllib.loads(resources.files(__package__).joinpath("starter", "personalize.toml").read_text("utf-8"))
    for key in ("name", *TOLD):
        said = getattr(settings.site, key)
        if said and said == example["site"].get(key):
            message = f'site.{key}: "{said}" is the text of the example, and visitors read it. Write your own.'
            yield advice(str(settings.file), places, ("site", key), message)
        elif not said and key in TOLD:
            message = f'site.{key}: visitors are not told {TOLD[key]} (GDPR 13). Add {key} = "…".'
            yield advice(str(settings.file), places, ("site", key), message)


def libraries_advice(settings: Settings, places: Places) -> Iterator[Finding]:
    """Yield the identifiers that cannot be read here: files of them are refused, and a log-in by one is nobody's."""
    for source in settings.sources.values():
        for kind in filter(LIBRARIES.__contains__, source.identifiers):
            path = ("sources", source.name, "identifiers", kind)
            try:
                library_of(kind)
            except ConfigError as error:
                yield advice(str(settings.file), places, path, f"{'.'.join(path)}: {error}")


def empty_slots(recipe: Recipe, file: str, places: Places) -> Iterator[Finding]:
    """Yield the slots that no content file has a variant for."""
    filled = {variant.slot for variant in recipe.variants}
    for slot in recipe.slots:
        if slot.enabled and slot.name not in filled:
            message = (
                f"the slot `{slot.name}` has no variant, so everybody sees its default. Write one in content/*.toml."
            )
            yield advice(file, places, ("slots", slot.name), message)


def contexts_note(settings: Settings, places: Places) -> Iterator[Finding]:
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


def _untitled(settings: Settings, installed: Installed, places: Places) -> Iterator[Finding]:
    """Yield what explanations would have to call by its technical name."""
    lang = settings.site.languages[0]
    for path, what, remedy in [*_nameless(settings, installed, f'titles.{lang} = "…"'), *_nameless_choices(settings)]:
        message = f"{what} has no titles, so explanations use its name. {remedy}."
        yield advice(str(settings.file), places, path, message)


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


def _untranslated(settings: Settings, installed: Installed, places: Places) -> Iterator[Finding]:
    """Yield the rules whose titles lack a language that explanations are given in.

    This is no error: a plugin for many sites need not know every language, and its site may be unable to mend it.
    """
    spoken = dict.fromkeys(language(name).name for name in settings.site.languages)
    for rule in installed.rules:
        missing = [name for name in spoken if name not in rule.titles]
        if rule.titles and missing:
            what = f"the rule `{rule.name}` of the plugin {rule.plugin} has no title in {', '.join(missing)}"
            message = f'{what}, so explanations mix in another language. Add "{missing[0]}" to its titles.'
            yield advice(str(settings.file), places, ("plugins", rule.plugin), message)
