"""Nothing lost (law 3): two workers, saturated, die at random moments, and every code that a client saw is found."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from personalize.explain.found import FARTHEST
from personalize.model.cookbook import CookbookEntry
from tests.faults.browsing import Browsing, reached
from tests.faults.site.app import SLOTS, Page
from tests.faults.site.files import build, opened, shown
from tests.faults.workers import PATIENCE, Restart, Worker, workers

CUSTOMERS = 300
CONNECTIONS = 16
CODES = 200
AGAIN = 2.0
"""Seconds within which a worker that starts again answers."""
BESIDE_OTHERS = 6.0
"""The same while another worker of the test run has the other core."""


class Kill(Struct, frozen=True):
    """One kill: whether a worker died alone, what the clients saw, and how the dead came back."""

    alone: bool
    pages: list[Page]
    restarts: list[Restart]


@pytest.mark.server
def test_three_kills_lose_nothing_that_a_client_saw(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    survive(tmp_path / "site", 3, capsys, again=BESIDE_OTHERS)


@pytest.mark.soak
def test_two_hundred_kills_lose_nothing_that_a_client_saw(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    survive(tmp_path / "site", 200, capsys, again=AGAIN)


def survive(folder: Path, count: int, capsys: pytest.CaptureFixture[str], *, again: float) -> None:
    """Kill so often, every other time one worker alone; look for everything after each kill and at the end."""
    settings = build(folder, CUSTOMERS)
    kills: list[Kill] = []
    with workers(settings) as group:
        for seed in range(count):
            began = time.time_ns() // 1000
            kills.append(asyncio.run(killed(group, seed)))
            with opened(settings) as house:
                assert missing(house, kills[-1].pages, house.cookbook.by_time(began, 1 << 62)) == []
    report = closing(settings, [page for kill in kills for page in kill.pages])
    with capsys.disabled():
        print(f"\n{summary(kills)}; {report}")
    assert max(restart.own for kill in kills for restart in kill.restarts) < again


async def killed(group: Sequence[Worker], seed: int) -> Kill:
    """Saturate the workers, kill at a random moment, and start the dead again."""
    chance, alone = random.Random(seed), seed % 2 == 1
    browsing = Browsing(CUSTOMERS, seed)
    victims = [chance.choice(group)] if alone else group
    async with browsing.saturating([worker.port for worker in group], CONNECTIONS):
        await reached(browsing, CODES, PATIENCE)
        await asyncio.sleep(chance.uniform(0, 0.7))
        for victim in victims:
            victim.kill()
        if alone:
            await reached(browsing, len(browsing.pages) + 50, PATIENCE)
    for victim in victims:
        victim.bury()
        victim.start()
    assert browsing.strange == []
    return Kill(alone, browsing.pages, [victim.first_answer() for victim in victims])


def missing(house: Any, pages: Iterable[Page], entries: Iterable[CookbookEntry]) -> list[object]:
    """Return what is lost, doubled or other than the client saw."""
    kept: dict[str, list[CookbookEntry]] = {}
    for entry in entries:
        kept.setdefault(entry.code, []).append(entry)
    subjects = {n: house.subject_of(f"customer_number:{n}") for n in {page.customer for page in pages}}
    return [wrong for page in pages for wrong in compared(page, subjects[page.customer], kept.get(page.code, []))]


def compared(page: Page, subject: int, entries: Sequence[CookbookEntry]) -> list[object]:
    """Return how the entries under a page's code differ from it: each slot has one, as the client saw it."""
    found = {entry.slot: entry.variant or "default" for entry in entries}
    expected = {**shown(page.customer), **page.slots}
    wrong: list[object] = []
    if Counter(entry.slot for entry in entries) != Counter(SLOTS):
        wrong.append(("lost or doubled", page, entries))
    if found != expected or {entry.subject for entry in entries} != {subject}:
        wrong.append(("not as seen", page, entries))
    return wrong


def closing(settings: Path, pages: Sequence[Page]) -> str:
    """Index what is left, look every code up again, decide every entry again, and say what was there."""
    with opened(settings) as house:
        house.indexer.drain()
        looked_up = (entry for page in pages for entry in house.cookbook.by_code(page.code))
        assert missing(house, pages, looked_up) == []
        entries = list(house.cookbook.by_time(0, 1 << 62))
        assert len({entry.entry_id for entry in entries}) == len(entries)
        assert house.cookbook.quarantine == set()
        assert list((house.store.folder / "journal").iterdir()) == []
        replayed = house.replay().report(entries)
        assert (replayed.differences, replayed.not_replayable) == ((), ())
        verified = house.verify(0, FARTHEST)
        assert (verified.entries, verified.found) == (len(entries), ())
    return f"{len(entries)} entries, replayed with 0 differences, verified in {verified.batches} batches"


def summary(kills: Sequence[Kill]) -> str:
    """Return the numbers in one line."""
    pages = [page for kill in kills for page in kill.pages]
    restarts = [restart for kill in kills for restart in kill.restarts]
    return (
        f"{len(kills)} kills ({sum(kill.alone for kill in kills)} of one worker), {len(pages)} codes seen"
        f" (least in a run {min(len(kill.pages) for kill in kills)},"
        f" {sum(not page.complete for page in pages)} in cut answers), 0 lost, 0 duplicated;"
        f" first answer after {max(restart.own for restart in restarts):.2f} s at most"
        f" (on the clock {min(r.wall for r in restarts):.2f} to {max(r.wall for r in restarts):.2f} s)"
    )
