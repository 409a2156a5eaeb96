"""Erasure (GDPR 17, law 11): the list first, then the key, then the rows; what is left in files is swept later."""

import logging
from collections.abc import Callable, Sequence
from itertools import chain, islice

from msgspec import Struct

from personalize.errors import ErasureListError
from personalize.model.moments import DAY
from personalize.rights.erasure_list import ErasureList, Line, Pen, check_is_there, check_list
from personalize.rights.noes import Noes
from personalize.rights.sweeping import Turn, remove_unfinished_restore
from personalize.storage.open import Store
from personalize.storage.rejects import imports_at_rest, remove_rejects
from personalize.storage.sqlite.erasing import Removed, SqliteErasures

MOST_AT_ONCE = 1_000
"""So many are erased until files are cleaned up after them: that is to follow within a minute."""

log = logging.getLogger("personalize")


class Erased(Struct, frozen=True, kw_only=True):
    """The receipt of an erasure: when (µs), and how many rows went. It says nothing of the person."""

    subject: int
    at: int
    removed: Removed


class Followed(Struct, frozen=True, kw_only=True):
    """What a store learned from the list: how many people were erased, and how many noes were said."""

    erased: int = 0
    noes: int = 0


class Erasure:
    """Erases people of one store, and keeps them erased, and every no, when a backup is put back.

    `forget` is told each subject, so that this process forgets at once; others learn it from the store.
    """

    def __init__(self, store: Store, on_list: ErasureList, forget: Callable[[int], None]) -> None:
        self._folder, self._rows = store.folder, SqliteErasures(store.people, store.keys)
        self._list, self.noes, self._forget = on_list, Noes(store, on_list), forget
        self._honoured, self._scrubbed = -1, frozenset[int]()

    def erase(self, subject: int, now: int) -> Erased:
        """Make a person unreadable everywhere: at once here, within a second in other processes.

        The devices that are or were linked to them go first, for what was read there is theirs or nobody's.
        Doing so again changes nothing. Raises ErasureListError, and then they are not erased; StoreError, and then
        the next process that opens the store, or the next sweep, carries on.
        """
        try:
            with self._list.locked() as pen:
                self._catch_up(pen, now)
                for device in self._rows.devices_of(subject):
                    self._erase(device, now, pen)
                return self._erase(subject, now, pen)
        except ErasureListError as error:
            raise ErasureListError(f"Not erased: this person is still there. {error}") from error

    def erase_nobodys(self, now: int) -> int:
        """Erase the device subjects that nobody can come back to, and who was made for an answer that was not kept.

        An answer is recorded a moment after its subject is made, or never. Return how many, `MOST_AT_ONCE` where there
        may be more. Raises StoreError.
        """
        found = list(islice(chain.from_iterable(self._rows.nobodys(now - DAY)), MOST_AT_ONCE))
        for subject in found:
            self.erase(subject, now)
        return len(found)

    def drop_nobodys_keys(self) -> int:
        """Remove the sealing keys that an import which was killed left for people who never came to be.

        Return how many; while an import is at work it waits for the next time. Raises StoreError.
        """
        dropped = 0
        for subjects in self._rows.nobodys_keys():
            with imports_at_rest(self._folder) as resting:
                if resting:
                    dropped += self._rows.drop_keys(subjects)
        return dropped

    def _erase(self, subject: int, now: int, pen: Pen) -> Erased:
        before = self._rows.erased_at(subject)
        if before is None or self._rows.is_left(subject):
            pen.add([(subject, now, b"")])
        return self._carry_out(subject, before or now, self._list.end())

    def catch_up(self, now: int) -> Followed:
        """Do what the list demands and the store has not followed yet; return what that was.

        A store has not where an erasure or a no was cut short, or where a backup was put back. A list that
        is shorter than the store remembers is made complete from the store. One that cannot be written is followed
        all the same: of what it lacks the store itself knows. Raises StoreError, ErasureListMissing.
        """
        if self._rows.followed() == (self._list.end(),) * 2:
            return Followed()
        try:
            with self._list.locked() as pen:
                return self._catch_up(pen, now)
        except ErasureListError:
            return self._follow_unwritten(now)

    def follow_anew(self, now: int) -> Followed:
        """Do all that the list demands, in a backup: the list it has followed may have been lost and made again."""
        before = self._rows.followed()
        if max(before) <= self._list.end():
            self._rows.follow(0, before)
        return self.catch_up(now)

    def check_list(self) -> None:
        """Look whether the list can be written. Raises ErasureListError."""
        check_list(self._list.path, self._rows.followed)

    def sweep(self, now: int, *, patience: float = 0.0) -> int | None:
        """See to it that no file of the store holds a byte of an erased person; return of how many that is new.

        None where another process is at it for longer than `patience` (s). Raises StoreError where
        a file is in use; then nothing counts as swept.
        """
        remove_unfinished_restore(self._folder)
        self.catch_up(now)
        if not self._rows.unswept():
            return 0
        with Turn(self._folder, patience) as mine:
            if not mine:
                return None
            subjects = self._rows.unswept()
            if not subjects:
                return 0
            left = [subject for subject in subjects if self._rows.is_left(subject)]
            for subject in left:
                self._carry_out(subject, now, 0)
            self._rows.leave_the_trail()
            if left or not self._scrubbed.issuperset(subjects):
                self._rows.scrub()
                self._scrubbed = frozenset(subjects)  # an import may keep its list for long: not again for that
            remove_rejects(self._folder)
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

    def _catch_up(self, pen: Pen, now: int) -> Followed:
        before, end = self._rows.followed(), self._list.end()
        if before == (end, end):
            return Followed()
        if max(before) > end:
            self._complete(pen)
            end = self._list.end()
            followed = self._honour((0, 0), now)
        else:
            followed = self._honour(before, now)
        self._rows.follow(end, before)
        return followed

    def _follow_unwritten(self, now: int) -> Followed:
        """Do what the list says that lacks what the store alone knows, once; it is made complete when it can be."""
        before, end = self._rows.followed(), self._list.end()
        check_is_there(self._list.path, before)
        if max(before) <= end:
            followed = self._honour(before, now)
            self._rows.follow(end, before)
            return followed
        if end == self._honoured:
            return Followed()
        followed, self._honoured = self._honour((0, 0), now), end
        return followed

    def _honour(self, places: tuple[int, int], now: int) -> Followed:
        """Do what the list says from these places on, of people.sqlite and keys.sqlite."""
        people, keys = places
        lines = [line for line in self._list.lines(min(people, keys)) if not line.sealed]
        noes = [line for line in self._list.lines(people) if line.sealed]
        subjects = self._subjects_on([*lines, *noes])
        found = sorted({subjects[line.digest] for line in lines if line.digest in subjects})
        for subject in found:
            self._carry_out(subject, now, 0)
        kept = self.noes.restore(noes, subjects)
        if found or kept:
            log.warning("The erasure list was followed. People erased: %d. Noes kept: %d.", len(found), kept)
        return Followed(erased=len(found), noes=kept)

    def _subjects_on(self, lines: Sequence[Line]) -> dict[bytes, int]:
        """Return whom of the store the list names, by their hash."""
        digests = {line.digest for line in lines}
        if not digests:
            return {}
        named = ((self._list.digest(subject), subject) for subject in self._rows.subjects())
        return {digest: subject for digest, subject in named if digest in digests}

    def _complete(self, pen: Pen) -> None:
        lines = self._list.lines()
        known = {line.digest for line in lines if not line.sealed}
        receipts = self._rows.receipts()
        pen.add((subject, at, b"") for subject, at in receipts if self._list.digest(subject) not in known)
        self.noes.complete(pen, lines, self._subjects_on(lines))
        log.error("The erasure list lacked lines that the store has followed: they were written from the store.")
