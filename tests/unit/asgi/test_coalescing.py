"""Answers that are ready in the same turn of the event loop leave together, where that keeps nobody waiting."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from personalize.asgi import coalescing
from personalize.asgi.coalescing import OFTEN, Coalescing
from personalize.asgi.visit import Visit
from tests.house import KNOWN, House, ask, page, request


async def events_of_two(before: Callable[[Visit], object]) -> list[str]:
    """Ask for pages a and b in one turn; return in what order they were made and answered."""
    events: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        name = scope["path"]
        before(scope["state"]["personalize"])
        events.append(f"made {name}")
        await send({"type": "http.response.start", "status": 200, "headers": []})
        events.append(f"answered {name}")
        await send({"type": "http.response.body", "body": b"hi"})

    wrapped = House().wrap(app)
    await asyncio.gather(*[ask(wrapped, path=path, headers=KNOWN) for path in "ab"])
    return events


async def test_pages_that_are_ready_together_are_all_made_before_the_first_is_answered() -> None:
    events = await events_of_two(lambda visit: visit.decide("hero"))
    assert events == ["made a", "made b", "answered a", "answered b"]


@pytest.mark.parametrize("before", [lambda visit: None, lambda visit: visit.is_known], ids=["unasked", "named"])
async def test_a_page_without_slots_waits_for_nobody(before: Callable[[Visit], object]) -> None:
    events = await events_of_two(before)
    assert events == ["made a", "answered a", "made b", "answered b"]


def waits(company: Coalescing) -> bool:
    """Say whether an answer that is ready now lets others go first."""
    waiting = company.wait()
    try:
        waiting.send(None)
    except StopIteration:
        return False
    with pytest.raises(StopIteration):
        waiting.send(None)
    return True


async def test_who_had_to_wait_too_long_too_often_is_answered_at_once_for_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now, each = 100.0, coalescing.LONG * 2

    def clock() -> float:
        nonlocal now
        now += each
        return now

    monkeypatch.setattr(coalescing, "monotonic", clock)
    company = Coalescing()
    assert [waits(company) for _ in range(OFTEN + 2)] == [True] * (OFTEN + 1) + [False]
    now += coalescing.ALONE
    assert waits(company)


async def test_some_long_waits_among_short_ones_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    took = iter([0.0, coalescing.LONG * 2, 0.0, 0.0] * OFTEN * 4)
    monkeypatch.setattr(coalescing, "monotonic", lambda: next(took))
    company = Coalescing()
    assert all(waits(company) for _ in range(OFTEN * 4))


def test_outside_asyncio_nobody_is_waited_for() -> None:
    assert not waits(Coalescing())


async def test_a_site_that_fails_while_others_go_first_makes_no_page_public() -> None:
    """Law 8: a task that the site left behind sends the page on."""
    sent: list[Any] = []
    sending: list[asyncio.Future[None]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        scope["state"]["personalize"].render("hero")
        sending.append(asyncio.ensure_future(send({"type": "http.response.start", "status": 200, "headers": []})))
        await asyncio.sleep(0)
        raise RuntimeError

    async def send(message: Any) -> None:
        sent.append(message)

    with pytest.raises(RuntimeError):
        await House().wrap(app)(request(headers=KNOWN), None, send)
    await asyncio.gather(*sending)
    assert (b"cache-control", b"private, no-store") in sent[0]["headers"]


async def test_of_a_request_that_ends_while_others_go_first_nothing_is_sent_or_noted() -> None:
    house = House()
    wrapped = house.wrap(page(b"hi", before=lambda visit: visit.render("hero")))
    asking = asyncio.ensure_future(ask(wrapped, headers=KNOWN))
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert house.pipeline.put_on_pages == []
