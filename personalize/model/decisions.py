"""What was decided: reasons, the fate of every candidate, and the decision."""

from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import force_setattr

from personalize.model.attributes import Cause


class Reason(IntEnum):
    """Why something was shown or not: a closed list. The number is what entries store; never reuse one."""

    TARGETING_MATCH = 1
    SPLIT = 2
    DEFAULT = 3
    DISABLED = 4
    ERROR = 5
    SUPPRESSED = 6
    CAPPED = 7
    HOLDOUT = 8
    NO_CONSENT = 9
    NOT_RECOGNISED = 10
    NOT_MATCHED = 11
    OUTRANKED = 12
    NOT_SCHEDULED = 13
    NOT_PUBLISHED = 14
    UNRECORDED = 15
    LATE = 16
    NOT_REPLAYABLE = 17

    def __str__(self) -> str:
        """Return the name: what a log or a page of a site's own says of it."""
        return self.name


class Outcome(Struct, frozen=True, gc=False):
    """What became of one candidate: its reason, the absence that caused it, the rule that said so.

    `rule` is the rule's place in the recipe, or -1 where the variant's own targeting decided.
    """

    variant: str
    reason: Reason
    cause: Cause | None = None
    rule: int = -1


WIDTH = 3
"""Bytes in which an entry keeps an outcome: reason, cause, and the rule's place in the recipe plus one."""


def read_outcomes(codes: bytes, variants: tuple[str, ...]) -> tuple[Outcome, ...]:
    """Return the outcomes that a string of codes stands for, one per variant. Raises ValueError for another number."""
    return tuple(
        Outcome(variant, Reason(codes[at]), Cause(codes[at + 1]) if codes[at + 1] else None, codes[at + 2] - 1)
        for variant, at in zip(variants, range(0, len(codes), WIDTH), strict=True)
    )


class Answer(Struct, kw_only=True, frozen=True):
    """What the rules of a slot say: one object for everybody for whom they say the same.

    `winner` is the variant's place among the candidates, -1 for the default. Bit i of `mask` says that
    attribute i of the recipe was read; `failed` has the rules that could not answer. `index` is the slot's place
    in the recipe, `codes` are the outcomes as entries keep them. `say` gives a winner's texts in a language, where
    they name nobody's data. Frozen, for a site has it in hand; those who record and count decisions `keep` their `line`
    and `tally` here all the same.
    """

    mask: int = 0
    winner: int = -1
    line: bytes | None = None
    tally: Any = None
    failed: tuple[int, ...] = ()
    slot: str
    variant: str | None
    reason: Reason
    outcomes: tuple[Outcome, ...] = ()
    index: int = 0
    codes: bytes = b""
    say: Callable[[int, str], Mapping[str, str]] = lambda winner, language: {}

    def keep(self, name: Literal["line", "tally"], value: object) -> None:
        """Keep what was worked out from this answer."""
        force_setattr(self, name, value)


class Shared(Struct, frozen=True, gc=False):
    """What the decisions of one page have in common: so many are there.

    `own` has the texts that name somebody's data, by place.
    """

    recipe: str = ""
    language: str = ""
    code: str = ""
    page_id: bytes = b""
    problem: str = ""
    own: Mapping[int, Mapping[str, str]] = {}
    count: int = 1


class Decision(Struct, frozen=True, gc=False):
    """The answer for one slot, at `place` of those that were recorded together.

    What many people were answered alike, and what is the same for a whole page, is not copied: it is asked
    of `answer` and `shared`.
    """

    answer: Answer
    place: int
    shared: Shared

    @classmethod
    def of(
        cls,
        slot: str,
        variant: str | None,
        reason: Reason,
        *,
        outcomes: tuple[Outcome, ...] = (),
        recipe: str = "",
        fields: Mapping[str, str] | None = None,
        mask: int = 0,
        place: int = 0,
        code: str = "",
        page_id: bytes = b"",
        problem: str = "",
    ) -> "Decision":
        """Return a decision that stands alone: a default without a verdict, or one for a test of a site's own."""
        answer = Answer(slot=slot, variant=variant, reason=reason, outcomes=outcomes, mask=mask)
        return cls(answer, place, Shared(recipe, "", code, page_id, problem, {place: fields or {}}))

    @property
    def slot(self) -> str:
        """Return the slot's name."""
        return self.answer.slot

    @property
    def variant(self) -> str | None:
        """Return what is shown; None where it is the slot's default."""
        return self.answer.variant

    @property
    def reason(self) -> Reason:
        """Return why."""
        return self.answer.reason

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """Return what became of every candidate."""
        return self.answer.outcomes

    @property
    def mask(self) -> int:
        """Return what was read: bit i says that attribute i of the recipe was."""
        return self.answer.mask

    @property
    def fields(self) -> Mapping[str, str]:
        """Return the variant's texts, filled in and in the visit's language."""
        own = self.shared.own.get(self.place)
        return self.answer.say(self.answer.winner, self.shared.language) if own is None else own

    @property
    def recipe(self) -> str:
        """Return the hash of the recipe that decided."""
        return self.shared.recipe

    @property
    def code(self) -> str:
        """Return the visit code under which the entry can be found; empty where nothing was recorded."""
        return self.shared.code

    @property
    def page_id(self) -> bytes:
        """Return the first id of what was recorded together; empty where nothing was."""
        return self.shared.page_id

    @property
    def problem(self) -> str:
        """Return what went wrong, for the developer; empty where nothing did."""
        return self.shared.problem

    @property
    def entry_id(self) -> bytes:
        """Return the id of the decision's entry; empty where nothing was recorded."""
        page_id = self.shared.page_id
        if not page_id:
            return b""
        number = int.from_bytes(page_id[8:], "big") + self.place
        return page_id[:8] + number.to_bytes(4, "big")

    @property
    def matched(self) -> frozenset[str]:
        """Return the candidates that were met; for the slot `segments` these are the visitor's segments."""
        return frozenset(o.variant for o in self.outcomes if o.reason is Reason.TARGETING_MATCH)
