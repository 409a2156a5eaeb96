"""The visitor's pages are built once, and nobody waits for that but who asked for them."""

from threading import Event
from typing import cast

import anyio
import pytest

from personalize.asgi.contract import App, PersonalizerParts
from personalize.asgi.own_pages import OwnPages, as_seen
from tests.house import Answer, House, ask, own_pages


class Building:
    """Builds the pages once it is told to."""

    def __init__(self) -> None:
        self.may_build, self.built = Event(), 0
        self.settings = House().settings

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


@pytest.mark.parametrize(
    ("root", "seen"),
    [
        ("", "/personalize/me"),
        ("/", "/personalize/me"),
        ("/shop/", "/shop/personalize/me"),
        ("/caf\u00e9 b", "/caf%C3%A9%20b/personalize/me"),
        ("//evil.example", "/evil.example/personalize/me"),
        ("/\\evil.example", "/%5Cevil.example/personalize/me"),
        ("/a\r\nset-cookie: b", "/a%0D%0Aset-cookie%3A%20b/personalize/me"),
    ],
)
def test_a_path_of_ours_is_below_the_root_and_on_this_very_host(root: str, seen: str) -> None:
    assert as_seen(root, "/personalize/me") == seen


@pytest.mark.parametrize(
    ("configured", "root", "said"), [("/shop", "/shop", 0), ("", "", 0), ("", "/shop", 1), ("/shop", "", 1)]
)
async def test_a_site_that_stands_elsewhere_than_it_says_is_told_once(
    caplog: pytest.LogCaptureFixture, configured: str, root: str, said: int
) -> None:
    app = House(root=configured).wrap(own_pages)
    for _ in range(2):
        await ask(app, f"{root}/personalize/me", root_path=root)
    assert len(caplog.records) == said
    assert all(f"https://site.example{configured}/personalize" in each.getMessage() for each in caplog.records)
