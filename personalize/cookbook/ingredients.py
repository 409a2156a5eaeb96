"""From what views noted to the body of a page: what was read, in the recipe's places."""

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from itertools import repeat
from operator import and_, itemgetter, or_
from typing import Any, Protocol

from msgspec import Struct

from personalize.cookbook.body import (
    NO_FACT,
    WIDEST,
    PageFacts,
    Reading,
    absence,
    body,
    compact_body,
    fragment,
    places_in,
    with_facts,
)
from personalize.model.attributes import Absence, Cause, Stored, Value, to_plain
from personalize.model.consent import Basis, Grant
from personalize.model.content import Recipe

MOST_PLANS = 8192
PLAIN = frozenset({str, int, float, bool})

Cells = Sequence[Value | Absence]


class Plan(Struct, frozen=True):
    """What follows from a mask of reads alone: the places, how to take them, the purposes that rest on consent."""

    places: tuple[int, ...]
    take: Callable[[Sequence[Any]], tuple[Any, ...]]
    consented: tuple[tuple[str, int, tuple[int, ...]], ...]


class Source(Protocol):
    """A person's values as they were delivered; all of them by `stamp` (observed, batch), where that is not None."""

    @property
    def cells(self) -> Sequence[Any]:
        """Return each attribute's value or absence."""
        ...

    @property
    def absences(self) -> Sequence[Absence]:
        """Return why each attribute has no value; it says nothing of one that has."""
        ...

    @property
    def plains(self) -> Sequence[Any]:
        """Return the delivered form of each attribute's value; None for an absence."""
        ...

    @property
    def stamp(self) -> tuple[int, int] | None:
        """Return when all of them were observed (µs), and the batch that brought them."""
        ...

    @property
    def stored(self) -> Sequence[Stored | None]:
        """Return what stands behind each value."""
        ...


class Reads(Protocol):
    """What one decision read: a bit for each attribute, then one for each fact of its page."""

    @property
    def mask(self) -> int:
        """Return the bits."""
        ...


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

    def batch_of(self, source: Source) -> int:
        """Return the one import that all of a person's values came from when it was observed, else -1."""
        stamp = source.stamp or _only_stamp(source.stored)
        if stamp is None:
            return -1
        observed, batch = stamp
        return batch if batch > 0 and self._observed_of(batch) == observed else -1

    def compact(
        self, masks: Sequence[int], source: Source, batch: int, in_force: Mapping[str, Grant], language: str
    ) -> bytes:
        """Return the compact body of these decisions, before any fact of the page.

        Each mask is of exactly the cells that one decision read; bits past the dictionary are those of page
        facts. `batch` is what `batch_of` said. Empty where only the full form can hold it.
        """
        union = reduce(or_, masks, 0)
        if union > self._dictionary:
            union &= self._dictionary
            masks = list(map(and_, masks, repeat(self._dictionary)))
        if batch < 0 or union >= WIDEST:
            return b""
        plan = self._plans.get(union) or self._plan(union)
        plains, absences = source.plains, source.absences
        causes: list[Cause] = []  # in a loop: a comprehension would make cells
        for place in plan.places:
            if plains[place] is None:
                causes.append(absences[place].cause)
        records = _records(plan, plains, in_force) if plan.consented else None
        return compact_body(language, masks, plan.take(plains), causes, batch, records)

    def with_facts(
        self,
        compact: bytes,
        found: Sequence[Reads],
        asking: Sequence[int],
        given: Sequence[Cells],
        names: Sequence[Sequence[str]],
    ) -> bytes:
        """Return the compact body of these decisions with what those at the places `asking` read of their page.

        `given` has the cells of each decision's facts, `names` what they are called.
        """
        facts = [NO_FACT] * len(found)
        for place in asking:
            facts[place] = self._facts(found[place].mask, given[place], names[place])
        return with_facts(compact, facts)

    def full(
        self,
        masks: Sequence[int],
        source: Source,
        in_force: Mapping[str, Grant],
        language: str,
        given: Sequence[Cells],
        names: Sequence[Sequence[str]],
        faults: Mapping[int, Sequence[int]],
    ) -> bytes:
        """Return the body in full; `faults` has the rules that failed, by the decision's place."""
        union = reduce(or_, masks, 0) & self._dictionary
        readings = [
            Reading(places_in(mask & self._dictionary), *self._facts(mask, given[at], names[at]), faults.get(at, ()))
            for at, mask in enumerate(masks)
        ]
        plan = self._plans.get(union) or self._plan(union)
        ingredients: list[Sequence[Any]] = []
        absences: list[int] = []
        cells, stored = source.cells, source.stored
        for place in plan.places:
            cell = cells[place]
            value = stored[place]
            if isinstance(cell, Absence):
                absences.append(absence(place, cell.cause))
            elif value is not None:
                ingredients.append(fragment(place, value, self._observed_of(value.batch)))
        records = _records(plan, stored, in_force) if plan.consented else None
        return body(language, ingredients, absences, records, readings)

    def _facts(self, mask: int, given: Cells, names: Sequence[str]) -> PageFacts:
        """Return the facts of the page among what one decision read."""
        read = mask >> self._count
        if not read:
            return NO_FACT
        facts: dict[str, Any] = {}
        absences: list[int] = []
        for place, cell in enumerate(given):
            if not read >> place & 1:
                continue
            if cell.__class__ in PLAIN:
                facts[names[place]] = cell
            elif isinstance(cell, Absence):
                absences.append(absence(self._count + place, cell.cause))
            else:
                facts[names[place]] = to_plain(cell)
        return facts, absences

    def _plan(self, mask: int) -> Plan:
        if len(self._plans) >= MOST_PLANS:
            self._plans.clear()
        places = tuple(places_in(mask))
        purposes = dict.fromkeys(self._purposes[place] for place in places)
        consented = tuple(
            (name, number, tuple(place for place in places if self._purposes[place][1] == number))
            for name, number in purposes
            if name in self._by_consent
        )
        plan = self._plans[mask] = Plan(places, _taker(places), consented)
        return plan


def _only_stamp(stored: Sequence[Stored | None]) -> tuple[int, int] | None:
    """Return when all of some values were observed, and the batch that brought them; None where that differs."""
    present = {(value.observed, value.batch) for value in stored if value is not None}
    return present.pop() if len(present) == 1 else None


def _taker(places: tuple[int, ...]) -> Callable[[Sequence[Any]], tuple[Any, ...]]:
    """Return what takes these places out of a row; itemgetter gives no tuple for fewer than two."""
    if len(places) > 1:
        return itemgetter(*places)
    return lambda row: tuple(row[place] for place in places)


def _records(plan: Plan, values: Sequence[object], in_force: Mapping[str, Grant]) -> dict[int, bytes]:
    """Return the consent event behind each purpose of the values that were read, by the purpose's place."""
    found: dict[int, bytes] = {}
    for name, number, places in plan.consented:
        for place in places:
            if values[place] is not None:
                if record := in_force[name].record:
                    found[number] = record
                break
    return found
