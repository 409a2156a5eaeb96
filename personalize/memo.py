"""A page's verdicts in the shape in which they are remembered, recorded and answered."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from personalize.cookbook.frames import NONE, line
from personalize.decisions.compiled import CompiledSlot
from personalize.decisions.engine import Fate, Finding, Told
from personalize.decisions.tally import Tallies, Tally
from personalize.model.decisions import Decision
from personalize.profile.hot import Hot
from personalize.profile.view import Cell, Moment

LONGEST = 24 * 3_600_000_000
"""How long (µs) entries may be repeated: none needs one that is more than a day older."""
NO_TEXTS: Mapping[str, str] = {}

Known = tuple[Finding, Told, int, int]
"""What is known of one slot, and from when until when that holds (µs)."""
Facts = Sequence[tuple[Cell, ...]]
"""The page's facts for each slot."""


class Verdicts(Struct, gc=False):
    """What was decided of the slots of a page: it holds for the same inputs from `since` until before `until` (µs).

    `lines` are their lines in the journal, and `page_id` is the page where they are on record, empty
    before. `faults` has the rules that failed, by the place of their slot.
    """

    since: int
    until: int
    slots: tuple[CompiledSlot, ...]
    findings: list[Finding]
    told: list[Told]
    masks: list[int]
    lines: bytes
    faults: Mapping[int, tuple[int, ...]]
    page_id: bytes = b""
    tallies: list[Tally] = []
    outcomes: list[tuple[int, int]] = []


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
    findings: list[Finding] = []
    told: list[Told] = []
    masks: list[int] = []
    lines: list[bytes] = []
    faults: dict[int, tuple[int, ...]] = {}
    for slot, given in zip(slots, facts, strict=True):
        known: Known | None = kept.get((slot.index, language)) if kept is not None else None
        if known is not None and known[2] <= at < known[3]:
            finding, said, _, turn = known
        else:
            cells, turn = admitted + given if given else admitted, until
            finding = slot.judge(cells, moment, stranger)
            said = finding.told.get(language) or _told(slot, finding, language, recipe, cells)
            if finding.failed or not slot.timeless:
                turn = _until(slot, moment, finding.failed)
                if finding.failed:
                    faults[len(told)] = finding.failed
            if kept is not None and finding.mask < beyond and not finding.failed:
                kept[(slot.index, language)] = finding, said, at, turn
        if turn < until:
            until = turn
        told.append(said)
        findings.append(finding)
        masks.append(finding.mask)
        lines.append(finding.line)
    return Verdicts(at, until, slots, findings, told, masks, b"".join(lines), faults)


def _told(slot: CompiledSlot, finding: Finding, language: str, recipe: str, cells: tuple[Cell, ...]) -> Told:
    """Return what is told of a finding, which is then at hand where its texts name nobody's data."""
    fate = finding.fate
    texts = NO_TEXTS if fate.winner < 0 else slot.texts(fate.winner, language, cells)
    told = (slot.name, fate.variant, fate.reason, fate.outcomes, recipe, texts, finding.mask)
    finding.line = line(*_place(slot, fate), fate.reason, fate.codes)
    if slot.speaks(language) and (fate.winner < 0 or not slot.contenders[fate.winner].placeholders):
        finding.told[language] = told
    return told


def _place(slot: CompiledSlot, fate: Fate) -> tuple[int, int]:
    """Return the places of slot and variant, as they are counted and written down."""
    return slot.index, fate.winner if fate.winner >= 0 else NONE


def outcomes(verdicts: Verdicts) -> Sequence[tuple[int, int]]:
    """Return what is counted of strangers: the places of slots and variants."""
    if not verdicts.outcomes:
        pairs = zip(verdicts.slots, verdicts.findings, strict=True)
        verdicts.outcomes = [_place(slot, finding.fate) for slot, finding in pairs]
    return verdicts.outcomes


def _tallies(verdicts: Verdicts, tallies: Tallies) -> list[Tally]:
    """Return the verdicts' tallies, which are then at hand."""
    pairs = zip(verdicts.slots, verdicts.findings, strict=True)
    verdicts.tallies = [found.fate.tally or tallies.of(slot.name, found.fate) for slot, found in pairs]
    return verdicts.tallies


def _until(slot: CompiledSlot, moment: Moment, failed: tuple[int, ...]) -> int:
    """Return until when the clock alone changes nothing; a rule that failed is asked again."""
    if slot.clock == "now" or failed:
        return moment.at
    turn = slot.next_turn(moment.at)
    return min(turn, moment.calendar.day(moment.at)[1]) if slot.clock == "today" else turn


def answers(verdicts: Verdicts, code: str, page_id: bytes, tallies: Tallies | None = None) -> list[Decision]:
    """Return the verdicts as the site gets them, counted where there are tallies."""
    if tallies is not None:
        for tally in verdicts.tallies or _tallies(verdicts, tallies):
            tally.count += 1
    return [Decision(*told, place, code, page_id) for place, told in enumerate(verdicts.told)]
