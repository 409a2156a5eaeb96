"""Answers that say nothing new: a second press of the same button, and floods of them from a program."""

from collections.abc import Sequence

from personalize.consent.gate import PERMITTING, fold
from personalize.errors import SaidTooOften
from personalize.model.consent import ConsentEvent
from personalize.model.moments import DAY, MINUTE

ONE_PRESS = MINUTE
"""Within so many µs a person's same answer is one press of a button too many; later it is recorded anew."""
MOST_A_DAY = 20
"""Answers to one purpose by one person, known as surely, within a day: beyond that no yes is recorded.

After twice as many no no that ends nothing is either. Until then it is, though it seems to say nothing new: a yes that
was said before it may still wait for the store, and then this no is the last word (law 9). A flood at a lower assurance
takes no answer from the person themselves.
"""


def said_already(event: ConsentEvent, said: Sequence[ConsentEvent]) -> ConsentEvent | None:
    """Return the earlier event of the same purpose that stands for this one; None where it is to be recorded.

    `said` is all that the person said about that purpose, in the order in which it was recorded. A no that ends
    something is always to be recorded (law 9). Raises SaidTooOften for a yes that is news.
    """
    if not said:
        return None
    last, changes, today = said[-1], _changes(event, said), _said_today(event, said)
    if event.action not in PERMITTING:
        return None if changes or today < 2 * MOST_A_DAY else last
    same = not changes and _told(event) == _told(last)
    if same and 0 <= event.recorded_at - last.recorded_at < ONE_PRESS:
        return last
    if today < MOST_A_DAY:
        return None
    if not same:
        raise SaidTooOften
    return last


def _said_today(event: ConsentEvent, said: Sequence[ConsentEvent]) -> int:
    alike = (each.recorded_at for each in said if each.assurance is event.assurance)
    return sum(event.recorded_at - DAY < at <= event.recorded_at for at in alike)


def _told(event: ConsentEvent) -> tuple[object, ...]:
    """Return what makes an answer this one: yes or no, to what text, for how long, by whom, how surely, by what act."""
    term = None if event.valid_until is None else event.valid_until - event.occurred_at
    return event.action, event.basis, event.notice, event.actor, event.assurance, event.batch, event.evidence, term


def _changes(event: ConsentEvent, said: Sequence[ConsentEvent]) -> bool:
    """Say whether there is a consent or an objection, or none any more, because of this answer."""
    before, after = ([each.get(event.purpose) is None for each in fold(some)] for some in (said, [*said, event]))
    return before != after
