"""Contexts: a recipe in which some segments are all that is known of anybody."""

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from personalize.decisions.compiled import CompiledRecipe
from personalize.decisions.conditions.clauses import reads
from personalize.errors import ConfigError
from personalize.model.attributes import Attribute, AttributeType
from personalize.model.consent import Basis, Purpose
from personalize.model.content import SEGMENTS, Recipe
from personalize.model.decisions import Decision, Reason
from personalize.model.people import Assurance

States = tuple[bool | None, ...]
"""Whether somebody is in each of the segments; None where it is not known."""
KNOWN = "in_context_"


def world_of(recipe: Recipe, segments: Sequence[str]) -> Recipe:
    """Return the recipe with the segments as attributes of their own, after the others.

    Nothing else about a person has a value there. Variants and slots keep their places.
    """
    names = {name: f"{KNOWN}{place}" for place, name in enumerate(segments)}
    known = [
        Attribute(name=name, type=AttributeType.yes_no, source="", purpose="", assurance=Assurance.none)
        for name in names.values()
    ]
    return replace(
        recipe,
        attributes=(*recipe.attributes, *known),
        purposes=(*recipe.purposes, Purpose(name="", basis=Basis.legitimate_interest)),
        segments=tuple(replace(each, when=names.get(each.name, each.when)) for each in recipe.segments),
    )


def states_of(decision: Decision, segments: Sequence[str]) -> States | None:
    """Return what a decision of the slot `segments` tells, or None where it could not be made."""
    told = {outcome.variant: outcome for outcome in decision.outcomes}
    if any(name not in told or told[name].reason is Reason.ERROR for name in segments):
        return None
    return tuple(
        True if told[name].reason is Reason.TARGETING_MATCH else False if told[name].cause is None else None
        for name in segments
    )


def more_than(recipe: Recipe) -> int:
    """Return the mask of the attributes whose read asks for the person's own page.

    One that needs more than a click is absent for whoever came by a click, so it tells nothing.
    """
    return sum(1 << place for place, each in enumerate(recipe.attributes) if each.assurance <= Assurance.click)


def refusals(
    compiled: CompiledRecipe, segments: Sequence[str], file: str, line: int, column: int
) -> Iterator[ConfigError]:
    """Yield why a segment may not be part of a context, which others share and a cache is told of."""
    attributes = {attribute.name: attribute for attribute in compiled.recipe.attributes}
    sensitive = {purpose.name for purpose in compiled.recipe.purposes if purpose.sensitive}
    for contender in compiled.slots[SEGMENTS].contenders:
        if contender.variant.name not in segments or contender.when is None:
            continue
        for name in sorted(reads(contender.when) & attributes.keys()):
            cause = _cause(attributes[name], sensitive)
            if cause:
                yield ConfigError(
                    f"the segment `{contender.variant.name}` reads `{name}`, which {cause}",
                    remedy="Leave it out: its visitors get pages of their own",
                    file=file,
                    line=line,
                    column=column,
                    field="contexts.segments",
                )


def _cause(attribute: Attribute, sensitive: set[str]) -> str:
    if attribute.assurance > Assurance.click:
        return f"needs the assurance {attribute.assurance.name}"
    return f"serves the sensitive purpose `{attribute.purpose}`" if attribute.purpose in sensitive else ""
