"""Answers that say nothing new: a second press of the same button, and floods of them from a program."""

from collections.abc import Sequence

from personalize.consent.gate import PERMITTING, fold
from personalize.errors import SaidTooOften
from personalize.model.consent import ConsentEvent

HOUR, DAY = 3_600_000_000, 86_400_000_000
"""Within the first (µs), or a tenth of a yes's term, a person's same answer is the same; later it is recorded anew."""
MOST_A_DAY = 20
"""Answers to one purpose by one person within a day: beyond that no yes is recorded, and no no that ends nothing."""


def said_already(event: ConsentEvent, said: Sequence[ConsentEvent]) -> ConsentEvent | None:
    """Return the earlier event of the same purpose that stands for this one; None where it is to be recorded.

    `said` is all that the person said about that purpose, in the order in which it was recorded. A no that ends
    something is always to be recorded (law 9). Raises SaidTooOften for a yes.
    """
    if said and _is_same(event, said[-1]) and not _changes(event, said):
        return said[-1]
    if sum(event.recorded_at - DAY < each.recorded_at <= event.recorded_at for each in said) < MOST_A_DAY:
        return None
    if event.action in PERMITTING:
        raise SaidTooOften
    return None if _changes(event, said) else said[-1]


def _is_same(event: ConsentEvent, last: ConsentEvent) -> bool:
    """Say whether the last answer was this one, given just now: to the same text, by the same act, as surely."""
    soon = HOUR if event.valid_until is None else min(HOUR, (event.valid_until - event.occurred_at) // 10)
    return 0 <= event.recorded_at - last.recorded_at < soon and _told(event) == _told(last)


def _told(event: ConsentEvent) -> tuple[object, ...]:
    term = None if event.valid_until is None else event.valid_until - event.occurred_at
    return event.action, event.basis, event.notice, event.actor, event.assurance, event.batch, event.evidence, term


def _changes(event: ConsentEvent, said: Sequence[ConsentEvent]) -> bool:
    """Say whether there is a consent or an objection, or none any more, because of this answer."""
    before, after = ([each.get(event.purpose) is None for each in fold(some)] for some in (said, [*said, event]))
    return before != after
