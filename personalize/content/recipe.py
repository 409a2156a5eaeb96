"""The recipe: settings, variants and rules in one canonical order, frozen under its hash."""

import hashlib
from collections.abc import Iterable

from msgspec import structs

from personalize.model.content import Recipe, Rule, Slot, Variant, encode_recipe
from personalize.settings.tables import Settings


def build_recipe(settings: Settings, variants: Iterable[Variant], rules: Iterable[Rule]) -> Recipe:
    """Return the recipe; the order in which files name things makes no difference to it.

    Variants stand in the order in which they are asked: slot, `order`, name.
    """
    return Recipe(
        timezone=settings.site.timezone,
        languages=settings.site.languages,
        attributes=tuple(sorted(settings.attributes, key=lambda attribute: attribute.name)),
        purposes=tuple(purpose for _, purpose in sorted(settings.purposes.items())),
        segments=tuple(sorted(settings.segments, key=lambda segment: segment.name)),
        slots=tuple(_canonical(slot) for _, slot in sorted(settings.slots.items())),
        variants=tuple(sorted(variants, key=lambda variant: (variant.slot, variant.order, variant.name))),
        rules=tuple(sorted(rules, key=lambda rule: (rule.kind, rule.order, rule.plugin, rule.name))),
    )


def recipe_digest(recipe: Recipe) -> str:
    """Return the recipe's name: the SHA-256 of its canonical form, in hex."""
    return hashlib.sha256(encode_recipe(recipe)).hexdigest()


def _canonical(slot: Slot) -> Slot:
    """Sort the page facts: their places in a view must survive being stored and read again."""
    return structs.replace(slot, context=dict(sorted(slot.context.items())))
