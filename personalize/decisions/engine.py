"""What the engine decides over, and what it finds. Its function is written by `judge`, one for each slot."""

from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct

from personalize.decisions.cells import Several, Values
from personalize.decisions.codes import reason_of_default
from personalize.decisions.conditions.clauses import Clause
from personalize.model.content import Variant
from personalize.model.decisions import WIDTH, Answer, Outcome, Reason, read_outcomes

Codes = bytes
Judge = Callable[[Values, Several, Several, Any, bool], Answer]
"""A slot's function: of values, absences, the page's facts, moment, and whether it is a stranger."""
Call = Callable[[Any], bool]
NO_RULES: frozenset[int] = frozenset()


class Verdict(Struct, frozen=True):
    """What the engine found: the winner's place among the candidates (-1: the default), and every fate.

    `mask` has a bit for each cell that was read; `failed` holds the rules that could not answer.
    """

    winner: int
    reason: Reason
    codes: Codes
    mask: int
    failed: tuple[int, ...] = ()


class Fate(Struct, frozen=True):
    """What codes alone tell: the winner (-1 and None: the default), the reason, every candidate's outcome."""

    codes: Codes
    winner: int
    variant: str | None
    reason: Reason
    outcomes: tuple[Outcome, ...]


def fate_of(codes: Codes, names: tuple[str, ...], *, sifting: bool = False) -> Fate:
    """Return what codes tell about candidates of these names; where it is `sifting`, nobody wins."""
    met = codes[::WIDTH].find(Reason.TARGETING_MATCH)
    winner = -1 if sifting else met
    return Fate(
        codes,
        winner,
        names[winner] if winner >= 0 else None,
        Reason.TARGETING_MATCH if met >= 0 else reason_of_default(codes),
        read_outcomes(codes, names),
    )


class BoundRule(Struct, frozen=True):
    """A rule over one candidate. `answer` is its condition, its callable, or what it always says.

    `index` is its place in the recipe. A `silent` suppressor suppresses over an absence too.
    """

    index: int
    title: str
    answer: Clause | Call | bool
    silent: bool = False
    order: int = 0


ALWAYS = BoundRule(-1, "", True)
NOBODY = BoundRule(-1, "", False)
"""The chooser of a candidate that no chooser names: it is never taken."""


class Contender(Struct, frozen=True):
    """A variant made ready: its condition read, its placeholders as cells, its rules bound.

    It is on schedule from `starts` until before `ends` (µs).
    """

    variant: Variant
    when: Clause | None
    placeholders: dict[str, int]
    suppressors: tuple[BoundRule, ...]
    chooser: BoundRule

    @property
    def is_for_everybody(self) -> bool:
        """Say whether nothing ever keeps it from being shown when its turn comes."""
        filtered = self.when is not None or self.scheduled or self.placeholders or self.suppressors
        return self.chooser.answer is True and not filtered

    @property
    def scheduled(self) -> bool:
        """Say whether it has a beginning or an end."""
        return self.variant.starts is not None or self.variant.ends is not None

    @property
    def starts(self) -> int:
        """Return when it begins."""
        return -1 if self.variant.starts is None else self.variant.starts

    @property
    def ends(self) -> int:
        """Return when it is over."""
        return 1 << 62 if self.variant.ends is None else self.variant.ends


def in_turn(contenders: Sequence[Contender]) -> list[int]:
    """Return the candidates' places in the order in which their choosers are asked."""
    return sorted(range(len(contenders)), key=lambda place: contenders[place].chooser.order)
