"""A worker that is told to stop, or stands still (X27): what it began is finished, and the others go on."""

import asyncio
import signal
from pathlib import Path

import pytest

from tests.faults.browsing import Browsing, reached
from tests.faults.site.files import opened, shown
from tests.faults.test_kill import missing
from tests.faults.workers import PATIENCE, Worker, workers

DRAINED = 5.0


async def told_to_stop(worker: Worker) -> tuple[Browsing, float]:
    browsing = Browsing(30, 1)
    async with browsing.saturating([worker.port], 8):
        await reached(browsing, 100, PATIENCE)
        worker.signal(signal.SIGTERM)
        seconds = await asyncio.to_thread(worker.ended)
    return browsing, seconds


@pytest.mark.server
def test_a_worker_that_is_told_to_stop_indexes_what_it_wrote_and_ends(settings: Path) -> None:
    with workers(settings, 1) as [worker]:
        browsing, seconds = asyncio.run(told_to_stop(worker))
        assert seconds < DRAINED
        assert browsing.strange == []
        assert not any((settings.parent / "store" / "journal").iterdir())
        with opened(settings) as house:
            assert missing(house, browsing.pages, house.cookbook.by_time(0, 1 << 62)) == []


@pytest.mark.server
@pytest.mark.soak
def test_a_worker_that_stands_still_holds_up_nobody_else(settings: Path) -> None:
    with workers(settings) as (still, other):
        before = still.page(1)
        still.signal(signal.SIGSTOP)
        pages = [before, *(other.page(number) for number in range(1, 31))]
        assert all(page.slots == shown(page.customer) for page in pages)
        with opened(settings) as house:
            assert missing(house, pages, house.cookbook.by_time(0, 1 << 62)) == []
        still.signal(signal.SIGCONT)
        assert still.page(2).slots == shown(2)
