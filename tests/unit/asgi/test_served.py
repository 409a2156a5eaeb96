"""What is noted as put on the page: what was decided before a page that succeeds is sent, and nothing else."""

from typing import Any

import pytest

from tests.house import COOKIE, House, ask, page


async def noted(house: Any, **parts: Any) -> list[str]:
    await ask(house.wrap(page(b"x", before=lambda visit: visit.render("hero"), **parts)), headers=[(b"cookie", COOKIE)])
    return [decision.slot for decision in house.pipeline.put_on_pages]


async def test_the_slots_of_a_page_that_is_sent_are_noted() -> None:
    assert await noted(House()) == ["hero"]


@pytest.mark.parametrize("status", [302, 404, 500])
async def test_of_a_redirect_or_an_error_nothing_is_noted(status: int) -> None:
    assert await noted(House(), status=status) == []


async def test_a_slot_whose_template_failed_is_not_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    house = House()
    monkeypatch.setattr(house.renderer, "_render", lambda decision: 1 // 0)
    assert await noted(house) == []


async def test_of_strangers_nothing_is_noted() -> None:
    house = House()
    await ask(house.wrap(page(b"x", before=lambda visit: visit.render("hero"))))
    assert house.pipeline.put_on_pages == []
