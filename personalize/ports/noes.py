"""The list of what people do not want, which outlasts the store."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Protocol

from msgspec import Struct

from personalize.model.consent import ConsentEvent
from personalize.ports.browsers import DeviceLink
from personalize.ports.handles import Revocation
from personalize.ports.profiles import Plain
from personalize.ports.staff import Closing


class Unused(Struct, frozen=True, array_like=True):
    """A value that is not to be used: since when (µs), what is disputed of it, and the sealed request, if any."""

    subject: int
    attribute: str
    since: int
    disputed: Plain = None
    request: bytes = b""


No = ConsentEvent | Unused | DeviceLink | Revocation | Closing
"""What is said and done for good: of consents those that refuse, of devices' links those that were cut."""
Say = Callable[[Iterable[No]], None]


class NoList(Protocol):
    """Where a no stands before it stands in the store."""

    def listing(self) -> AbstractContextManager[Say]:
        """Yield what puts the noes among what it is given on the list; the block itself puts them in the store."""
        ...
