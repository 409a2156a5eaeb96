"""Entries while serving: decide and record without a pause, an indexer behind it, and what the disk holds after."""

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from statistics import linear_regression
from typing import Any, NamedTuple

from bench.checking import Shown, Wrong, check_count, check_entries
from bench.site import build, bytes_in, login_of, seed
from bench.workload import ABOUT_THE_PAGE, Person, people
from personalize.admission import Prepared
from personalize.cookbook.indexer import PAUSE
from personalize.cookbook.journal import path_of, segments_in
from personalize.house import House
from personalize.model.decisions import Decision
from personalize.recognition.recognise import Credentials

PAGE = tuple(ABOUT_THE_PAGE)
PEOPLE = 4000
LEAST_ENTRIES = 100_000
SAMPLE_EVERY = 0.25
SAMPLED = 500
TOGETHER = 3
"""Slots on a page, as a newspaper's has them."""


class Point(NamedTuple):
    """A moment of a run: seconds since its start, entries handed out, and bytes not indexed yet."""

    seconds: float
    entries: int
    waiting: int


def measure(folder: Path, seconds: float) -> dict[str, Any]:
    """Return the figures of entries. Raises Wrong where one is lost, or not what was decided."""
    today = date.today()  # noqa: DTZ011  # the machine's own day; no rule turns near it
    persons = people(1, PEOPLE, today)
    inside = _run(folder / "thread", persons, seconds, apart=False)
    outside = _run(folder / "process", persons, seconds, apart=True)
    alone = _run(folder / "alone", persons, 0.0, apart=False, slots=1)
    return {
        **inside,
        **{f"{name}_index_process": value for name, value in outside.items()},
        "bytes_per_entry_alone": alone["bytes_per_entry"],
    }


def _run(
    folder: Path, persons: Sequence[Person], seconds: float, *, apart: bool, slots: int = TOGETHER
) -> dict[str, float]:
    """Saturate a new site, with so many slots decided together."""
    personalizer = build(folder)
    house = personalizer.open(index=not apart)
    seed(house, persons)
    shown: list[Shown] = []
    if apart:
        with _indexing(folder):
            points = _saturate(house, persons, seconds, shown, slots)
    else:
        points = _saturate(house, persons, seconds, shown, slots)
    house.indexer.stop()
    house.indexer.drain(30)
    check_count(house, points[-1].entries)
    check_entries(personalizer, shown, SAMPLED)
    personalizer.close()
    return _figures(points, bytes_in(folder / "store"), points[-1].entries)


def _saturate(house: House, persons: Sequence[Person], seconds: float, shown: list[Shown], slots: int) -> list[Point]:
    """Decide for these people over and over, each time on another page, so that no entry repeats another."""
    prepared = [house.pipeline.prepare(Credentials(login=login_of(person))) for person in persons]
    started = time.perf_counter()
    points = [Point(0.0, 0, 0)]
    entries = page = 0
    while points[-1].seconds < seconds or entries < LEAST_ENTRIES:
        page += 1
        for place, each in enumerate(prepared):
            made = _visit(house, each, page, slots)
            entries += len(made)
            shown += [Shown(persons[place], decision) for decision in made[:: len(made)]] if not place % 7 else []
            if time.perf_counter() - started - points[-1].seconds >= SAMPLE_EVERY:
                waiting = _waiting(house)
                points.append(Point(time.perf_counter() - started, entries, waiting))
    points.append(Point(time.perf_counter() - started, entries, _waiting(house)))
    return points


def _visit(house: House, prepared: Prepared, page: int, slots: int) -> list[Decision]:
    """Decide every slot, so many at once as stand on a page."""
    decide, facts = house.pipeline.decide_all, {"page": page}
    pages = [PAGE[start : start + slots] for start in range(0, len(PAGE), slots)]
    return [made for names in pages for made in decide(prepared, names, (facts,) * len(names), code=page)]


def _waiting(house: House) -> int:
    """Return the bytes of the journal that are not indexed yet."""
    folder = house.store.folder / "journal"
    references = segments_in(folder)
    known = house.store.entries.positions(references)
    waiting = 0
    for reference in references:
        path = path_of(folder, reference)
        size = path.stat().st_size if path.exists() else 0
        indexed = known[reference].offset if reference in known else 0
        waiting += max(0, size - indexed)
    return waiting


@contextmanager
def _indexing(folder: Path) -> Iterator[None]:
    """Run `personalize index` beside us, and wait until it has taken the turn."""
    program = Path(sys.executable).with_name("personalize")
    process = subprocess.Popen([program, "index"], cwd=folder, stdout=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 20
        while not (folder / "store" / "index.wanted").exists():
            if process.poll() is not None or time.monotonic() > until:
                raise Wrong("`personalize index` does not start")
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(30)


def _figures(points: Sequence[Point], size: int, entries: int) -> dict[str, float]:
    """Return the figures of one run; backlogs are in seconds of writing at the run's own pace.

    The indexer works in rounds, so the backlog is a saw and its slope is never quite nought: it counts
    as flat where it grows by less than half a round over the whole run.
    """
    last = points[-1]
    pace = last.entries / last.seconds
    per_byte = entries / size
    settled = [point for point in points if point.seconds > last.seconds / 4]
    slope = linear_regression([p.seconds for p in settled], [p.waiting for p in settled]).slope
    return {
        "entries_per_second": pace,
        "entries": float(entries),
        "backlog_seconds": last.waiting * per_byte / pace,
        "backlog_most_seconds": max(point.waiting for point in points) * per_byte / pace,
        "backlog_slope": slope * per_byte / pace,
        "backlog_flat": slope * per_byte / pace * last.seconds < PAUSE / 2,
        "bytes_per_entry": size / entries,
    }
