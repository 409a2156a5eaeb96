"""Await what the site's own code answers: for a while, and whatever that code does with its cancellation."""

from asyncio import CancelledError, current_task
from collections.abc import Awaitable
from typing import TypeVar

import anyio

T = TypeVar("T")


async def in_time(answer: Awaitable[T], seconds: float) -> T:
    """Return an answer, and raise whatever it raises. Raises TimeoutError where it takes longer.

    Bridges to threads, such as Django's, end a cancelled call with a cancellation of their own. That of the
    request itself is passed on; any other counts as late, or where time is left as a RuntimeError.
    """
    scope = anyio.CancelScope(deadline=anyio.current_time() + seconds)
    try:
        with scope:
            return await answer
    except CancelledError as error:
        task = current_task()
        if task is None or task.cancelling():
            raise
        if not scope.cancel_called:
            raise RuntimeError("it was cancelled from within") from error
    raise TimeoutError
