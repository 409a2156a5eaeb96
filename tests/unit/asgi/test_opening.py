"""The store opens with the lifespan, or with the first request, and closes after the site has stopped."""

from typing import Any

import anyio
import pytest

from personalize.errors import StoreError
from tests.house import House, answer, ask, page, request


async def live(app: Any, *, stop: bool = True) -> list[str]:
    """Run a lifespan from start to stop and return what the app sent."""
    arriving = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent: list[str] = []

    async def receive() -> Any:
        return arriving.pop(0)

    async def send(message: Any) -> None:
        sent.append(message["type"])

    await app({"type": "lifespan"}, receive, send)
    return sent


def lifespan_app(log: list[str]) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        for phase in ("startup", "shutdown"):
            assert (await receive())["type"] == f"lifespan.{phase}"
            log.append(f"site {phase}")
            await send({"type": f"lifespan.{phase}.complete"})

    return app


async def test_the_store_opens_before_the_site_and_closes_after_it() -> None:
    house = House()
    sent = await live(house.wrap(lifespan_app(house.log)))
    assert house.log == ["startup", "site startup", "site shutdown", "shutdown"]
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


async def test_a_site_that_fails_to_start_leaves_the_store_closed_and_its_error_passes() -> None:
    house = House()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        raise ValueError("the site's own")

    with pytest.raises(ValueError, match="the site's own"):
        await live(house.wrap(app))
    assert house.log == ["startup", "shutdown"]


@pytest.mark.parametrize("raises", [True, False])
async def test_for_an_app_that_knows_no_lifespan_the_store_opens_and_closes_all_the_same(raises: bool) -> None:
    house = House()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        house.log.append(scope["type"])
        if raises:
            raise ValueError("only http")

    sent = await live(house.wrap(app))
    assert house.log == ["lifespan", "startup", "shutdown"]
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


@pytest.mark.parametrize("listens", [True, False])
async def test_a_site_that_says_that_it_failed_to_start_is_heard_by_the_server(listens: bool) -> None:
    house, sent = House(), list[str]()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if listens:
            await receive()
        await send({"type": "lifespan.startup.failed"})
        raise ValueError("no database")

    async def receive() -> Any:
        return {"type": "lifespan.startup"}

    async def send(message: Any) -> None:
        sent.append(message["type"])

    with pytest.raises(ValueError, match="no database"):
        await house.wrap(app)({"type": "lifespan"}, receive, send)
    assert sent == ["lifespan.startup.failed"]
    assert house.log.count("startup") == house.log.count("shutdown")


async def test_without_a_lifespan_the_first_request_opens_and_only_the_first() -> None:
    house = House()
    app = house.wrap(page(b"x", before=lambda visit: visit.decide("hero")))
    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(ask, app)
    assert house.log == ["startup"]
    assert len(house.pipeline.asked) == 5


async def test_where_a_framework_calls_it_for_each_route_alone_the_log_says_so_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Handler:
        is_mount = False

    house = House()
    for is_mount in (True, False, False):
        Handler.is_mount = is_mount
        await answer(house.wrap(page(b"x")), {**request("/"), "route_handler": Handler})
    assert [record.message[:21] for record in caplog.records] == ["PersonalizeMiddleware"]
    assert "wrap the whole app" in caplog.text


async def test_a_store_that_cannot_open_leaves_the_site_running_and_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    house, times = House(), []

    async def locked() -> None:
        times.append(1)
        raise StoreError

    monkeypatch.setattr(house, "startup", locked)
    seen: list[Any] = []
    app = house.wrap(page(b"x", before=lambda visit: seen.append(visit.decide("hero").reason.name)))
    for _ in range(3):
        assert (await ask(app)).body == b"x"
    assert (times, seen) == ([1], ["ERROR"] * 3)
    monkeypatch.setattr("personalize.asgi.opening.monotonic", lambda: 10.0**12)
    await ask(app)
    assert len(times) == 2
    assert "pages show their defaults" in caplog.text


async def test_switched_off_the_lifespan_passes_untouched() -> None:
    house = House(enabled=False)
    await live(house.wrap(lifespan_app(house.log)))
    assert house.log == ["site startup", "site shutdown"]
