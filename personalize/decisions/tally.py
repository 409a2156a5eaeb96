"""Counts of decisions, cheap enough for the request path: an object is held, its number raised.

A tally stands for one slot, variant, reason and set of causes. Whoever keeps a verdict keeps its tally
beside it, so that counting a decision is `tally.count += 1`, and names are looked at only by readers.
"""

from personalize.forks import in_each_child
from personalize.model.attributes import Cause
from personalize.model.decisions import Answer, Reason

Key = tuple[str, str | None, Reason, frozenset[Cause]]


class Tally:
    """How often one slot was decided in one way. `variant` is None for the default.

    Raise `count` by 1 for each decision handed out; under the interpreter lock no raise is lost.
    """

    __slots__ = ("causes", "count", "reason", "slot", "variant")

    def __init__(self, slot: str, variant: str | None, reason: Reason, causes: frozenset[Cause]) -> None:
        self.slot, self.variant, self.reason, self.causes = slot, variant, reason, causes
        self.count = 0


class Tallies:
    """Every tally of this process: at most slots x variants x reasons x sets of causes. After a fork it begins at 0."""

    def __init__(self) -> None:
        self._all: dict[Key, Tally] = {}
        # By the reason's number: the hash of an enum's member is worked out in Python.
        self._defaults: list[dict[str, Tally]] = [{} for _ in range(max(Reason) + 1)]
        in_each_child(self._reset)

    def of(self, answer: Answer) -> Tally:
        """Return the tally of an answer, which from now on is at hand as `answer.tally`."""
        causes = frozenset(outcome.cause for outcome in answer.outcomes if outcome.cause is not None)
        tally = self._tally(answer.slot, answer.variant, answer.reason, causes)
        answer.keep("tally", tally)
        return tally

    def default(self, slot: str, reason: Reason) -> None:
        """Count a default that no verdict gave: switched off, unrecorded, failed, late."""
        by_slot = self._defaults[reason]
        tally = by_slot.get(slot)
        if tally is None:
            tally = by_slot[slot] = self._tally(slot, None, reason, frozenset())
        tally.count += 1

    def all(self) -> tuple[Tally, ...]:
        """Return every tally; their counts go on."""
        return tuple(self._all.values())

    def _tally(self, slot: str, variant: str | None, reason: Reason, causes: frozenset[Cause]) -> Tally:
        key = (slot, variant, reason, causes)
        return self._all.get(key) or self._all.setdefault(key, Tally(*key))

    def _reset(self) -> None:
        for tally in self._all.values():
            tally.count = 0
