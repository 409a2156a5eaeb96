"""The caretaker: sweeps after erasures, and deletes once a day what was kept long enough, without being asked."""

import logging
from time import monotonic

from personalize.background import Background
from personalize.errors import PersonalizeError, StoreError
from personalize.ports import Clock
from personalize.rights.erasure import MOST_AT_ONCE, Erasure
from personalize.rights.retention import RetentionJob

PAUSE = 15.0
"""Seconds between two looks at whether there is something to do; a sweep is to follow within a minute."""

REST, LONGEST_REST = 10, 40.0
"""After a long round erasures gather for so many times as long, but for no more than so many seconds."""

log = logging.getLogger("personalize")


class Caretaker:
    """A thread of one process of a site. Only one of a site's processes sweeps at a time.

    `failures` counts rounds that a store or disk cut short; they are made up for.
    """

    def __init__(self, erasure: Erasure, retention: RetentionJob, clock: Clock, *, pause: float = PAUSE) -> None:
        self._erasure, self._retention, self._clock, self._pause = erasure, retention, clock, pause
        self._background = Background("personalize-caretaker", self._work)
        self._told = ""
        self.failures = 0

    def start(self) -> None:
        """Begin looking after the store."""
        self._background.start()

    def stop(self) -> None:
        """End the thread when what it does just now is done."""
        self._background.stop()

    def _go_on(self, _: int) -> None:
        if self._background.is_stopping:
            raise StoreError("The site closes: deletion goes on when it is open again.")

    def _work(self) -> None:
        took = 0.0
        while not self._background.pause(max(self._pause, min(took * REST, LONGEST_REST))):
            began = monotonic()
            try:
                self.round()
            except (PersonalizeError, OSError) as error:
                self.failures += 1
                if str(error) != self._told:
                    log.warning("Erased or expired data waits to be cleaned up: %s", error)
                self._told = str(error)
            took = monotonic() - began

    def round(self) -> None:
        """Do what there is to do. Raises PersonalizeError, OSError."""
        now = self._clock.now()
        self._erasure.sweep(now)
        if self._retention.is_due(now):
            if self._erasure.erase_nobodys(now) == MOST_AT_ONCE:
                return  # the rest when files are cleaned up after these
            self._erasure.drop_nobodys_keys()
            for each in self._retention.run(now, self._go_on):
                if each.count:
                    log.info("Kept long enough and deleted: %d %s.", each.count, each.what)
