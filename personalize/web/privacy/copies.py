"""Who may have a copy of everything that is kept of them made now: it costs seconds and many megabytes."""

from collections.abc import Callable
from typing import TypeVar

import anyio
from starlette.concurrency import run_in_threadpool

from personalize.explain.language import marked

BUSY = marked(
    "Files with all that is kept are made one after another, and yours has to wait. Please try again in half a minute."
)
AFTER = "30"
"""Seconds until somebody who was refused should ask again, as `Retry-After` says it."""
PATIENCE = 20.0
"""Seconds that somebody waits for their turn."""
T = TypeVar("T")


class Copies:
    """Makes one copy at a time in this process, and has one request of each person wait at most."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience, self._asking = patience, set[int | None]()
        self._turn = anyio.Semaphore(1)

    async def make(self, subject: int | None, copy: Callable[[], T]) -> T | None:
        """Return what `copy` makes in a thread; None where it is not this person's turn soon. Raises what it raises."""
        if subject in self._asking:
            return None
        self._asking.add(subject)
        try:
            return await self._in_turn(copy)
        finally:
            self._asking.discard(subject)

    async def _in_turn(self, copy: Callable[[], T]) -> T | None:
        with anyio.move_on_after(self._patience) as waited:
            await self._turn.acquire()
        if waited.cancelled_caught:
            return None
        try:
            return await run_in_threadpool(copy)
        finally:
            self._turn.release()
