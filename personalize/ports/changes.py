"""What other processes changed."""

from typing import Protocol

from msgspec import Struct


class Changes(Struct, frozen=True, kw_only=True):
    """What changed since a sequence number; `everything` means that no cached value may be trusted.

    `replaced` says that another store stands in the place of the one that was open.
    """

    seq: int
    subjects: frozenset[int] = frozenset()
    everything: bool = False
    replaced: bool = False


class ChangeFeed(Protocol):
    """What other processes changed in the people store."""

    def poll(self, since: int) -> Changes | None:
        """Return the changes after `since`, or None when nothing was committed since that concerns anybody.

        Costs some 5 µs when nothing changed. Raises StoreError when it cannot tell.
        """
        ...
