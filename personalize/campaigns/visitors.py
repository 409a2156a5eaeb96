"""Count the people who came by a mailing: people, not scanners, and never while a page is waiting.

A person counts once per mailing, with the first page view that carries the cookie of a link: a document that a
browser opens after the redirect. The request with the token itself leaves no trace (law 5). What is noted
is written by a thread once a second; a process that is killed loses that second's counts, nothing else.
"""

import logging
from collections import deque

from personalize.background import Background
from personalize.errors import StoreError
from personalize.model.people import Visitor
from personalize.ports import Clock, FirstVisit, MailingStore
from personalize.recognition.links import Headers, is_navigation, is_prefetch
from personalize.recognition.recognise import handle_digest
from personalize.recognition.tokens import LENGTH, handle_of

log = logging.getLogger("personalize")
PAUSE = 1.0
"""Seconds between two writings."""
MOST_WAITING = 100_000
MOST_KNOWN = 16_384


class MailingVisitors:
    """Notes who came by which mailing, and writes it down in a thread of its own. Safe across threads."""

    def __init__(self, mailings: MailingStore, clock: Clock) -> None:
        self._mailings, self._clock = mailings, clock
        self._known: set[tuple[bytes, int]] = set()
        self._waiting: deque[FirstVisit] = deque(maxlen=MOST_WAITING)
        self._background = Background("personalize-mailings", self._work)

    def note(self, cookie: bytes, visitor: Visitor, headers: Headers) -> None:
        """Note a request whose cookie ends with a link's token that recognised this visitor; never raises.

        One that was noted before costs a look-up.
        """
        token, subject = cookie[-LENGTH:], visitor.subject
        if subject is None or visitor.is_device or (token, subject) in self._known:
            return
        handle = handle_of(token)
        if handle is None or is_prefetch(headers) or not is_navigation("GET", headers):
            return
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        self._known.add((token, subject))
        self._waiting.append(FirstVisit(handle_digest(handle), subject, self._clock.now()))

    def start(self) -> None:
        """Write once a second, from now on."""
        self._background.start()

    def stop(self) -> None:
        """End the thread and write what is waiting."""
        self._background.stop()
        self.write()

    def write(self) -> int:
        """Write what was noted so far; return how many people are new. What the store refuses waits on."""
        visits = [self._waiting.popleft() for _ in range(len(self._waiting))]
        try:
            return self._mailings.count_visits(visits) if visits else 0
        except StoreError:
            log.exception("Who came by a mailing could not be counted yet.")
            self._waiting.extendleft(reversed(visits))
            return 0

    def _work(self) -> None:
        while not self._background.pause(PAUSE):
            self.write()
