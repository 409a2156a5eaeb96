"""The visitor's pages are built once, and nobody waits for that but who asked for them."""

from threading import Event
from typing import cast

import anyio

from personalize.asgi.contract import App, PersonalizerParts
from personalize.asgi.own_pages import OwnPages
from tests.house import Answer, ask, own_pages


class Building:
    """Builds the pages once it is told to."""

    def __init__(self) -> None:
        self.may_build, self.built = Event(), 0

    @property
    def visitor_app(self) -> App:
        assert self.may_build.wait(5), "the building holds up the event loop"
        self.built += 1
        return own_pages


async def test_others_are_answered_while_the_pages_are_built() -> None:
    house, answers = Building(), list[Answer]()
    app = OwnPages(cast(PersonalizerParts, house))

    async def asking() -> None:
        answers.append(await ask(app, "/me"))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(asking)
        await anyio.sleep(0.01)
        house.may_build.set()
    answers.append(await ask(app, "/me"))
    assert [answer.body for answer in answers] == [b"own  /me"] * 2
    assert house.built == 1
