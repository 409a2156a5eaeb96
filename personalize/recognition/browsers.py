"""Browsers: logins of sites without their own, and device subjects; what stands behind our cookie.

A reference is made anew whenever somebody logs in, and the one before ends with it: a cookie that was
planted beforehand is worth nothing afterwards (fixation). Ending works on the server, at once.
"""

import logging
import secrets
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from threading import Lock

from cachetools import LRUCache
from msgspec import Struct
from msgspec.structs import replace

from personalize.background import Background
from personalize.errors import NotFound, StoreError, StoreLocked
from personalize.model.moments import DAY, MINUTE, SECOND
from personalize.model.people import Assurance
from personalize.ports import Browser, BrowserStore, Changes, Clock, DeviceLink, NoList
from personalize.recognition.keys import KeyRing
from personalize.recognition.tokens import HANDLE_LENGTH, TokenKind, issue
from personalize.settings.tables import Sessions

log = logging.getLogger("personalize")
FLUSH = 5.0
"""Seconds between two notes of which browsers were used."""
SWEEP_EVERY = 720
"""Sweep once in so many flushes: every hour."""
MOST_WAITING = 100_000
MOST_KEPT = 16_384
"""Rows that are kept warm."""


class Beginning(Struct, frozen=True):
    """A login that waits for the store: what there is of it until then, and the reference that ends with it."""

    row: Browser
    ends: bytes | None


class Browsers:
    """Knows the browsers of a site. Safe across threads; what a store cannot answer raises StoreError.

    `logged_in_elsewhere` says that the site tells us who is logged in: then no login of ours counts.
    """

    def __init__(
        self,
        *,
        store: BrowserStore,
        noes: NoList,
        ring: Callable[[], KeyRing],
        site: str,
        clock: Clock,
        lives: Sessions,
    ) -> None:
        self._store, self._noes, self._ring, self._site, self._clock = store, noes, ring, site, clock
        self.logged_in_elsewhere = False
        self._idle, self._absolute = lives.idle * SECOND, lives.absolute * SECOND
        self._device = lives.device * SECOND
        self._rows: LRUCache[bytes, Browser] = LRUCache(MOST_KEPT)
        self._used: dict[bytes, int] = {}
        self._links: dict[int, int] = {}
        self._begins: dict[bytes, Beginning] = {}
        self._ends: dict[bytes, int] = {}
        self._lock = Lock()
        self._generation = 0
        self._background = Background("personalize-browsers", self._work)

    def find(self, handle: bytes, now: int) -> Browser | None:
        """Return what stands behind a reference, None where it ended or nothing does; costs one read, once.

        Never let an unsigned reference come here (T16).
        """
        with self._lock:
            row, generation = self._rows.get(handle), self._generation
        if self._ends and handle in self._ends:
            return None
        if self._begins and (beginning := self._begins.get(handle)):
            return beginning.row
        if row is None or (row.subject and not self.is_in_time(row, now)):
            row = self._store.browser(browser_digest(handle))
            if row is None or row.ended_at is not None:
                return None
        if now - row.seen_at >= (MINUTE if row.subject else DAY) and (not row.subject or self.is_in_time(row, now)):
            row = replace(row, seen_at=now)
            self._note(handle, now)
        with self._lock:
            if generation == self._generation:
                self._rows[handle] = row
        return row

    def is_in_time(self, row: Browser, now: int) -> bool:
        """Say whether the login of a row still lasts; idle times are kept to the minute."""
        return now < row.began_at + self._absolute and now < row.seen_at + self._idle + MINUTE

    def begin_device(self, now: int, handle: bytes | None = None) -> tuple[int, str]:
        """Make a device subject, for a POST that gives consent; return it and the value for our cookie.

        A row of this browser under `handle` ends with it.
        """
        reference = secrets.token_bytes(HANDLE_LENGTH)
        ends = browser_digest(handle) if handle is not None else None
        subject = self._store.begin_device(browser_digest(reference), now, ends)
        self.drop(handle)
        return subject, self._cookie(reference, now, self._device)

    def begin(self, subject: int, assurance: Assurance, now: int, handle: bytes | None = None) -> str:
        """Begin the visit of a known person at this browser under a new reference; return the cookie's value.

        The row under `handle` ends. A login links its device, where that never was linked to somebody else.
        Where another program holds the store it begins in this process at once, and for all when that has finished.
        Raises StoreError, and NotFound where the person was erased meanwhile.
        """
        reference = secrets.token_bytes(HANDLE_LENGTH)
        row = Browser(subject=subject, device=0, assurance=assurance, began_at=now, seen_at=now)
        device, beginning = 0, Beginning(row, handle)
        try:
            device = self._begin(reference, beginning)
        except StoreLocked as error:
            if len(self._begins) >= MOST_WAITING:
                raise
            log.warning("A login waits for the store: %s", error)
            self._begins[reference] = beginning
            if handle is not None:
                self._ends[handle] = now
        self.drop(handle)
        lasts = self._device if device and assurance is not Assurance.login else self._absolute
        return self._cookie(reference, now, lasts)

    def end(self, handle: bytes, now: int) -> bool:
        """End what stands behind a reference, for good and for every process; say whether it had not ended.

        Where the store cannot be written it ends in this process at once, and for all when that is mended.
        """
        try:
            if handle in self._begins:
                raise StoreLocked
            ended = self._store.end(browser_digest(handle), now)
        except StoreError as error:
            log.warning("A logout waits for the store: %s", error)
            self._ends[handle] = now
            ended = True
        self.drop(handle)
        return ended

    def links_of(self, subject: int) -> list[DeviceLink]:
        """Return the devices that are or were linked to a person, oldest first."""
        return self._store.links_of(subject)

    def cut(self, subject: int, device: int, means: str, now: int) -> bool:
        """Cut the link of a device for good, as by "this was not me"; say whether there was one.

        Nothing of the device is read for the person any more, nor by anybody else: it is erased soon, and no
        backup links it again.
        """
        link = next((each for each in self.links_of(subject) if each.device == device and each.cut_at is None), None)
        if link is None:
            return False
        cut = replace(link, cut_means=means, cut_at=now)
        with self._noes.listing() as say:
            say([cut])
            found = self._store.cut(cut)
        self.forget(frozenset({device, subject}))
        return found

    def link_soon(self, device: int, subject: int) -> None:
        """Have a device linked to the person whom the site's own login names, off the request's path."""
        if len(self._links) < MOST_WAITING:
            self._links.setdefault(device, subject)

    def drop(self, handle: bytes | None) -> None:
        """Forget what is kept warm of one reference."""
        with self._lock:
            self._generation += 1
            if handle is not None:
                self._rows.pop(handle, None)

    def forget(self, subjects: frozenset[int] | None) -> None:
        """Forget what is kept warm of these people and devices, of all where None."""
        with self._lock:
            self._generation += 1
            if subjects is None:
                self._rows.clear()
                return
            gone = [key for key, row in self._rows.items() if row.subject in subjects or row.device in subjects]
            for key in gone:
                del self._rows[key]

    def follow(self, changes: Changes) -> None:
        """Forget what another process changed."""
        if changes.everything:
            self.forget(None)
        elif changes.subjects:
            self.forget(changes.subjects)

    def start(self) -> None:
        """Keep notes of use and sweep, from now on, in a thread."""
        self._background.start()

    def stop(self) -> None:
        """Write what is still to be noted and end the thread."""
        self._background.stop()
        self.flush()
        if self._begins:
            log.error("%d logins were lost: another program holds the store.", len(self._begins))

    def flush(self) -> None:
        """Write which browsers were used, and link the devices that wait for it."""
        with self._lock:
            used, self._used = self._used, {}
        links, self._links = self._links, {}
        now = self._clock.now()
        try:
            for reference, beginning in tuple(self._begins.items()):
                with suppress(NotFound):
                    self._begin(reference, beginning)
                del self._begins[reference]
            for handle, at in tuple(self._ends.items()):
                self._store.end(browser_digest(handle), at)
                del self._ends[handle]
            if used:
                self._store.seen([(browser_digest(handle), at) for handle, at in used.items()])
            for device, subject in links.items():
                self._store.link(device, subject, "login", now)
                self.forget(frozenset({device}))
        except StoreError as error:
            log.warning("The use of browsers could not be noted: %s", error)

    def sweep(self) -> None:
        """Forget the logins whose time has passed."""
        try:
            self._store.sweep(self._clock.now() - self._absolute - DAY)
        except StoreError as error:
            log.warning("Ended logins could not be swept: %s", error)

    def _work(self) -> None:
        turns = 0
        while not self._background.pause(FLUSH):
            self.flush()
            if turns % SWEEP_EVERY == 0:
                self.sweep()
            turns += 1

    def _begin(self, reference: bytes, beginning: Beginning) -> int:
        """Write a login, which ends the row before it; return the device that goes along."""
        row = beginning.row
        return self._store.begin(
            browser_digest(reference),
            row.subject,
            row.assurance,
            row.began_at,
            ends=browser_digest(beginning.ends) if beginning.ends is not None else None,
            means="login" if row.assurance == Assurance.login else "",
        )

    def _note(self, handle: bytes, at: int) -> None:
        with self._lock:
            if len(self._used) < MOST_WAITING:
                self._used[handle] = at

    def _cookie(self, reference: bytes, now: int, life: int) -> str:
        return issue(self._ring(), self._site, TokenKind.browser, reference, now, now + life)


def browser_digest(reference: bytes) -> bytes:
    """Return the hash under which a browser's row is kept: 128 random bits need no key."""
    return sha256(reference).digest()
