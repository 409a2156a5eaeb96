"""A page's verdicts in the shape in which they are remembered, recorded and answered."""

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any

from msgspec import Struct

from personalize.cookbook.frames import NONE, line
from personalize.decisions.compiled import CompiledSlot
from personalize.decisions.engine import Fate
from personalize.decisions.tally import Tallies
from personalize.model.decisions import Decision
from personalize.profile.hot import Hot
from personalize.profile.view import Cell, Moment

LONGEST = 24 * 3_600_000_000
"""How long (µs) entries may be repeated: none needs one that is more than a day older."""
NO_TEXTS: Mapping[str, str] = {}
LINE = attrgetter("line")

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
    fates: list[Fate]
    texts: list[Mapping[str, str]]
    masks: list[int]
    lines: bytes
    faults: Mapping[int, tuple[int, ...]]
    compact: bytes = b""
    page_id: bytes = b""
    outcomes: list[tuple[int, int]] = []


def judge(
    slots: tuple[CompiledSlot, ...],
    hot: Hot,
    facts: Facts,
    moment: Moment,
    language: str,
    recipe: str,
    before: Verdicts | None = None,
) -> Verdicts:
    """Decide over what is admitted and the page's facts: the same for requests, previews and simulations.

    `before` is what these slots gave the same profile last, maybe on another page: while it holds, what
    read no fact of that page (law 2) is taken from it.
    """
    admitted, stranger, at = hot.admitted.cells, hot.seal is None, moment.at
    fates: list[Any]
    faults: dict[int, tuple[int, ...]] = {}
    count, dictionary, holds = len(slots), len(admitted), before is not None and before.since <= at < before.until
    if before is not None and holds:
        fates, texts, masks, until = before.fates.copy(), before.texts.copy(), before.masks.copy(), before.until
    else:
        fates, texts, masks = [None] * count, [NO_TEXTS] * count, [0] * count
        until = min(at + LONGEST, hot.admitted.valid_until)
    for place in range(count):
        if holds and not masks[place] >> dictionary:
            continue
        slot, given = slots[place], facts[place]
        cells = admitted + given if given else admitted
        fate, mask, failed = slot.judge(cells, moment, stranger)
        if failed or not slot.timeless:
            until = min(until, _until(slot, moment, failed))
        if failed:
            faults[place] = failed
        fates[place], masks[place] = fate, mask
        texts[place] = fate.texts.get(language) or _texts(slot, fate, language, cells)
        if not fate.line:
            fate.line = line(*_place(slot, fate), fate.reason, fate.codes)
    lines = b"".join(map(LINE, fates))
    read = facts if max(masks, default=0) >> dictionary else None
    found = Verdicts(at, until, recipe, slots, read, fates, texts, masks, lines, faults)
    if before is not None and not faults and before.masks == masks:  # of the same values
        found.compact = before.compact
    return found


def _texts(slot: CompiledSlot, fate: Fate, language: str, cells: tuple[Cell, ...]) -> Mapping[str, str]:
    """Return the winner's texts, which are then at hand where they name nobody's data."""
    if fate.winner < 0:
        return NO_TEXTS
    texts = slot.texts(fate.winner, language, cells)
    if not slot.contenders[fate.winner].placeholders and slot.speaks(language):
        fate.texts[language] = texts
    return texts


def _place(slot: CompiledSlot, fate: Fate) -> tuple[int, int]:
    """Return the places of slot and variant, as they are counted and written down."""
    return slot.index, fate.winner if fate.winner >= 0 else NONE


def outcomes(verdicts: Verdicts) -> Sequence[tuple[int, int]]:
    """Return what is counted of strangers: the places of slots and variants."""
    if not verdicts.outcomes:
        verdicts.outcomes = [_place(slot, fate) for slot, fate in zip(verdicts.slots, verdicts.fates, strict=True)]
    return verdicts.outcomes


def _until(slot: CompiledSlot, moment: Moment, failed: tuple[int, ...]) -> int:
    """Return until when the clock alone changes nothing; a rule that failed is asked again."""
    if slot.clock == "now" or failed:
        return moment.at
    turn = slot.next_turn(moment.at)
    return min(turn, moment.calendar.day(moment.at)[1]) if slot.clock == "today" else turn


def answers(verdicts: Verdicts, code: str, page_id: bytes, tallies: Tallies | None = None) -> list[Decision]:
    """Return the verdicts as the site gets them, counted where there are tallies."""
    place, decisions, recipe = 0, [], verdicts.recipe
    each = zip(verdicts.slots, verdicts.fates, verdicts.texts, verdicts.masks, strict=True)
    for slot, fate, texts, mask in each:
        decisions.append(
            Decision(slot.name, fate.variant, fate.reason, fate.outcomes, recipe, texts, mask, place, code, page_id)
        )
        place += 1  # noqa: SIM113  # enumerate would make a pair for each
        if tallies is not None:
            (fate.tally or tallies.of(slot.name, fate)).count += 1
    return decisions
