"""How many people a member of staff may look up within an hour, by what the trail says."""

import logging

from personalize.model.moments import HOUR
from personalize.model.staff import Look
from personalize.ports import StaffStore

log = logging.getLogger("personalize")
SOFT, HARD = 30, 100
"""Different people within an hour: from the one after `SOFT` on there is a warning, after `HARD` nothing (T27)."""


def note(trail: StaffStore, entry: Look) -> int:
    """Write a look into the trail and return the number of people looked up within the hour, this one included.

    Above `HARD` it stands there as refused: nothing may be shown. Raises StoreError.
    """
    count = trail.note_within(entry, entry.at - HOUR, HARD)
    if count > HARD:
        log.error("%s wanted to look up more than %d people within an hour and was refused.", entry.staff, HARD)
    elif count > SOFT:
        log.warning("%s has looked up %d people within an hour.", entry.staff, count)
    return count
