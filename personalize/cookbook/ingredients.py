"""From what a view noted to the body of an entry: each fragment encoded once and kept with the profile."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

from personalize.cookbook.body import absence, body, consent_record, fragment
from personalize.model.attributes import Absence, Stored, Value, to_plain
from personalize.model.consent import Grant
from personalize.model.content import Recipe

Kept = dict[Hashable, Any]


class Ingredients:
    """Makes bodies for decisions under one recipe.

    `observed_of` gives the time of observation (µs) in a batch's header, None for no such batch.
    """

    def __init__(self, recipe: Recipe, observed_of: Callable[[int], int | None]) -> None:
        self._observed_of = observed_of
        self._count = len(recipe.attributes)
        places = {purpose.name: place for place, purpose in enumerate(recipe.purposes)}
        self._purposes = [(a.purpose, places[a.purpose]) for a in recipe.attributes]

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
        facts = mask >> self._count
        if facts or failed:
            return self._join(mask, cells, stored, in_force, kept, language, context, failed)
        key = (mask, language)
        made = kept.get(key)
        if made is None:
            made = kept[key] = self._join(mask, cells, stored, in_force, kept, language, (), ())
        return bytes(made)

    def _join(
        self,
        mask: int,
        cells: Sequence[Value | Absence],
        stored: Sequence[Stored | None],
        in_force: Mapping[str, Grant],
        kept: Kept,
        language: str,
        context: Sequence[str],
        failed: Sequence[int],
    ) -> bytes:
        ingredients: list[bytes] = []
        absences: list[bytes] = []
        records: dict[int, bytes] = {}
        facts: dict[str, Any] = {}
        while mask:
            low = mask & -mask
            mask ^= low
            index = low.bit_length() - 1
            cell = cells[index]
            if index >= self._count and not isinstance(cell, Absence):
                facts[context[index - self._count]] = to_plain(cell)
            elif isinstance(cell, Absence):
                absences.append(absence(index, cell.cause))
            else:
                ingredients.append(self._fragment(index, stored[index], kept))
                self._consent(index, in_force, records)
        return body(language, ingredients, absences, list(records.values()), facts, failed)

    def _fragment(self, index: int, value: Stored | None, kept: Kept) -> bytes:
        made = kept.get(index)
        if made is None:
            if value is None:
                raise ValueError("a readable cell has no stored value")
            made = kept[index] = fragment(index, value, self._observed_of(value.batch))
        return bytes(made)

    def _consent(self, index: int, in_force: Mapping[str, Grant], records: dict[int, bytes]) -> None:
        name, place = self._purposes[index]
        if place not in records:
            record = in_force[name].record
            if record:
                records[place] = consent_record(place, record)
