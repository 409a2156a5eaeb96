"""The engine: one slot, one view, one verdict. A pure function of the recipe, the cells and the clock (law 4)."""

from collections.abc import Callable

from msgspec import Struct

from personalize.decisions.cells import Cells
from personalize.decisions.codes import Refusals, code, reason_of_default
from personalize.decisions.rules import RuleFailed
from personalize.model.attributes import Absence
from personalize.model.content import Variant
from personalize.model.decisions import Reason

Judge = Callable[[Cells], bool]

MET = code(Reason.TARGETING_MATCH)
OUTRANKED = code(Reason.OUTRANKED)
NOT_SCHEDULED = code(Reason.NOT_SCHEDULED)
TARGETING = Refusals()
PLAIN = TARGETING.plain
NO_RULES: frozenset[int] = frozenset()


class Verdict(Struct, frozen=True):
    """What the engine found: the winner's place among the candidates (-1: the default), and every fate.

    `mask` has a bit for each cell that was read; `failed` holds the rules that could not answer.
    """

    winner: int
    reason: Reason
    codes: bytes
    mask: int
    failed: tuple[int, ...] = ()


class BoundRule:
    """A rule ready to judge one candidate, with the codes of what it can do to it."""

    __slots__ = ("failed", "index", "judge", "order", "refusals", "silent", "suppressed", "won")

    def __init__(self, index: int, judge: Judge, silent: bool = False, order: int = 0) -> None:
        self.index, self.judge, self.silent, self.order = index, judge, silent, order
        self.failed = code(Reason.ERROR, None, index)
        self.suppressed = code(Reason.SUPPRESSED, None, index)
        self.won = code(Reason.TARGETING_MATCH, None, index)
        self.refusals = Refusals(index)

    def ask(self, view: Cells, failing: frozenset[int], failed: list[int]) -> bool | None:
        """Return the rule's answer, or None when it failed; `view.absent` tells what it missed."""
        view.absent = None
        try:
            if self.index in failing:
                raise RuleFailed
            return self.judge(view)
        except RuleFailed:
            failed.append(self.index)
            return None


def always(view: Cells) -> bool:
    """Judge for a rule that takes whatever comes."""
    return True


def _never(view: Cells) -> bool:
    return False


NOBODY = BoundRule(-1, _never)
"""The chooser of a candidate that no chooser names: it is never taken."""


class Contender:
    """A variant made ready: its condition compiled, its placeholders as cells, its rules bound.

    `only` is its condition where nothing else decides its fate.
    """

    __slots__ = ("chooser", "ends", "only", "placeholders", "scheduled", "starts", "suppressors", "variant", "when")

    def __init__(
        self,
        variant: Variant,
        when: Judge | None,
        placeholders: dict[str, int],
        suppressors: tuple[BoundRule, ...],
        chooser: BoundRule,
    ) -> None:
        self.variant, self.when, self.placeholders = variant, when, placeholders
        self.suppressors, self.chooser = suppressors, chooser
        self.starts = -1 if variant.starts is None else variant.starts
        self.ends = 1 << 62 if variant.ends is None else variant.ends
        self.scheduled = variant.starts is not None or variant.ends is not None
        self.only = None if self.scheduled or placeholders or suppressors else when

    def fate(self, view: Cells, stranger: bool, failing: frozenset[int], failed: list[int]) -> bytes | None:
        """Return the code of why this candidate is out, or None when it is eligible."""
        if self.scheduled and not self.starts <= view.moment.at < self.ends:
            return NOT_SCHEDULED
        view.absent = None
        if self.when is not None and not self.when(view):
            return PLAIN if view.absent is None else TARGETING.of(view.absent, stranger)
        if self.placeholders:
            for index in self.placeholders.values():
                cell = view.read(index)
                if isinstance(cell, Absence):
                    return TARGETING.of(cell, stranger)
        for rule in self.suppressors:
            answer = rule.ask(view, failing, failed)
            if answer is None:
                return rule.failed
            if answer or (rule.silent and view.absent is not None):
                return rule.suppressed
        return None


def decide(
    contenders: tuple[Contender, ...],
    view: Cells,
    *,
    stranger: bool = False,
    failing: frozenset[int] = NO_RULES,
) -> Verdict:
    """Return the verdict over these candidates, in their order.

    `failing` are rules that are to fail without being asked: those that failed when an entry was made.
    """
    failed: list[int] = []
    codes: list[bytes] = []
    eligible: list[int] = []
    for place, contender in enumerate(contenders):
        if contender.only is None:
            fate = contender.fate(view, stranger, failing, failed)
        else:  # what `fate` says, without the call
            view.absent = None
            met = contender.only(view)
            fate = None if met else PLAIN if view.absent is None else TARGETING.of(view.absent, stranger)
        if fate is None:
            eligible.append(place)
            codes.append(OUTRANKED)
        else:
            codes.append(fate)
    winner = _choose(contenders, eligible, codes, view, stranger, failing, failed) if eligible else -1
    blob = b"".join(codes)
    reason = Reason.TARGETING_MATCH if winner >= 0 else reason_of_default(blob)
    return Verdict(winner, reason, blob, view.mask, tuple(failed) if failed else ())


def sift(
    contenders: tuple[Contender, ...],
    view: Cells,
    *,
    stranger: bool = False,
    failing: frozenset[int] = NO_RULES,
) -> Verdict:
    """Return the verdict of a slot without a single winner: each candidate that is met counts."""
    codes = [contender.fate(view, stranger, failing, []) or MET for contender in contenders]
    reason = Reason.TARGETING_MATCH if MET in codes else reason_of_default(b"".join(codes))
    return Verdict(-1, reason, b"".join(codes), view.mask)


def _choose(
    contenders: tuple[Contender, ...],
    eligible: list[int],
    codes: list[bytes],
    view: Cells,
    stranger: bool,
    failing: frozenset[int],
    failed: list[int],
) -> int:
    """Return the winner: the first candidate that the chooser with the say over it takes, or -1."""
    if len(eligible) > 1:
        eligible.sort(key=lambda place: contenders[place].chooser.order)
    for place in eligible:
        rule = contenders[place].chooser
        answer = (rule.judge is always and not failing) or rule.ask(view, failing, failed)
        if answer:
            codes[place] = rule.won
            return place
        codes[place] = rule.failed if answer is None else rule.refusals.of(view.absent, stranger)
    return -1
