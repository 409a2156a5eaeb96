"""Copies of everything that is kept of somebody: a piece at a time, nobody twice, and as long as they are taken."""

import threading
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import anyio
import pytest
from anyio import create_task_group, run

from personalize.errors import StoreError
from personalize.web.privacy.copies import PIECE, Copies, Copy

SCOPES = [{"type": "http", "asgi": {"spec_version": version}} for version in ("2.3", "2.4")]
LARGE = "x" * PIECE


async def taken(copy: Copy | None) -> str | None:
    """Take a copy to its end."""
    if copy is None:
        return None
    text = "".join([piece async for piece in copy.pieces()])
    copy.end()
    return text


async def sent(copy: Copy | None, scope: dict[str, Any], send: Any, disconnects: bool = False) -> None:
    """Send a copy as a server does."""

    async def receive() -> dict[str, str]:
        if not disconnects:
            await anyio.sleep_forever()
        return {"type": "http.disconnect"}

    assert copy is not None
    await copy.sent("text/plain", {})(scope, receive, send)


def test_one_piece_is_made_at_a_time_and_each_person_gets_their_own() -> None:
    at_work, most, made = 0, 0, dict[int, str | None]()

    def copy(subject: int) -> Iterator[str]:
        nonlocal at_work, most
        for _ in range(3):
            at_work += 1
            most = max(most, at_work)
            time.sleep(0.005)
            at_work -= 1
            yield str(subject) * PIECE

    async def main() -> None:
        copies = Copies()

        async def ask(subject: int) -> None:
            made[subject] = await taken(await copies.make(subject, lambda: copy(subject)))

        async with create_task_group() as people:
            for subject in range(1, 6):
                people.start_soon(ask, subject)

    run(main)
    assert (most, made) == (1, {subject: str(subject) * 3 * PIECE for subject in range(1, 6)})


def test_who_waits_already_is_refused_and_who_waits_too_long_and_then_it_goes_on() -> None:
    free = threading.Event()

    def slow() -> list[str]:
        return ["first"] if free.wait(30) else []

    async def main() -> list[str | None]:
        copies, first = Copies(patience=0.05), list[str | None]()

        async def ask() -> None:
            first.append(await taken(await copies.make(1, slow)))

        async with create_task_group() as people:
            people.start_soon(ask)
            await anyio.sleep(0.01)
            refused = [await copies.make(subject, lambda: ["too soon"]) for subject in (1, 2)]
            free.set()
        return [*first, *refused, *[await taken(await copies.make(subject, lambda: ["again"])) for subject in (1, 2)]]

    assert run(main) == ["first", None, None, "again", "again"]


def test_who_reads_slowly_keeps_nobody_else_waiting_and_has_no_second_copy_meanwhile() -> None:
    async def main() -> tuple[str | None, bool, bool]:
        copies = Copies(patience=0.05)
        slow = await copies.make(1, lambda: [LARGE, LARGE])
        assert slow is not None
        reading: AsyncIterator[str] = slow.pieces()
        await anext(reading)
        other, second = await taken(await copies.make(2, lambda: ["other"])), await copies.make(1, lambda: ["second"])
        await anext(reading)
        slow.end()
        return other, second is None, await copies.make(1, lambda: ["third"]) is not None

    assert run(main) == ("other", True, True)


@pytest.mark.parametrize("scope", SCOPES)
def test_a_copy_that_nobody_takes_any_more_ends(scope: dict[str, Any]) -> None:
    async def stall(message: Any) -> None:
        await anyio.sleep_forever()

    async def main() -> bool:
        copies = Copies(stalled=0.05)
        with anyio.fail_after(20):
            await sent(await copies.make(1, lambda: [LARGE] * 9), scope, stall)
        return await copies.make(1, lambda: ["again"]) is not None

    assert run(main)


@pytest.mark.parametrize("scope", SCOPES)
def test_a_copy_ends_with_its_connection(scope: dict[str, Any]) -> None:
    made = 0

    def endless() -> Iterator[str]:
        nonlocal made
        while True:
            made += 1
            yield LARGE

    async def main() -> bool:
        copies = Copies()

        async def send(message: Any) -> None:
            await anyio.sleep(0.01)
            if scope["asgi"]["spec_version"] == "2.4" and made > 2:
                raise OSError

        with anyio.fail_after(20):
            await sent(await copies.make(1, endless), scope, send, disconnects=True)
        return await copies.make(1, lambda: ["again"]) is not None

    assert run(main)


def test_a_copy_that_fails_gives_the_turn_back_at_once_or_later() -> None:
    def fail(texts: list[str]) -> Iterator[str]:
        yield from texts
        raise StoreError("away")

    async def send(message: Any) -> None:
        pass

    async def main() -> str | None:
        copies = Copies(patience=0.05)
        with pytest.raises(StoreError):
            await copies.make(1, lambda: fail([]))
        with pytest.raises(StoreError):
            await sent(await copies.make(1, lambda: fail([LARGE])), SCOPES[1], send)
        return await taken(await copies.make(1, lambda: ["made"]))

    assert run(main) == "made"
