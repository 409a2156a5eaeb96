"""Who may have a copy of everything that is kept of them made now: of much, it takes a minute of computing.

A copy is sent as it is made, so that it takes no more memory than a piece of it, however much is kept.
"""

import logging
from collections.abc import AsyncIterator, Callable, Generator, Iterable, Mapping

import anyio
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from personalize.explain.language import marked

BUSY = marked(
    "Files with all that is kept are made one after another, and yours has to wait. Please try again in half a minute."
)
AFTER = "30"
"""Seconds until somebody who was refused should ask again, as `Retry-After` says it."""
PATIENCE = 20.0
"""Seconds that somebody waits for their turn."""
STALLED = 60.0
"""Seconds after which who takes nothing more is sent nothing more: they could not ask anew until then."""
PIECE = 1 << 16

log = logging.getLogger("personalize")


class Copies:
    """Makes one piece of a copy at a time in this process, and one copy for each person.

    Whoever reads theirs slowly keeps nobody else waiting: while a piece is on its way, others are made.
    """

    def __init__(self, patience: float = PATIENCE, stalled: float = STALLED) -> None:
        self._patience, self._stalled, self._asking = patience, stalled, set[int | None]()
        self._turn = anyio.Semaphore(1)

    async def make(self, subject: int | None, copy: Callable[[], Iterable[str]]) -> "Copy | None":
        """Begin what `copy` makes, in a thread; None where it is not this person's turn soon.

        Raises what it raises, up to the first piece. Send what is returned: until then this person has no other.
        """
        if subject in self._asking:
            return None
        self._asking.add(subject)
        made = None
        try:
            made = await self._begun(subject, copy)
        finally:
            if made is None:
                self._asking.discard(subject)
        return made

    async def _begun(self, subject: int | None, copy: Callable[[], Iterable[str]]) -> "Copy | None":
        with anyio.move_on_after(self._patience) as waited:
            await self._turn.acquire()
        if waited.cancelled_caught:
            return None
        try:
            pieces = _in_pieces(copy)
            first = await run_in_threadpool(next, pieces, "")
        finally:
            self._turn.release()
        return Copy(first, pieces, self._turn, lambda: self._asking.discard(subject), self._stalled)


class Copy:
    """A copy that has begun."""

    def __init__(
        self,
        first: str,
        rest: Generator[str],
        turn: anyio.Semaphore,
        ended: Callable[[], None],
        stalled: float,
    ) -> None:
        self._first, self._rest, self._turn, self._ended, self._stalled = first, rest, turn, ended, stalled

    def sent(self, media_type: str, headers: Mapping[str, str]) -> "SentCopy":
        """Return the response that sends it."""
        return SentCopy(self, media_type, headers, self._stalled)

    async def pieces(self) -> AsyncIterator[str]:
        """Yield it, each piece made in its turn."""
        piece = self._first
        while piece:
            yield piece
            async with self._turn:
                piece = await run_in_threadpool(next, self._rest, "")

    def end(self) -> None:
        """Make no more of it; its person may have another one."""
        self._rest.close()
        self._ended()


class SentCopy(StreamingResponse):
    """Sends a copy, which ends when it is sent, when nobody takes it any more, and when it cannot be made."""

    def __init__(self, copy: Copy, media_type: str, headers: Mapping[str, str], stalled: float) -> None:
        super().__init__(copy.pieces(), headers=headers, media_type=media_type)
        self._copy, self._stalled = copy, stalled

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""

        async def in_time(message: Message) -> None:
            with anyio.fail_after(self._stalled):
                await send(message)

        try:
            await super().__call__(scope, receive, in_time)
        except (TimeoutError, ClientDisconnect):
            log.info("A copy of what is kept was not taken to its end.")
        finally:
            self._copy.end()


def _in_pieces(copy: Callable[[], Iterable[str]]) -> Generator[str]:
    """Yield texts joined to pieces of a size that is worth a thread's while."""
    waiting: list[str] = []
    size = 0
    for text in copy():
        waiting.append(text)
        size += len(text)
        if size >= PIECE:
            yield "".join(waiting)
            waiting.clear()
            size = 0
    if waiting:
        yield "".join(waiting)
