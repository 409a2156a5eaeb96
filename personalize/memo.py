"""A page's verdicts in the shape in which they are remembered, recorded and answered."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from personalize.cookbook.frames import NONE, line
from personalize.decisions.tally import Tallies
from personalize.model.decisions import Answer, Decision, Shared
from personalize.profile.hot import Hot
from personalize.profile.view import Cell, Moment
from personalize.serving import Page

LONGEST = 24 * 3_600_000_000
"""How long (µs) entries may be repeated: none needs one that is more than a day older."""
NO_FAULTS: Mapping[int, tuple[int, ...]] = {}

Facts = Sequence[tuple[Cell, ...]]
"""The page's facts for each slot."""


class Verdicts(Struct, gc=False):
    """What was decided of the slots of a page: it holds for the same inputs from `since` until before `until` (µs).

    `facts` are the page's facts, None where none was read: then it holds for every page of these slots (law 2).
    `own` are texts that name somebody's data, by place; `lines` are the lines in the journal, `compact` is the body
    before any fact of the page where that is at hand, and `page_id` the page where they are on record, empty before.
    `faults` has the rules that failed, by the place of their slot.
    """

    since: int
    until: int
    facts: Facts | None
    found: list[Answer]
    own: dict[int, Mapping[str, str]]
    lines: bytes
    faults: Mapping[int, tuple[int, ...]]
    compact: bytes = b""
    page_id: bytes = b""

    @property
    def masks(self) -> list[int]:
        """Return what each decision read."""
        return [one.mask for one in self.found]


def judge(
    page: Page, hot: Hot, facts: Facts, moment: Moment, language: str, before: Verdicts | None = None
) -> Verdicts:
    """Decide over what is admitted and the page's facts: the same for requests, previews and simulations.

    `before` is what these slots gave the same profile last, maybe on another page: while it holds, what
    read no fact of that page (law 2) is taken from it.
    """
    slots, at, cells, stranger = page.slots, moment.at, hot.admitted.cells, hot.seal is None
    if before is not None and before.since <= at < before.until:
        found, until = before.found.copy(), before.until
        for place, one in enumerate(before.found):
            if one.mask >> len(cells):
                found[place] = slots[place].judge(cells + facts[place], moment, stranger)
    else:
        until = page.until(moment, min(at + LONGEST, hot.admitted.valid_until))
        if page.asks:
            found = [slot.judge(cells + mine, moment, stranger) for slot, mine in zip(slots, facts, strict=True)]
        else:
            found = [slot.judge(cells, moment, stranger) for slot in slots]
    own = {
        place: slots[place].texts(winner, language, cells + facts[place])
        for place in page.named
        if (winner := found[place].winner) in slots[place].named
    }
    lines = b"".join([one.line or _line(one) for one in found])
    faults = {place: one.failed for place, one in enumerate(found) if one.failed} if page.fallible else NO_FAULTS
    read = facts if page.asks and any(one.mask >> len(cells) for one in found) else None
    verdicts = Verdicts(at, at if faults else until, read, found, own, lines, faults)
    if before is not None and before.compact and not faults and before.masks == verdicts.masks:  # of the same values
        verdicts.compact = before.compact
    return verdicts


def _line(answer: Answer) -> bytes:
    """Return an answer's line, which is then at hand."""
    answer.line = line(answer.index, answer.winner if answer.winner >= 0 else NONE, answer.reason, answer.codes)
    return answer.line


def outcomes(verdicts: Verdicts) -> list[tuple[int, int]]:
    """Return what is counted of strangers: the places of slots and variants."""
    return [(one.index, one.winner if one.winner >= 0 else NONE) for one in verdicts.found]


def answers(
    verdicts: Verdicts, recipe: str, language: str, code: str = "", page_id: bytes = b"", tallies: Tallies | None = None
) -> list[Decision]:
    """Return the verdicts as the site gets them, counted where there are tallies."""
    if tallies is not None:
        for one in verdicts.found:
            (one.tally or tallies.of(one)).count += 1
    shared = Shared(recipe, language, code, page_id, "", verdicts.own)
    return [Decision(one, place, shared) for place, one in enumerate(verdicts.found)]
