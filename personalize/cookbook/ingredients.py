"""From what a view noted to the body of an entry: what was read, in the recipe's places."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from personalize.cookbook.body import absence, body, fragment
from personalize.model.attributes import Absence, Stored, Value, to_plain
from personalize.model.consent import Basis, Grant
from personalize.model.content import Recipe

MOST_PLANS = 8192


class Plan(Struct, frozen=True):
    """What follows from a mask of reads alone: the places, and whether any of them rests on consent."""

    places: tuple[int, ...]
    consented: bool


class Ingredients:
    """Makes bodies for decisions under one recipe.

    `observed_of` gives the time of observation (µs) in a batch's header, None for no such batch.
    """

    def __init__(self, recipe: Recipe, observed_of: Callable[[int], int | None]) -> None:
        self._observed_of = observed_of
        self._count = len(recipe.attributes)
        self._dictionary = (1 << self._count) - 1
        places = {purpose.name: place for place, purpose in enumerate(recipe.purposes)}
        self._purposes = [(a.purpose, places[a.purpose]) for a in recipe.attributes]
        self._by_consent = {p.name for p in recipe.purposes if p.basis is Basis.consent}
        self._plans: dict[int, Plan] = {}

    def body(
        self,
        mask: int,
        cells: Sequence[Value | Absence],
        stored: Sequence[Stored | None],
        in_force: Mapping[str, Grant],
        *,
        language: str,
        context: Sequence[str] = (),
        failed: Sequence[int] = (),
    ) -> bytes:
        """Return the body that lists exactly the cells in `mask`.

        Cells past the dictionary are page facts, named by `context` in order. Nothing encoded is
        kept: a first sight would pay for it, and a repeated one has no body.
        """
        own = mask & self._dictionary
        plan = self._plans.get(own) or self._plan(own)
        ingredients: list[Sequence[Any]] = []
        absences: list[int] = []
        for place in plan.places:
            value = stored[place]
            if value is None:
                cell = cells[place]
                if not isinstance(cell, Absence):
                    raise ValueError("a readable cell has no stored value")
                absences.append(absence(place, cell.cause))
            else:
                ingredients.append(fragment(place, value, self._observed_of(value.batch)))
        records = self._records(ingredients, in_force) if plan.consented else None
        facts = self._facts(mask, cells, context, absences) if mask != own else None
        return body(language, ingredients, absences, records, facts, failed)

    def _plan(self, mask: int) -> Plan:
        if len(self._plans) >= MOST_PLANS:
            self._plans.clear()
        places = tuple(place for place in range(self._count) if mask >> place & 1)
        consented = any(self._purposes[place][0] in self._by_consent for place in places)
        plan = self._plans[mask] = Plan(places, consented)
        return plan

    def _records(self, ingredients: Sequence[Sequence[Any]], in_force: Mapping[str, Grant]) -> dict[int, bytes]:
        """Return the consent event behind each purpose of these values; legitimate interest has none."""
        behind = dict.fromkeys(self._purposes[item[0]] for item in ingredients)
        return {place: in_force[name].record for name, place in behind if in_force[name].record}

    def _facts(
        self, mask: int, cells: Sequence[Value | Absence], context: Sequence[str], absences: list[int]
    ) -> dict[str, Any]:
        """Return the page facts that were read; those that lack are added to the absences."""
        facts: dict[str, Any] = {}
        for place in range(self._count, len(cells)):
            if mask >> place & 1:
                cell = cells[place]
                if isinstance(cell, Absence):
                    absences.append(absence(place, cell.cause))
                else:
                    facts[context[place - self._count]] = to_plain(cell)
        return facts
