"""What stands behind our cookies, and whose devices they are."""

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct


class Browser(Struct, frozen=True, kw_only=True, gc=False):
    """What stands behind a browser's cookie. Times are µs.

    `subject` is who logged in, 0 for nobody; `device` the device subject, 0 for none. `linked` is the
    person that the device is or was linked to, 0 for nobody; `cut` says that the link was cut.
    """

    subject: int
    device: int
    assurance: int
    began_at: int
    seen_at: int
    ended_at: int | None = None
    linked: int = 0
    cut: bool = False


class DeviceLink(Struct, frozen=True, kw_only=True):
    """That a device subject was linked to a person: when (µs) and by what means, and how that ended."""

    device: int
    subject: int
    means: str
    linked_at: int
    cut_means: str = ""
    cut_at: int | None = None


class BrowserStore(Protocol):
    """The rows behind our cookies, under SHA-256 of their reference, and the links of devices. Raises StoreError."""

    def browser(self, digest: bytes) -> Browser | None:
        """Return a row, ended or not; None when there is none."""
        ...

    def begin_device(self, digest: bytes, now: int, ends: bytes | None = None) -> int:
        """Make a device subject with its sealing key and the row of its browser; end the row `ends`; return it."""
        ...

    def begin(self, digest: bytes, subject: int, assurance: int, now: int, *, ends: bytes | None, means: str) -> int:
        """Keep the row of a person at this browser and end the row `ends`, in one transaction; return the device.

        The device of the row that ends goes along. With `means` it is linked by these, where it never was
        linked or is linked to this very person; else the new row has none. Raises NotFound where the person
        was erased.
        """
        ...

    def end(self, digest: bytes, now: int) -> bool:
        """End a row for good, also one that is yet to be written; say whether it was there and had not ended."""
        ...

    def seen(self, rows: Sequence[tuple[bytes, int]]) -> None:
        """Note when these rows (digest, µs) were used last; waits for no other writer."""
        ...

    def link(self, device: int, subject: int, means: str, now: int) -> bool:
        """Link a device that never was linked, unless one of them was erased; say whether it is this person's now."""
        ...

    def cut(self, link: DeviceLink) -> bool:
        """Keep for good that a link was cut, and end every row of that device without a login; say whether it is new.

        One that was made and cut after a backup of this store is kept too, while both are there.
        """
        ...

    def links_of(self, subject: int) -> list[DeviceLink]:
        """Return the devices that are or were linked to a person, oldest first."""
        ...

    def sweep(self, before: int) -> int:
        """Forget rows that ended, or without a device began, before this time (µs); return how many."""
        ...
