"""What was decided: reasons, the fate of every candidate, and the decision."""

from collections.abc import Mapping
from enum import IntEnum

from msgspec import Struct

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


class Outcome(Struct, frozen=True, gc=False):
    """What became of one candidate: its reason, the absence that caused it, the rule that said so.

    `rule` is the rule's place in the recipe, or -1 where the variant's own targeting decided.
    """

    variant: str
    reason: Reason
    cause: Cause | None = None
    rule: int = -1


class Decision(Struct, frozen=True, gc=False):
    """The answer for one slot. `variant` is None where the slot's default is shown.

    `fields` are the variant's texts, filled in and in the visit's language. `code` is the visit
    code under which the entry can be found; empty where nothing was recorded. It is the one at `place`
    of those that were recorded together, of which `page_id` is the first. Bit i of `mask`
    says that attribute i of the recipe was read.
    """

    slot: str
    variant: str | None
    reason: Reason
    outcomes: tuple[Outcome, ...] = ()
    recipe: str = ""
    fields: Mapping[str, str] = {}
    mask: int = 0
    place: int = 0
    code: str = ""
    page_id: bytes = b""
    problem: str = ""

    @property
    def entry_id(self) -> bytes:
        """Return the id of the decision's entry; empty where nothing was recorded."""
        if not self.page_id:
            return b""
        number = int.from_bytes(self.page_id[8:], "big") + self.place
        return self.page_id[:8] + number.to_bytes(4, "big")

    @property
    def matched(self) -> frozenset[str]:
        """Return the candidates that were met; for the slot `segments` these are the visitor's segments."""
        return frozenset(o.variant for o in self.outcomes if o.reason is Reason.TARGETING_MATCH)
