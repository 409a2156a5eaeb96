"""A page's verdicts in the shape in which they are remembered, recorded and answered."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from personalize.cookbook.frames import NONE, line
from personalize.cookbook.ingredients import Read
from personalize.decisions.compiled import CompiledSlot
from personalize.decisions.engine import Fate
from personalize.decisions.tally import Tallies
from personalize.model.decisions import Decision
from personalize.profile.hot import Hot
from personalize.profile.view import Cell, Moment

LONGEST = 24 * 3_600_000_000
"""How long (µs) entries may be repeated: none needs one that is more than a day older."""
NO_FIELDS: Mapping[str, str] = {}
NO_FACTS: tuple[Cell, ...] = ()

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
    fates: list[Fate]
    fields: list[Mapping[str, str]]
    masks: list[int]
    lines: bytes
    faults: Mapping[int, tuple[int, ...]]
    page_id: bytes = b""


def judge(slots: tuple[CompiledSlot, ...], hot: Hot, facts: Facts, moment: Moment, language: str) -> Verdicts:
    """Decide over what is admitted and the page's facts: the same for requests, previews and simulations."""
    admitted, stranger, until = hot.admitted.cells, hot.seal is None, moment.at + LONGEST
    if hot.admitted.valid_until < until:
        until = hot.admitted.valid_until
    fates: list[Fate] = []
    fields: list[Mapping[str, str]] = []
    masks: list[int] = []
    lines: list[bytes] = []
    faults: dict[int, tuple[int, ...]] = {}
    cells, last = admitted, NO_FACTS
    for slot, given in zip(slots, facts, strict=True):
        if given is not last:
            cells, last = admitted + given, given
        fate, mask, failed = slot.judge(cells, moment, stranger)
        fates.append(fate)
        fields.append(fate.texts.get(language) or _fields(slot, fate, language, cells))
        masks.append(mask)
        lines.append(fate.line or _line(slot, fate))
        if failed:
            faults[len(lines) - 1] = failed
        if failed or not slot.timeless:
            until = min(until, _until(slot, moment, failed))
    return Verdicts(moment.at, until, slots, fates, fields, masks, b"".join(lines), faults)


def _fields(slot: CompiledSlot, fate: Fate, language: str, cells: tuple[Cell, ...]) -> Mapping[str, str]:
    """Return the winner's texts, which are then at hand where they name nobody's data."""
    if fate.winner < 0:
        return NO_FIELDS
    texts = slot.texts(fate.winner, language, cells)
    if not slot.contenders[fate.winner].placeholders and slot.speaks(language):
        fate.texts[language] = texts
    return texts


def reads_of(verdicts: Verdicts, hot: Hot, facts: Facts) -> list[Read]:
    """Return what each verdict read, for a body in full."""
    told = zip(verdicts.slots, verdicts.masks, facts, strict=True)
    return [
        (mask, hot.admitted.cells + given, slot.facts, verdicts.faults.get(place, ()))
        for place, (slot, mask, given) in enumerate(told)
    ]


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


def answers(
    verdicts: Verdicts, recipe: str, code: str, page_id: bytes, tallies: Tallies | None = None
) -> list[Decision]:
    """Return the verdicts as the site gets them, counted where there are tallies."""
    place, decisions = 0, []
    for slot, fate, fields, mask in zip(verdicts.slots, verdicts.fates, verdicts.fields, verdicts.masks, strict=True):
        decisions.append(
            Decision(slot.name, fate.variant, fate.reason, fate.outcomes, recipe, fields, code, page_id, place, mask)
        )
        place += 1  # noqa: SIM113  # enumerate would make a pair for each
        if tallies is not None:
            (fate.tally or tallies.of(slot.name, fate)).count += 1
    return decisions
