"""What deciding pages under one recipe needs, made ready once."""

from bisect import bisect_right
from collections.abc import Callable, Hashable, Mapping, Sequence
from itertools import count

from msgspec import Struct

from personalize.cookbook.ingredients import Ingredients
from personalize.decisions.compiled import CompiledRecipe, CompiledSlot
from personalize.decisions.compiler import CLOCK
from personalize.decisions.engine import Judge
from personalize.model.attributes import Absence, Cause
from personalize.profile.context import Reader, context_reader
from personalize.profile.hot import Hot
from personalize.profile.lowered import lowered
from personalize.profile.view import Cell, Moment

NOTHING: Mapping[str, object] = {}
MOST_AT_ONCE = 100
"""Slots decided together at most; more are taken in turns."""
MOST_PAGES = 1024
"""Different pages that are kept ready."""


class Page(Struct, frozen=True):
    """Slots that are asked for together: those that can be decided, their functions, and by place the readers of facts.

    `nothing` are the facts of a page that gives none; `odd` the places and names that cannot be decided;
    `floor` is the highest assurance that one of the slots demands; `names` are the facts that each slot
    declares, and `asks` says whether any does; `turns` (µs) are when their schedules open and close, `clock`
    is what they ask of the clock, `fallible` says whether any of their rules can fail, and at the places `named`
    a text may name somebody's data. `key` tells pages apart quicker than the names do.
    """

    slots: tuple[CompiledSlot, ...]
    judges: tuple[Judge, ...]
    readers: tuple[tuple[int, Reader], ...]
    nothing: Sequence[tuple[Cell, ...]]
    odd: tuple[tuple[int, str], ...]
    floor: int
    names: tuple[tuple[str, ...], ...]
    asks: bool
    turns: tuple[int, ...]
    clock: str
    fallible: bool
    named: tuple[int, ...]
    key: Hashable

    def until(self, moment: Moment, most: int) -> int:
        """Return until when (µs, at most `most`) the clock alone changes nothing."""
        at, turns = moment.at, self.turns
        if turns and (place := bisect_right(turns, at)) < len(turns):
            most = min(most, turns[place])
        if self.clock == "today":
            return min(most, moment.calendar.day(at)[1])
        return at if self.clock == "now" else most

    def facts_of(self, contexts: Sequence[Mapping[str, object]]) -> Sequence[tuple[Cell, ...]]:
        """Return the page's facts for each slot that can be decided; `contexts` has one for every name."""
        if self.odd:
            contexts = _without(contexts, self.odd)
        facts = list(self.nothing)
        for place, read in self.readers:
            facts[place] = read(contexts[place])
        return facts


def _without(
    contexts: Sequence[Mapping[str, object]], odd: Sequence[tuple[int, str]]
) -> Sequence[Mapping[str, object]]:
    places = {place for place, _ in odd}
    return [context for place, context in enumerate(contexts) if place not in places]


class Serving:
    """The recipe in force, with what reading pages and writing bodies under it needs. Swapped whole."""

    def __init__(self, recipe: CompiledRecipe, observed_of: Callable[[int], int | None]) -> None:
        self.recipe, self.ingredients = recipe, Ingredients(recipe.recipe, observed_of)
        self.readers = {name: context_reader(slot.slot.context) for name, slot in recipe.slots.items()}
        self._keys = count()
        self._pages: dict[tuple[str, ...], Page] = {}

    def page(self, names: tuple[str, ...]) -> Page:
        """Return the page of these slots, made ready once."""
        found = self._pages.get(names)
        if found is None:
            found = self._ready(names)
            if found.odd:  # names that come from outside are not kept
                return found
            if len(self._pages) >= MOST_PAGES:
                self._pages.clear()
            self._pages[names] = found
        return found

    def below(self, hot: Hot, page: Page) -> Hot:
        """Return the profile as the slot of this page reads it, which demands a surer visitor; kept with its own."""
        memo, (slot,) = hot.memo_for(self), page.slots
        kept: Hot | None = memo.get(slot.name)
        if kept is None:
            admitted = lowered(hot.admitted, slot.floors, hot.assurance)
            kept = memo[slot.name] = Hot(hot.subject, hot.assurance, hot.epoch, admitted, hot.seal, hot.device)
        return kept

    def absent(self, hot: Hot, slot: str, context: Mapping[str, object] | None, mask: int) -> dict[str, Cause]:
        """Return what of the reads of a mask this profile and page do not have, by name, for a developer.

        Without a `context` it is not known what the page said, and nothing is told of that.
        """
        page = self.page((slot,))
        if page.odd:
            return {}
        if hot.seal is not None and page.floor > hot.assurance:
            hot = self.below(hot, page)
        names = [*(attribute.name for attribute in self.recipe.recipe.attributes), *page.names[0]]
        facts = () if context is None else page.facts_of((context,))[0]
        cells = enumerate(zip(names, (*hot.admitted.cells, *facts), strict=False))
        return {name: cell.cause for place, (name, cell) in cells if mask >> place & 1 and isinstance(cell, Absence)}

    def _ready(self, names: tuple[str, ...]) -> Page:
        every = self.recipe.slots
        there = [name for name in names if name in every and every[name].slot.enabled]
        return Page(
            tuple(every[name] for name in there),
            tuple(every[name].judge for name in there),
            tuple((place, self.readers[name]) for place, name in enumerate(there) if every[name].facts),
            [self.readers[name](NOTHING) for name in there],
            tuple((place, name) for place, name in enumerate(names) if name not in there),
            max((every[name].floor for name in there), default=0),
            tuple(every[name].facts for name in there),
            any(every[name].facts for name in there),
            tuple(sorted({turn for name in there for turn in every[name].turns})),
            max((every[name].clock for name in there), key=CLOCK.index, default="none"),
            any(every[name].fallible for name in there),
            tuple(place for place, name in enumerate(there) if every[name].named),
            names if len(there) < len(names) else next(self._keys),
        )
