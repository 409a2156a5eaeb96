"""What is noted as put on the page: what was decided before a page that is shown is sent, and nothing else."""

from types import SimpleNamespace
from typing import Any

import pytest

from personalize.asgi.memory import NONE, Memory
from personalize.asgi.visit import Visit
from personalize.model.decisions import Answer, Decision, Reason, Shared
from tests.house import COOKIE, House, ask, page, request

RULES = Answer(slot="hero", variant="tv", reason=Reason.TARGETING_MATCH)
FAILED = Decision.of("aside", None, Reason.ERROR)
Mark = tuple[bytes, int, int]


async def noted(house: Any, **parts: Any) -> list[Mark]:
    await ask(house.wrap(page(b"x", before=lambda visit: visit.render("hero"), **parts)), headers=[(b"cookie", COOKIE)])
    return house.pipeline.put_on_pages


async def test_the_slots_of_a_page_that_is_sent_are_noted() -> None:
    assert await noted(House()) == [(b"hero", 0, 1)]


@pytest.mark.parametrize("status", [204, 205, 302, 304])
async def test_of_what_no_browser_shows_nothing_is_noted(status: int) -> None:
    assert await noted(House(), status=status) == []


@pytest.mark.parametrize("status", [404, 422, 503])
async def test_the_slots_of_an_error_page_are_noted(status: int) -> None:
    assert await noted(House(), status=status) == [(b"hero", 0, 1)]


async def test_where_the_browser_was_gone_nothing_is_noted() -> None:
    house = House()
    wrapped = house.wrap(page(b"x", before=lambda visit: visit.render("hero")))

    async def send(message: Any) -> None:
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        await wrapped(request(headers=[(b"cookie", COOKIE)]), None, send)
    assert house.pipeline.put_on_pages == []


async def test_a_slot_whose_template_failed_is_not_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    house = House()
    monkeypatch.setattr(house.renderer, "_render", lambda decision: 1 // 0)
    assert await noted(house) == []


async def test_of_strangers_nothing_is_noted() -> None:
    house = House()
    await ask(house.wrap(page(b"x", before=lambda visit: visit.render("hero"))))
    assert house.pipeline.put_on_pages == []


def together(count: int) -> list[Decision]:
    shared = Shared(page_id=b"page", count=count)
    return [Decision(RULES, place, shared) for place in range(count)]


@pytest.mark.parametrize(
    ("made", "unshown", "marks"),
    [
        (together(3), NONE, [(b"page", 0, 3)]),
        ([], NONE, []),
        ([FAILED], NONE, []),
        ([*together(2), FAILED], NONE, [(b"page", 0, 1), (b"page", 1, 1)]),
        ([FAILED, *together(2)], NONE, [(b"page", 0, 1), (b"page", 1, 1)]),
        (together(1), frozenset({"hero"}), []),
    ],
)
def test_slots_that_were_decided_together_are_noted_in_one_go(
    made: list[Decision], unshown: frozenset[str], marks: list[Mark]
) -> None:
    noted: list[Mark] = []
    door: Any = SimpleNamespace(pipeline=SimpleNamespace(served=lambda *mark: noted.append(mark)))
    visit = Visit(door)
    visit._memory = Memory(1, together=("nl", (), (), tuple(made)), unshown=unshown)
    visit.put_on_the_page()
    assert noted == marks
