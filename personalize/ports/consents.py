"""The ledger of consent events."""

from collections.abc import Sequence
from typing import Protocol

from personalize.model.consent import ConsentEvent


class ConsentStore(Protocol):
    """The append-only ledger of consent events."""

    def append(self, events: Sequence[ConsentEvent]) -> None:
        """Add events durably and raise the epoch of each subject, in one transaction; idempotent by event id."""
        ...

    def events_of(self, subject: int) -> list[ConsentEvent]:
        """Return every event of a subject in the order they were recorded."""
        ...
