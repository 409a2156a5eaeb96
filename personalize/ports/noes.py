"""The list of what people do not want, which outlasts the store."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Protocol

from personalize.model.consent import ConsentEvent

Say = Callable[[Iterable[ConsentEvent]], None]


class NoList(Protocol):
    """Where a no stands before it stands in the store."""

    def listing(self) -> AbstractContextManager[Say]:
        """Yield what puts the noes among some events on the list; the block itself puts them in the store."""
        ...
