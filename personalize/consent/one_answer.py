"""One answer of a person to several purposes: its events wait for each other."""

from collections.abc import Sequence

from personalize.model.consent import ConsentEvent
from personalize.ports import ConsentStore


class OneAnswer:
    """Implement ConsentStore: what is appended is seen by whoever asks, and waits to be recorded as one."""

    def __init__(self, consents: ConsentStore) -> None:
        self._consents = consents
        self.events: list[ConsentEvent] = []

    def append(self, events: Sequence[ConsentEvent]) -> None:
        """Put events with those that wait."""
        self.events += events

    def events_of(self, subject: int) -> list[ConsentEvent]:
        """Return every event of a subject, those that wait last."""
        return [*self._consents.events_of(subject), *(event for event in self.events if event.subject == subject)]
