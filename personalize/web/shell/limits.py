"""How many people a member of staff may look up within an hour, by what the trail says."""

import logging
from threading import Lock

from msgspec import structs

from personalize.model.staff import BY_IDENTIFIER, REFUSED, Look
from personalize.ports import StaffStore

log = logging.getLogger("personalize")
HOUR = 3_600_000_000
SOFT, HARD = 30, 100
"""Different people within an hour: from the one after `SOFT` on there is a warning, after `HARD` nothing (T27)."""
MOST_ROWS = 1000
_one_by_one = Lock()
"""Between counting and writing no other look of this process comes in."""


def note(trail: StaffStore, entry: Look) -> int:
    """Write a look into the trail and return the number of people looked up within the hour, this one included.

    Above `HARD` it stands there as refused: nothing may be shown. Raises StoreError.
    """
    with _one_by_one:
        count = _count_with(trail, entry)
        trail.note(structs.replace(entry, what=REFUSED) if count > HARD else entry)
    if count > HARD:
        log.error("%s wanted to look up more than %d people within an hour and was refused.", entry.staff, HARD)
    elif count > SOFT:
        log.warning("%s has looked up %d people within an hour.", entry.staff, count)
    return count


def _count_with(trail: StaffStore, entry: Look) -> int:
    since = entry.at - HOUR
    before = trail.looked_up(entry.staff, since)
    if not entry.subject and entry.what not in BY_IDENTIFIER:
        return before
    rows = trail.looks(since=since, until=entry.at + 1, staff=entry.staff, subject=entry.subject, limit=MOST_ROWS)
    known = any(_counted(row) and (row.subject or row.query) == (entry.subject or entry.query) for row in rows)
    return before + (not known)


def _counted(row: Look) -> bool:
    return row.what != REFUSED and (row.subject != 0 or row.what in BY_IDENTIFIER)
