"""From what a view noted to the body of an entry: what was read, in the recipe's places."""

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from msgspec import Struct

from personalize.cookbook.body import WIDEST, absence, body, compact_body, fragment
from personalize.model.attributes import Absence, Stored, Value, to_plain
from personalize.model.consent import Basis, Grant
from personalize.model.content import Recipe

MOST_PLANS = 8192


class Plan(Struct, frozen=True):
    """What follows from a mask of reads alone: the places, how to take them, the purposes that rest on consent."""

    places: tuple[int, ...]
    take: Callable[[Sequence[Any]], tuple[Any, ...]]
    consented: tuple[tuple[int, str, int], ...]


class Origin(Struct, frozen=True):
    """A person's values as entries list them; `batch` is the one import they all came from, else -1."""

    plains: tuple[Any, ...]
    batch: int


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

    def origin(self, stored: Sequence[Stored | None]) -> Origin:
        """Return a person's values ready for entries; keep it with the profile."""
        present = [value for value in stored if value is not None]
        batches, times = {value.batch for value in present}, {value.observed for value in present}
        batch = batches.pop() if len(batches) == len(times) == 1 else 0
        uniform = batch > 0 and self._observed_of(batch) in times
        plains = [None if value is None else value.plain for value in stored]
        return Origin(tuple(plains), batch if uniform else -1)

    def body(
        self,
        mask: int,
        cells: Sequence[Value | Absence],
        stored: Sequence[Stored | None],
        origin: Origin,
        in_force: Mapping[str, Grant],
        language: str,
        context: Sequence[str] = (),
        failed: Sequence[int] = (),
    ) -> bytes:
        """Return the body that lists exactly the cells in `mask`.

        Cells past the dictionary are page facts, named by `context` in order.
        """
        plan = self._plans.get(mask) or self._plan(mask)
        if origin.batch < 0 or failed or mask > self._dictionary or mask >= WIDEST:
            return self._full(mask, plan, cells, stored, in_force, language, context, failed)
        values = plan.take(origin.plains)
        causes: Sequence[int] = ()
        if None in values:
            causes = [cell.cause for cell in plan.take(cells) if isinstance(cell, Absence)]
        records = _records(plan, origin.plains, in_force) if plan.consented else None
        return compact_body(language, mask, values, causes, origin.batch, records)

    def _full(
        self,
        mask: int,
        plan: Plan,
        cells: Sequence[Value | Absence],
        stored: Sequence[Stored | None],
        in_force: Mapping[str, Grant],
        language: str,
        context: Sequence[str],
        failed: Sequence[int],
    ) -> bytes:
        ingredients: list[Sequence[Any]] = []
        absences: list[int] = []
        for place in plan.places:
            cell = cells[place]
            value = stored[place]
            if isinstance(cell, Absence):
                absences.append(absence(place, cell.cause))
            elif value is not None:
                ingredients.append(fragment(place, value, self._observed_of(value.batch)))
        records = _records(plan, stored, in_force) if plan.consented else None
        facts = self._facts(mask, cells, context, absences) if mask > self._dictionary else None
        return body(language, ingredients, absences, records, facts, failed)

    def _plan(self, mask: int) -> Plan:
        if len(self._plans) >= MOST_PLANS:
            self._plans.clear()
        places = tuple(place for place in range(self._count) if mask >> place & 1)
        consented = tuple(
            (place, *self._purposes[place]) for place in places if self._purposes[place][0] in self._by_consent
        )
        plan = self._plans[mask] = Plan(places, _taker(places), consented)
        return plan

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


def _taker(places: tuple[int, ...]) -> Callable[[Sequence[Any]], tuple[Any, ...]]:
    """Return what takes these places out of a row; itemgetter gives no tuple for fewer than two."""
    if len(places) > 1:
        return itemgetter(*places)
    return lambda row: tuple(row[place] for place in places)


def _records(plan: Plan, values: Sequence[object], in_force: Mapping[str, Grant]) -> dict[int, bytes]:
    """Return the consent event behind each purpose of the values that were read, by the purpose's place."""
    return {
        number: in_force[name].record
        for place, name, number in plan.consented
        if values[place] is not None and in_force[name].record
    }
