"""Erasure (GDPR 17, law 11): the list first, then the key, then the rows; what is left in files is swept later."""

import logging
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from personalize.rights.erasure_list import ErasureList, Pen
from personalize.rights.sweeping import Turn
from personalize.storage.rejects import remove_rejects
from personalize.storage.sqlite.erasing import Removed, SqliteErasures

log = logging.getLogger("personalize")


class Erased(Struct, frozen=True, kw_only=True):
    """The receipt of an erasure: when (µs), and how many rows went. It says nothing of the person."""

    subject: int
    at: int
    removed: Removed


class Erasure:
    """Erases people of one store, and keeps them erased when a backup is put back.

    `forget` is told each subject, so that this process forgets at once; others learn it from the store.
    """

    def __init__(self, folder: Path, rows: SqliteErasures, on_list: ErasureList, forget: Callable[[int], None]) -> None:
        self._folder, self._rows, self._list, self._forget = folder, rows, on_list, forget

    def erase(self, subject: int, now: int) -> Erased:
        """Make a person unreadable everywhere: at once here, within a second in other processes.

        The devices that are linked to them go first, for what was read there is theirs.
        Doing so again changes nothing. Raises StoreError; then the next process that opens the
        store, or the next sweep, carries on.
        """
        with self._list.locked() as pen:
            self._catch_up(pen, now)
            for device in self._rows.devices_of(subject):
                self._erase(device, now, pen)
            return self._erase(subject, now, pen)

    def erase_unreachable(self, now: int) -> int:
        """Erase the device subjects that nobody can come back to; return how many. Raises StoreError."""
        found = self._rows.unreachable()
        for device in found:
            self.erase(device, now)
        return len(found)

    def _erase(self, subject: int, now: int, pen: Pen) -> Erased:
        before = self._rows.erased_at(subject)
        if before is None or self._rows.is_left(subject):
            pen.add(subject, now)
        return self._carry_out(subject, before or now, len(self._list))

    def catch_up(self, now: int) -> int:
        """Do what the list demands and the store has not followed yet; return how many people were erased.

        A store has not where an erasure was cut short, or where a backup was put back. A list that
        is shorter than the store remembers is made complete from the store's receipts.
        """
        if self._rows.followed() == (len(self._list),) * 2:
            return 0
        with self._list.locked() as pen:
            return self._catch_up(pen, now)

    def sweep(self, now: int, *, patience: float = 0.0) -> int | None:
        """See to it that no file of the store holds a byte of an erased person; return of how many that is new.

        None where another process is at it for longer than `patience` (s). Raises StoreError where
        a file is in use; then nothing counts as swept.
        """
        self.catch_up(now)
        if not self._rows.unswept():
            return 0
        with Turn(self._folder, patience) as mine:
            if not mine:
                return None
            subjects = self._rows.unswept()
            if not subjects:
                return 0
            for subject in subjects:
                if self._rows.is_left(subject):
                    self._carry_out(subject, now, 0)
            remove_rejects(self._folder)
            self._rows.scrub()
            self._rows.note_swept(subjects, now)
            return len(subjects)

    def erased_at(self, subject: int) -> int | None:
        """Return when a subject was erased (µs), or None."""
        return self._rows.erased_at(subject)

    def unswept(self) -> int:
        """Return of how many erased people a file may still hold a byte."""
        return len(self._rows.unswept())

    def _carry_out(self, subject: int, at: int, followed: int) -> Erased:
        self._rows.overwrite_key(subject, followed)
        self._forget(subject)
        removed = self._rows.remove(subject, at, followed)
        self._forget(subject)
        return Erased(subject=subject, at=at, removed=removed)

    def _catch_up(self, pen: Pen, now: int) -> int:
        least, most = self._rows.followed()
        if most > len(self._list):
            self._complete(pen)
            least = 0
        elif least == len(self._list):
            return 0
        found = self._listed(self._list.digests(least))
        for subject in found:
            self._carry_out(subject, now, 0)
        self._rows.follow(len(self._list))
        if found:
            log.warning("%d people on the erasure list were in the store: they are erased now.", len(found))
        return len(found)

    def _listed(self, digests: set[bytes]) -> list[int]:
        if not digests:
            return []
        digest = self._list.digest
        return sorted({subject for subject in self._rows.subjects() if digest(subject) in digests})

    def _complete(self, pen: Pen) -> None:
        log.error("The erasure list lacks lines that the store has followed: they are written from its receipts.")
        known = self._list.digests()
        for subject, at in self._rows.receipts():
            if self._list.digest(subject) not in known:
                pen.add(subject, at)
