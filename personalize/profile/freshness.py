"""How fresh is what this process keeps warm: other processes' changes are looked for, and doubt is told."""

import logging
from collections.abc import Callable
from threading import Lock
from time import monotonic

from personalize.errors import StoreError
from personalize.ports import ChangeFeed, Changes

log = logging.getLogger("personalize")
POLL_SECONDS = 0.25
"""How often changes by others are looked for."""
BLIND_SECONDS = 1.0
"""For how long the store may fail to answer before nobody is personalised (law 9)."""


class Freshness:
    """Ask the change feed at most every 250 ms, and pass on what it says.

    `also` is called with each look, for whatever else has to be kept fresh, `move_in` where another store stands in
    the place of the open one: until it returns without a StoreError, nothing kept warm may be trusted.
    """

    def __init__(
        self,
        feed: ChangeFeed,
        forget: Callable[[Changes], None],
        also: Callable[[], None],
        move_in: Callable[[], None],
    ) -> None:
        self._feed, self._forget, self._also, self._move_in = feed, forget, also, move_in
        self._is_moving = False
        self._told = ""
        self._seq = 0
        self._next = 0.0
        self._asked = 0.0
        self._lock = Lock()

    def check(self) -> bool:
        """Return whether what is kept warm may be trusted now; costs nothing between two polls."""
        now = monotonic()
        if now < self._next:
            return True
        with self._lock:
            return True if now < self._next else self._poll(now)

    def _poll(self, now: float) -> bool:
        try:
            changes = self._feed.poll(self._seq)
            if self._is_moving or (changes is not None and changes.replaced):
                self._is_moving = True
                self._move_in()
                self._is_moving = False
        except StoreError as error:
            return (not self._is_moving and now - self._asked < BLIND_SECONDS) or self._blind(str(error))
        self._asked, self._next, self._told = now, now + POLL_SECONDS, ""
        if changes is not None:
            self._seq = changes.seq
            self._forget(changes)
        self._also()
        return True

    def _blind(self, why: str) -> bool:
        """Return False, and say why in the log, once."""
        if why != self._told:
            log.error("Consent cannot be asked: %s", why)
        self._told = why
        return False
