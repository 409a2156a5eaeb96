"""What the next page shows, once a use was stopped: decided as a request that comes in the same way would be."""

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from personalize.explain.language import Language
from personalize.explain.next_time import NextTime, next_time
from personalize.house import House
from personalize.model.attributes import Attribute
from personalize.model.content import SEGMENTS, Recipe
from personalize.model.cookbook import CookbookEntry
from personalize.model.decisions import Decision
from personalize.model.people import Assurance, Visitor
from personalize.settings.sources import DEVICE


def next_times(
    house: House, entries: Sequence[CookbookEntry], purpose: str, lang: Language
) -> tuple[tuple[str, NextTime], ...]:
    """Decide these entries' slots anew, now that `purpose` is stopped, and return for each what will be shown."""
    return tuple(
        (entry.entry_id.hex(), _previewed(house, entry, purpose, lang))
        for entry in entries
        if entry.slot in house.settings.slots and entry.slot != SEGMENTS
    )


def _previewed(house: House, entry: CookbookEntry, purpose: str, lang: Language) -> NextTime:
    device = entry.subject if house.outline(entry).device else 0
    visitor = Visitor(subject=entry.subject, assurance=Assurance(entry.assurance), device=device)
    decision = house.pipeline.preview(visitor, entry.slot, entry.context, language=entry.language)
    facts = house.facts(replace(entry, recipe=decision.recipe, ingredients=()))
    read = [attribute for attribute in _read(decision, facts.recipe) if attribute.purpose != purpose]
    is_known = not _hangs_on_browser(house, visitor, read, house.publisher.heard - {purpose})
    return next_time(decision, entry, facts, lang.name, purpose, is_known=is_known)


def _read(decision: Decision, recipe: Recipe) -> Iterator[Attribute]:
    yield from (each for place, each in enumerate(recipe.attributes) if decision.mask >> place & 1)


def _hangs_on_browser(house: House, visitor: Visitor, read: Sequence[Attribute], heard: frozenset[str]) -> bool:
    """Say whether the decision may be another by what the browser brings along, which no entry tells.

    That is a linked device, and its own word about the purposes that are `heard`. What was not read changes
    nothing (law 2).
    """
    if any(attribute.purpose in heard for attribute in read):
        return True
    if visitor.assurance is Assurance.click and not visitor.is_device:
        return any(house.settings.purposes[name].recognise for name in heard)
    observed = visitor.assurance is Assurance.login and any(attribute.source == DEVICE for attribute in read)
    return observed and any(link.cut_at is None for link in house.browsers.links_of(visitor.subject or 0))
