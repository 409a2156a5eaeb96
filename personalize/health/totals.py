"""Totals of what workers counted, added up by what is asked: reason, cause, slot."""

from collections import Counter
from collections.abc import Iterable

from personalize.health.workers import Decided
from personalize.model.attributes import Cause
from personalize.model.content import SEGMENTS

Way = tuple[str, str | None, str]


def decisions(decided: Iterable[Decided]) -> Counter[Way]:
    """Return the decisions by slot, variant (None: the default) and reason."""
    found: Counter[Way] = Counter()
    for each in decided:
        found[each.slot, each.variant, each.reason] += each.count
    return found


def defaults(decided: Iterable[Decided]) -> Counter[str]:
    """Return the defaults served, by reason. What `segments` answers is none."""
    found: Counter[str] = Counter()
    for each in decided:
        if each.variant is None and each.slot != SEGMENTS:
            found[each.reason] += each.count
    return found


def withheld(decided: Iterable[Decided]) -> Counter[str]:
    """Return in how many decisions a value was kept away, by cause; every cause is there."""
    found: Counter[str] = Counter({cause.name: 0 for cause in Cause})
    for each in decided:
        for cause in each.causes:
            found[cause] += each.count
    return found
