"""From what a view noted to the body of an entry: each fragment encoded once and kept with the profile."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from msgspec import Struct

from personalize.cookbook.body import absence, body, consent_record, fragment, plain_body
from personalize.model.attributes import Absence, Stored, Value, to_plain
from personalize.model.consent import Grant
from personalize.model.content import Recipe

Kept = dict[Hashable, Any]
WHOLE = "whole"
"""Under this name a profile's cache keeps all its fragments."""
MOST_PLANS = 8192


class Whole(Struct, frozen=True):
    """A profile encoded: fragments by attribute, and a mask of its absences, whose fragments are such.

    `records` has the consent records by purpose, where there are any.
    """

    fragments: tuple[bytes, ...]
    absent: int
    records: dict[int, bytes]


class Plan(Struct, frozen=True):
    """What follows from a mask of reads alone: how to pick the fragments, and the purposes behind them."""

    length: int
    pick: Callable[[Sequence[bytes]], tuple[bytes, ...]]
    purposes: tuple[int, ...]


class Ingredients:
    """Makes bodies for decisions under one recipe.

    `observed_of` gives the time of observation (µs) in a batch's header, None for no such batch.
    """

    def __init__(self, recipe: Recipe, observed_of: Callable[[int], int | None]) -> None:
        self._observed_of = observed_of
        self._count = len(recipe.attributes)
        self._dictionary = (1 << self._count) - 1
        self._names = tuple(purpose.name for purpose in recipe.purposes)
        self._purposes = [self._names.index(attribute.purpose) for attribute in recipe.attributes]
        self._plans: dict[int, Plan] = {}

    def body(
        self,
        mask: int,
        cells: Sequence[Value | Absence],
        stored: Sequence[Stored | None],
        in_force: Mapping[str, Grant],
        kept: Kept,
        *,
        language: str,
        context: Sequence[str] = (),
        failed: Sequence[int] = (),
    ) -> bytes:
        """Return the body that lists exactly the cells in `mask`; `kept` is the profile's own cache.

        Cells past the dictionary are page facts, named by `context` in order.
        """
        whole: Whole = kept.get(WHOLE) or self._whole(cells, stored, in_force, kept)
        own = mask & self._dictionary
        withheld = own & whole.absent
        read = own ^ withheld
        plan = self._plans.get(read) or self._plan(read)
        ingredients = plan.pick(whole.fragments)
        records = whole.records
        if records:
            records = {place: records[place] for place in plan.purposes if place in records}
        if mask == own and not withheld and not records and not failed:
            return plain_body(language, plan.length, ingredients)
        absences = list((self._plans.get(withheld) or self._plan(withheld)).pick(whole.fragments))
        facts = self._facts(mask, cells, context, absences) if mask != own else None
        return body(language, ingredients, absences, list(records.values()), facts, failed)

    def _whole(
        self,
        cells: Sequence[Value | Absence],
        stored: Sequence[Stored | None],
        in_force: Mapping[str, Grant],
        kept: Kept,
    ) -> Whole:
        """Encode a whole profile at once, and keep that."""
        absent = 0
        fragments: list[bytes] = []
        for place in range(self._count):
            cell, value = cells[place], stored[place]
            if isinstance(cell, Absence):
                absent |= 1 << place
                fragments.append(absence(place, cell.cause))
            elif value is None:
                raise ValueError("a readable cell has no stored value")
            else:
                fragments.append(fragment(place, value, self._observed_of(value.batch)))
        records = {
            place: consent_record(place, in_force[name].record)
            for place, name in enumerate(self._names)
            if name in in_force and in_force[name].record
        }
        whole = kept[WHOLE] = Whole(tuple(fragments), absent, records)
        return whole

    def _plan(self, mask: int) -> Plan:
        if len(self._plans) >= MOST_PLANS:
            self._plans.clear()
        places = tuple(place for place in range(self._count) if mask >> place & 1)
        purposes = tuple(dict.fromkeys(self._purposes[place] for place in places))
        plan = self._plans[mask] = Plan(len(places), _picker(places), purposes)
        return plan

    def _facts(
        self, mask: int, cells: Sequence[Value | Absence], context: Sequence[str], absences: list[bytes]
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


def _picker(places: tuple[int, ...]) -> Callable[[Sequence[bytes]], tuple[bytes, ...]]:
    if len(places) > 1:
        return itemgetter(*places)
    return lambda fragments: tuple(fragments[place] for place in places)
