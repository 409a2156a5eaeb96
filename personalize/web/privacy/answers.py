"""What a person said over time, as far as one page tells it: some change their mind a thousand times."""

from collections.abc import Container, Sequence

from msgspec import Struct

from personalize.explain.language import Language
from personalize.model.consent import ConsentEvent
from personalize.settings import Settings
from personalize.web.privacy.history import Agreed, history, newest_first

NEWEST, ON_A_PAGE = 20, 100
"""Answers on the person's own page, and on each of the pages that have all of them."""


class Answers(Struct, frozen=True, kw_only=True):
    """The answers from the `first` to the `last` of `n`, counted from 1, newest first.

    `standing` are those in force from before them. `newer` and `older` are the numbers of the pages that have
    what came after and before, 0 where nothing did.
    """

    told: tuple[Agreed, ...] = ()
    standing: tuple[Agreed, ...] = ()
    first: int = 0
    last: int = 0
    n: int = 0
    newer: int = 0
    older: int = 0


def newest(
    settings: Settings, events: Sequence[ConsentEvent], in_force: Container[bytes], lang: Language, now: int
) -> Answers:
    """Return the newest answers at a time (µs), and those from before whose ids are among the ones `in_force`."""
    ordered = newest_first(events)
    shown, before = ordered[:NEWEST], ordered[NEWEST:]
    standing = [event for event in before if event.event_id in in_force]
    told = history(settings, events, lang, now, [*shown, *standing])
    last = len(shown)
    return Answers(told=told[:last], standing=told[last:], first=1, last=last, n=len(events), older=1 if before else 0)


def page_of(settings: Settings, events: Sequence[ConsentEvent], number: int, lang: Language, now: int) -> Answers:
    """Return one page of all answers, the newest on page 1; the nearest page where there is none of that number."""
    pages = max(1, -(-len(events) // ON_A_PAGE))
    number = min(max(number, 1), pages)
    start = (number - 1) * ON_A_PAGE
    chosen = newest_first(events)[start : start + ON_A_PAGE]
    return Answers(
        told=history(settings, events, lang, now, chosen),
        first=start + 1,
        last=start + len(chosen),
        n=len(events),
        newer=number - 1,
        older=number + 1 if number < pages else 0,
    )
