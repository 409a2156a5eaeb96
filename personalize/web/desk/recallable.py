"""What a recall can start from, as its pages call it."""

from collections.abc import Iterable, Iterator
from zoneinfo import ZoneInfo

from personalize.explain.dates import local
from personalize.explain.language import Language, capital
from personalize.house import House
from personalize.model.content import Recipe, Rule
from personalize.ports import Batch
from personalize.profile.identifiers import subject_number
from personalize.rights.recall import Thing, name_of
from personalize.web.desk.renamed import newest

NEWEST = 10
"""Imports that are offered."""


def imports_offered(house: House, lang: Language, zone: ZoneInfo) -> list[tuple[int, str]]:
    """Return number and words of the newest imports."""
    return [(each.number, _batch_words(house, each, lang, zone)) for each in house.store.batches.newest_of_all(NEWEST)]


def names_offered(house: House, lang: Language) -> Iterator[tuple[str, str]]:
    """Yield name and title of each attribute, rule and consent text in force, and of their plugins the names alone."""
    recipe = house.pipeline.serving.recipe.recipe
    yield from ((each.name, lang.title(each.titles, "")) for each in recipe.attributes)
    yield from ((name_of(rule, Thing.rule), _rule_title(rule, lang)) for rule in recipe.rules)
    yield from ((text, _notice_title(house, name, lang)) for text, name in _texts(house).items())
    yield from ((name, "") for name in dict.fromkeys(name_of(rule, Thing.plugin) for rule in recipe.rules))


def recalled_title(house: House, thing: Thing, name: str, lang: Language, zone: ZoneInfo) -> str:
    """Return what the thing that was recalled is called; its name where it has no title."""
    return capital(_title(house, thing, name, lang, zone)) or name


def is_there(house: House, thing: Thing, name: str) -> bool:
    """Say whether there is an import of this number, or a consent text of this name and version."""
    number = subject_number(name) if thing is Thing.batch else None
    if number is not None:
        return house.store.batches.batch(number) is not None
    return thing is Thing.notice and name in _texts(house)


def attribute_title(recipe: Recipe | None, name: str, lang: Language) -> str:
    """Return what a recipe calls an attribute; its name where it has no title there."""
    titles = {each.name: each.titles for each in recipe.attributes} if recipe else {}
    return lang.title(titles.get(name, {}), name)


def _title(house: House, thing: Thing, name: str, lang: Language, zone: ZoneInfo) -> str:
    match thing:
        case Thing.batch:
            batch = house.store.batches.batch(int(name))
            return _batch_words(house, batch, lang, zone) if batch else ""
        case Thing.attribute:
            recipe = newest(house, lambda kept: any(each.name == name for each in kept.attributes))
            return attribute_title(recipe, name, lang)
        case Thing.rule:
            recipe = newest(house, lambda kept: any(True for _ in _rules(kept, name)))
            return next((_rule_title(rule, lang) for rule in _rules(recipe, name)), "")
        case Thing.notice:
            return _notice_title(house, name.rpartition("@")[0], lang)
        case _:
            return ""


def _texts(house: House) -> dict[str, str]:
    """Return the consent texts as name@version, and the name of each."""
    notices = house.settings.notices.values()
    return {f"{each.name}@{each.version}": each.name for notice in notices for each in (notice, *notice.earlier)}


def _rules(recipe: Recipe, name: str) -> Iterable[Rule]:
    return (rule for rule in recipe.rules if name_of(rule, Thing.rule) == name)


def _rule_title(rule: Rule, lang: Language) -> str:
    return lang.title(rule.titles, "")


def _notice_title(house: House, name: str, lang: Language) -> str:
    """Return what a consent text is about."""
    asking = (each for each in house.settings.purposes.values() if each.notice == name)
    return lang.listing([lang.title(each.titles, each.name) for each in asking])


def _batch_words(house: House, batch: Batch, lang: Language, zone: ZoneInfo) -> str:
    """Return source, file and time of an import."""
    source = house.settings.sources.get(batch.source)
    title = lang.title(source.titles if source else {}, batch.source)
    return f"{title}, {batch.file_name}, {local(batch.imported_at, zone):%Y-%m-%d %H:%M}"
