"""What is remembered of a decision: the cookbook entry and its parts."""

from msgspec import Struct

from personalize.model.attributes import Cause, Stored
from personalize.model.decisions import Outcome, Reason


class Ingredient(Struct, frozen=True, kw_only=True, gc=False):
    """One value that was read; `record` is the consent event's id, or the record of a banner's yes."""

    attribute: str
    value: Stored
    purpose: str
    record: bytes = b""


class Withheld(Struct, frozen=True, kw_only=True, gc=False):
    """One absence that was met, and its cause."""

    attribute: str
    cause: Cause


class CookbookEntry(Struct, frozen=True, kw_only=True, gc=False):
    """One decision, complete: header without personal data, and what was read.

    `at` is the decision's clock in µs since 1970 UTC. `outcomes` has one item per candidate in
    the recipe's order. `context` holds the page facts that were read. `failed` are the rules
    that raised or were out, by place in the recipe. `same_as` is the entry whose inputs this
    one repeats. `erased` says that the body's key is gone, and nothing but the header is left.
    `served` says that it is known to have been put on the page; it may take seconds to be known.
    """

    entry_id: bytes
    at: int
    code: str
    slot: str
    subject: int
    recipe: str
    variant: str | None
    reason: Reason
    outcomes: tuple[Outcome, ...]
    assurance: int = 0
    epoch: int = 0
    ingredients: tuple[Ingredient, ...] = ()
    absences: tuple[Withheld, ...] = ()
    context: dict[str, object] = {}
    language: str = ""
    failed: tuple[int, ...] = ()
    same_as: bytes = b""
    erased: bool = False
    served: bool = False
