"""The site's login: asked, never in the way."""

import asyncio
import contextlib
import functools
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from personalize import Visitor
from personalize.model.people import STRANGER
from personalize.testing import TrialSite
from tests.house import DOCUMENT, KNOWN, VALID, House, ask, page

HELLO = Path(__file__).parents[3] / "examples" / "01-hello" / "personalize.toml"


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


async def test_a_login_that_ends_its_cancellation_by_another_counts_as_late() -> None:
    async def bridged(scope: Any) -> str:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(5)
        raise asyncio.CancelledError

    house = House(login=bridged)
    assert not await known_as(house)
    assert house.counters == {"login_late": 1}


async def test_a_login_that_is_cancelled_from_within_counts_as_failed(caplog: pytest.LogCaptureFixture) -> None:
    async def cancelled(scope: Any) -> str:
        raise asyncio.CancelledError

    house = House(login=cancelled)
    assert not await known_as(house)
    assert house.counters == {"login_failed": 1}
    assert "cancelled from within" in caplog.text


async def test_a_request_that_is_cancelled_while_the_login_answers_ends() -> None:
    async def slow(scope: Any) -> str:
        await asyncio.sleep(5)
        return "customer_number:1"

    asking = asyncio.create_task(known_as(House(login=slow)))
    await asyncio.sleep(0.005)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking


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


async def _late(scope: Any) -> str:
    await anyio.sleep(5)
    return "customer_number:2"


def _raising(scope: Any) -> str:
    raise RuntimeError("no database")


@pytest.mark.parametrize("login", [_late, _raising, lambda scope: 17])
async def test_where_it_is_not_known_who_is_logged_in_no_link_recognises_anybody(login: Any) -> None:
    app = House(login=login).wrap(page(b"hi", before=lambda visit: seen.append((visit.visitor, visit.in_doubt))))
    seen: list[tuple[Visitor, bool]] = []
    await ask(app, headers=KNOWN)
    arrived = await ask(app, query=b"pzt=" + VALID, headers=DOCUMENT)
    assert seen == [(STRANGER, True)]
    assert (arrived.status, arrived.header(b"set-cookie")) == (303, None)


def test_what_is_wrong_with_the_log_in_is_logged_once_and_stands_in_the_bar(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with TrialSite(HELLO) as site:
        site.personalizer.login = _late
        site.app = site._app()
        browser = site.browser()
        assert "login= took longer than 25 ms" in browser.open("/").text
        browser.open("/")
    assert caplog.text.count("login= took longer than 25 ms") == 1


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
