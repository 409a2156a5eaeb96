"""The site's login: asked, never in the way."""

import functools
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from tests.house import House, ask, page


class Who:
    async def __call__(self, scope: Any) -> str:
        return "customer_number:1"


async def who(scope: Any) -> str:
    await anyio.lowlevel.checkpoint()
    return "customer_number:1"


async def known_as(house: House) -> str:
    """Ask for a page, and return the identifier of the visitor it is shown to."""
    seen: list[str] = []
    await ask(house.wrap(page(b"hi", before=lambda visit: seen.append(visit.visitor.identifier))))
    [identifier] = seen
    return identifier


def plain(scope: Any) -> str:
    return "customer_number:1"


@pytest.mark.parametrize("login", [who, Who(), functools.partial(who), plain])
async def test_an_async_login_is_awaited_and_a_plain_one_is_called(login: Any) -> None:
    assert await known_as(House(login=login)) == "customer_number:1"


async def test_an_async_login_that_takes_too_long_counts_as_nobody() -> None:
    async def slow(scope: Any) -> str:
        await anyio.sleep(5)
        return "customer_number:1"

    house = House(login=slow)
    with anyio.fail_after(1):
        assert not await known_as(house)
    assert house.counters == {"login_late": 1}


async def test_a_login_that_raises_counts_as_nobody_and_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    def broken(scope: Any) -> str:
        raise RuntimeError("no database")

    house = House(login=broken)
    app = house.wrap(page(b"<p>hi</p>"))
    assert (await ask(app)).body == (await ask(app)).body == b"<p>hi</p>"
    assert house.counters["login_failed"] == 2
    assert caplog.text.count("login= failed") == 1


@pytest.mark.parametrize("answer", [17, b"customer_number:1", object(), ["x"]])
@pytest.mark.parametrize("is_async", [False, True])
async def test_rubbish_counts_as_nobody(answer: Any, is_async: bool, caplog: pytest.LogCaptureFixture) -> None:
    async def later(scope: Any) -> Any:
        return answer

    house = House(login=later if is_async else lambda scope: answer)
    assert not await known_as(house)
    assert house.counters == {"login_rubbish": 1}
    assert "must return text like" in caplog.text


async def test_a_forgotten_async_is_named(caplog: pytest.LogCaptureFixture) -> None:
    assert not await known_as(House(login=lambda scope: who(scope)))
    assert "write it as `async def`" in caplog.text


@pytest.mark.parametrize("error", [KeyError("session"), AssertionError("SessionMiddleware must be installed")])
async def test_a_session_that_is_not_there_yet_says_which_line_to_move(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    def read(scope: Any) -> str:
        raise error

    app = House(login=read).wrap(page(b"hi"))
    assert (await ask(app)).body == (await ask(app)).body == b"hi"
    assert caplog.text.count("move the line of PersonalizeMiddleware below the line of SessionMiddleware") == 1
    assert "Traceback" not in caplog.text
