"""What is not in force any more under the name it was recorded by: the recipe that knew it last, and its name now."""

from collections.abc import Callable

from personalize.house import House
from personalize.model.content import Recipe, Variant


def recipe_knowing(house: House, slot: str, variant: str | None) -> Recipe:
    """Return the recipe in force, or else the newest one kept that knows this variant, or None's slot.

    Where none does it is the one in force.
    """
    return newest(house, lambda recipe: knows(recipe, slot, variant))


def newest(house: House, is_meant: Callable[[Recipe], bool]) -> Recipe:
    """Return the recipe in force, or else the newest one kept that is meant; where none is, the one in force."""
    in_force = house.pipeline.serving.recipe.recipe
    if is_meant(in_force):
        return in_force
    kept = map(house.recipe, reversed(house.store.content.published()))
    return next((each for each in kept if each and is_meant(each)), in_force)


def knows(recipe: Recipe, slot: str, variant: str | None) -> bool:
    """Say whether a recipe has this variant; with None whether it has the slot."""
    if variant is None:
        return any(each.name == slot for each in recipe.slots)
    return any((each.slot, each.name) == (slot, variant) for each in recipe.variants)


def now_called(in_force: Recipe, then: Recipe, slot: str, variant: str) -> Variant | None:
    """Return the variant that came in the place of one that is gone: it says the same, or bears its title."""
    old = next((each for each in then.variants if (each.slot, each.name) == (slot, variant)), None)
    new = [each for each in in_force.variants if each.slot == slot and not knows(then, slot, each.name)]
    return next((each for each in new if old and _is_alike(each, old)), None)


def _is_alike(one: Variant, other: Variant) -> bool:
    return bool(one.fields and one.fields == other.fields) or bool(one.titles and one.titles == other.titles)
