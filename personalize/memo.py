"""A page's verdicts in the shape in which they are remembered, recorded and answered."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from personalize.cookbook.frames import NONE, line
from personalize.decisions.compiled import CompiledSlot
from personalize.decisions.engine import Fate
from personalize.decisions.tally import Tallies, Tally
from personalize.model.decisions import Decision, Outcome, Reason
from personalize.profile.hot import Hot
from personalize.profile.view import Cell, Moment

LONGEST = 24 * 3_600_000_000
"""How long (µs) entries may be repeated: none needs one that is more than a day older."""
NO_TEXTS: Mapping[str, str] = {}

NO_OUTCOMES: list[tuple[int, int]] = []
Told = tuple[str, str | None, Reason, tuple[Outcome, ...], str, Mapping[str, str], int]
"""What a Decision says, but for place, code and page."""
Found = tuple[Told, Fate, int, bytes, int, int]
"""What one slot was found to show, its fate, mask of reads and line, and from when until when it holds (µs)."""
Facts = Sequence[tuple[Cell, ...]]
"""The page's facts for each slot."""


class Verdicts(Struct, gc=False):
    """What was decided of the slots of a page: it holds for the same inputs from `since` until before `until` (µs).

    `lines` are their lines in the journal, and `page_id` is the page where they are on record, empty
    before. `faults` has the rules that failed, by the place of their slot, `outcomes` what is counted of
    strangers: places of slot and variant.
    """

    since: int
    until: int
    slots: tuple[CompiledSlot, ...]
    fates: list[Fate]
    told: list[Told]
    masks: list[int]
    lines: bytes
    faults: Mapping[int, tuple[int, ...]]
    outcomes: list[tuple[int, int]]
    page_id: bytes = b""
    tallies: tuple[Tally, ...] = ()


def judge(
    slots: tuple[CompiledSlot, ...],
    hot: Hot,
    facts: Facts,
    moment: Moment,
    language: str,
    recipe: str,
    kept: dict[Any, Any] | None = None,
) -> Verdicts:
    """Decide over what is admitted and the page's facts: the same for requests, previews and simulations.

    A slot that reads no fact of the page (law 2) is decided once for all pages, where `kept` keeps it.
    """
    admitted, stranger, at = hot.admitted.cells, hot.seal is None, moment.at
    until, beyond = min(at + LONGEST, hot.admitted.valid_until), 1 << len(admitted)
    fates: list[Fate] = []
    told: list[Told] = []
    masks: list[int] = []
    lines: list[bytes] = []
    faults: dict[int, tuple[int, ...]] = {}
    for slot, given in zip(slots, facts, strict=True):
        key = (slot.index, language)
        found: Found | None = kept.get(key) if kept is not None else None
        if found is None or not found[4] <= at < found[5]:
            cells = admitted + given if given else admitted
            fate, mask, failed = slot.judge(cells, moment, stranger)
            texts = fate.texts.get(language)
            if texts is None:
                texts = _texts(slot, fate, language, cells)
            said = (slot.name, fate.variant, fate.reason, fate.outcomes, recipe, texts, mask)
            turn = until if slot.timeless and not failed else _until(slot, moment, failed)
            found = said, fate, mask, fate.line or _line(slot, fate), at, turn
            if failed:
                faults[len(told)] = failed
            elif kept is not None and mask < beyond:
                kept[key] = found
        said, fate, mask, row, _, turn = found
        if turn < until:
            until = turn
        told.append(said)
        fates.append(fate)
        masks.append(mask)
        lines.append(row)
    outcomes = _counted(slots, fates) if stranger else NO_OUTCOMES
    return Verdicts(at, until, slots, fates, told, masks, b"".join(lines), faults, outcomes)


def _counted(slots: tuple[CompiledSlot, ...], fates: list[Fate]) -> list[tuple[int, int]]:
    """Return what is counted of strangers: the places of slots and variants."""
    pairs = zip(slots, fates, strict=True)
    return [(slot.index, fate.winner if fate.winner >= 0 else NONE) for slot, fate in pairs]


def _texts(slot: CompiledSlot, fate: Fate, language: str, cells: tuple[Cell, ...]) -> Mapping[str, str]:
    """Return the winner's texts, which are then at hand where they name nobody's data."""
    texts = NO_TEXTS if fate.winner < 0 else slot.texts(fate.winner, language, cells)
    if slot.speaks(language) and (fate.winner < 0 or not slot.contenders[fate.winner].placeholders):
        fate.texts[language] = texts
    return texts


def _tallies(verdicts: Verdicts, tallies: Tallies) -> tuple[Tally, ...]:
    """Return the verdicts' tallies, which are then at hand."""
    pairs = zip(verdicts.slots, verdicts.fates, strict=True)
    verdicts.tallies = tuple([fate.tally or tallies.of(slot.name, fate) for slot, fate in pairs])
    return verdicts.tallies


def _until(slot: CompiledSlot, moment: Moment, failed: tuple[int, ...]) -> int:
    """Return until when the clock alone changes nothing; a rule that failed is asked again."""
    if slot.clock == "now" or failed:
        return moment.at
    turn = slot.next_turn(moment.at)
    return min(turn, moment.calendar.day(moment.at)[1]) if slot.clock == "today" else turn


def _line(slot: CompiledSlot, fate: Fate) -> bytes:
    """Return a fate's line in the journal, which is then at hand."""
    fate.line = line(slot.index, fate.winner if fate.winner >= 0 else NONE, fate.reason, fate.codes)
    return fate.line


def answers(verdicts: Verdicts, code: str, page_id: bytes, tallies: Tallies | None = None) -> list[Decision]:
    """Return the verdicts as the site gets them, counted where there are tallies."""
    if tallies is not None:
        for tally in verdicts.tallies or _tallies(verdicts, tallies):
            tally.count += 1
    return [Decision(*told, place, code, page_id) for place, told in enumerate(verdicts.told)]
