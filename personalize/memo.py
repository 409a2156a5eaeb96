"""A page's verdicts in the shape in which they are remembered, recorded and answered."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from personalize.cookbook.frames import NONE, line
from personalize.decisions.compiled import CompiledSlot
from personalize.decisions.engine import Answer, Fate
from personalize.decisions.tally import Tallies
from personalize.model.decisions import Decision
from personalize.profile.hot import Hot
from personalize.profile.view import Cell, Moment
from personalize.serving import Page

LONGEST = 24 * 3_600_000_000
"""How long (µs) entries may be repeated: none needs one that is more than a day older."""
NO_TEXTS: Mapping[str, str] = {}
NO_FAULTS: Mapping[int, tuple[int, ...]] = {}

Facts = Sequence[tuple[Cell, ...]]
"""The page's facts for each slot."""


class Verdicts(Struct, gc=False):
    """What was decided of the slots of a page: it holds for the same inputs from `since` until before `until` (µs).

    `facts` are the page's facts, None where none was read: then it holds for every page of these slots (law 2).
    `lines` are their lines in the journal, `compact` is their body before any fact of the page where that is
    at hand, and `page_id` the page where they are on record, empty before. `faults` has the rules that failed,
    by the place of their slot. `outcomes` are made when they are first asked for.
    """

    since: int
    until: int
    recipe: str
    slots: tuple[CompiledSlot, ...]
    facts: Facts | None
    found: list[Answer]
    texts: list[Mapping[str, str]]
    lines: bytes
    faults: Mapping[int, tuple[int, ...]]
    compact: bytes = b""
    page_id: bytes = b""
    outcomes: list[tuple[int, int]] = []

    @property
    def masks(self) -> list[int]:
        """Return what each decision read."""
        return [mask for _, mask, _ in self.found]


def judge(
    page: Page, hot: Hot, facts: Facts, moment: Moment, language: str, recipe: str, before: Verdicts | None = None
) -> Verdicts:
    """Decide over what is admitted and the page's facts: the same for requests, previews and simulations.

    `before` is what these slots gave the same profile last, maybe on another page: while it holds, what
    read no fact of that page (law 2) is taken from it.
    """
    slots, at, cells, stranger = page.slots, moment.at, hot.admitted.cells, hot.seal is None
    asks, faults = page.asks, NO_FAULTS
    places: Iterable[int] = range(len(slots))
    found: list[Any]
    if before is not None and before.since <= at < before.until:
        found, texts, until = before.found.copy(), before.texts.copy(), before.until
        places = [place for place in places if found[place][1] >> len(cells)]
    else:
        found, texts = [None] * len(slots), [NO_TEXTS] * len(slots)
        until = page.until(moment, min(at + LONGEST, hot.admitted.valid_until))
    for place in places:
        given = cells + facts[place] if asks else cells
        found[place] = answer = slots[place].judge(given, moment, stranger)
        fate = answer[0]
        said = fate.texts.get(language)
        texts[place] = _texts(slots[place], fate, language, given) if said is None else said
        if answer[2]:
            faults = {**faults, place: answer[2]}
    lines = b"".join([one[0].line or _line(slot, one[0]) for slot, one in zip(slots, found, strict=True)])
    read = facts if asks and any(one[1] >> len(cells) for one in found) else None
    verdicts = Verdicts(at, at if faults else until, recipe, slots, read, found, texts, lines, faults)
    if before is not None and before.compact and not faults and before.masks == verdicts.masks:  # of the same values
        verdicts.compact = before.compact
    return verdicts


def _texts(slot: CompiledSlot, fate: Fate, language: str, cells: tuple[Cell, ...]) -> Mapping[str, str]:
    """Return the winner's texts, which are then at hand where they name nobody's data."""
    shown = fate.winner >= 0
    texts = slot.texts(fate.winner, language, cells) if shown else NO_TEXTS
    if slot.speaks(language) and not (shown and slot.contenders[fate.winner].placeholders):
        fate.texts[language] = texts
    return texts


def _line(slot: CompiledSlot, fate: Fate) -> bytes:
    """Return a fate's line, which is then at hand."""
    fate.line = line(*_place(slot, fate), fate.reason, fate.codes)
    return fate.line


def _place(slot: CompiledSlot, fate: Fate) -> tuple[int, int]:
    """Return the places of slot and variant, as they are counted and written down."""
    return slot.index, fate.winner if fate.winner >= 0 else NONE


def outcomes(verdicts: Verdicts) -> Sequence[tuple[int, int]]:
    """Return what is counted of strangers: the places of slots and variants."""
    if not verdicts.outcomes:
        verdicts.outcomes = [_place(slot, one[0]) for slot, one in zip(verdicts.slots, verdicts.found, strict=True)]
    return verdicts.outcomes


def answers(verdicts: Verdicts, code: str, page_id: bytes, tallies: Tallies | None = None) -> list[Decision]:
    """Return the verdicts as the site gets them, counted where there are tallies."""
    place, decisions, recipe = 0, [], verdicts.recipe
    for slot, (fate, mask, _), texts in zip(verdicts.slots, verdicts.found, verdicts.texts, strict=True):
        decisions.append(
            Decision(slot.name, fate.variant, fate.reason, fate.outcomes, recipe, texts, mask, place, code, page_id)
        )
        place += 1  # noqa: SIM113  # enumerate would make a pair for each
        if tallies is not None:
            (fate.tally or tallies.of(slot.name, fate)).count += 1
    return decisions
