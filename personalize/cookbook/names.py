"""The names behind the places that entries keep: a recipe as a reader of entries needs it."""

from functools import cached_property

from personalize.cookbook.frames import NONE
from personalize.model.content import SEGMENTS, Recipe
from personalize.model.decisions import WIDTH, Outcome, read_outcomes


class Names:
    """What the places in entries of one recipe stand for. A place it does not have raises LookupError."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._purposes = {purpose.name: place for place, purpose in enumerate(recipe.purposes)}

    def slot(self, place: int) -> str:
        """Return the name of a slot; the reserved one is `segments`."""
        return SEGMENTS if place == NONE else self._recipe.slots[place].name

    def candidates(self, slot: int) -> tuple[str, ...]:
        """Return the names of a slot's candidates in order; those of `segments` are the segments."""
        return self._candidates[self.slot(slot)]

    def variant(self, slot: int, place: int) -> str | None:
        """Return the name of a variant; None is the default."""
        return None if place == NONE else self.candidates(slot)[place]

    def attribute(self, place: int) -> str:
        """Return the name of an attribute."""
        return self._recipe.attributes[place].name

    def read(self, slot: int, place: int) -> str:
        """Return what was read: an attribute, or after those a page fact that the slot declares."""
        attributes = self._recipe.attributes
        if place < len(attributes):
            return attributes[place].name
        return tuple(self._recipe.slots[slot].context)[place - len(attributes)]

    def purpose(self, attribute: int) -> tuple[str, int]:
        """Return the purpose of an attribute, and its place (-1: none of the recipe's)."""
        name = self._recipe.attributes[attribute].purpose
        return name, self._purposes.get(name, -1)

    def outcomes(self, slot: int, blob: bytes) -> tuple[Outcome, ...]:
        """Return the candidates' outcomes."""
        candidates = self.candidates(slot)
        if len(blob) != WIDTH * len(candidates):
            raise LookupError("the recipe has other candidates than the entry")
        return read_outcomes(blob, candidates)

    @cached_property
    def _candidates(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {
            slot.name: tuple(v.name for v in self._recipe.variants if v.slot == slot.name)
            for slot in self._recipe.slots
        }
        found[SEGMENTS] = tuple(segment.name for segment in self._recipe.segments)
        return found
