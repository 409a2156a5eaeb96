"""The site's login: asked, never in the way."""

import functools
from collections import Counter
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from personalize.asgi.login import LoginQuestion
from tests.house import House, ask, page

NOBODY: dict[str, Any] = {}


class Who:
    async def __call__(self, scope: Any) -> str:
        return "customer_number:1"


async def who(scope: Any) -> str:
    await anyio.lowlevel.checkpoint()
    return "customer_number:1"


@pytest.mark.parametrize("login", [who, Who(), functools.partial(who)])
async def test_an_async_login_is_awaited(login: Any) -> None:
    question = LoginQuestion(login, Counter())
    assert question.awaits
    assert await question.wait(NOBODY) == "customer_number:1"


def test_a_plain_login_is_called() -> None:
    question = LoginQuestion(lambda scope: "customer_number:1", Counter())
    assert not question.awaits
    assert question.ask(NOBODY) == "customer_number:1"


async def test_an_async_login_that_takes_too_long_counts_as_nobody() -> None:
    counters: Counter[str] = Counter()

    async def slow(scope: Any) -> str:
        await anyio.sleep(5)
        return "customer_number:1"

    with anyio.fail_after(1):
        assert await LoginQuestion(slow, counters).wait(NOBODY) is None
    assert counters == {"login_late": 1}


async def test_a_login_that_raises_counts_as_nobody_and_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    def broken(scope: Any) -> str:
        raise RuntimeError("no database")

    house = House(login=broken)
    app = house.wrap(page(b"<p>hi</p>"))
    assert (await ask(app)).body == (await ask(app)).body == b"<p>hi</p>"
    assert house.counters["login_failed"] == 2
    assert caplog.text.count("login= failed") == 1


@pytest.mark.parametrize("answer", [17, b"customer_number:1", object(), ["x"]])
def test_rubbish_counts_as_nobody(answer: Any, caplog: pytest.LogCaptureFixture) -> None:
    counters: Counter[str] = Counter()
    assert LoginQuestion(lambda scope: answer, counters).ask(NOBODY) is None
    assert counters == {"login_rubbish": 1}
    assert "must return text like" in caplog.text


def test_a_forgotten_async_is_named(caplog: pytest.LogCaptureFixture) -> None:
    assert LoginQuestion(lambda scope: who(scope), Counter()).ask(NOBODY) is None
    assert "write it as `async def`" in caplog.text


@pytest.mark.parametrize("error", [KeyError("session"), AssertionError("SessionMiddleware must be installed")])
def test_a_session_that_is_not_there_yet_says_which_line_to_move(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    def read(scope: Any) -> str:
        raise error

    question = LoginQuestion(read, Counter())
    question.ask(NOBODY)
    question.ask(NOBODY)
    assert caplog.text.count("move the line of PersonalizeMiddleware below the line of SessionMiddleware") == 1
    assert "Traceback" not in caplog.text
