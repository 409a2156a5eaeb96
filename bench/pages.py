"""What three recorded slots cost on a page as sites have them: 5 KB of Jinja, beside the same page without us.

A returning reader on a page they have not read, as in `bench.http`: a third of what is shown is decided anew,
three entries in full are recorded, and three templates of slots are rendered. Their defaults stand on the bare page.
"""

import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

from bench.checking import Wrong, check_recorded
from bench.evaluator import expected, expected_on
from bench.server import MIXED
from bench.site import build, seed
from bench.turns import Server, get, serving, side_by_side
from bench.workload import Person, people

VISITORS, REQUESTS, ROUNDS = 400, 2000, 8
LEAST, MOST = 4500, 5600
"""Bytes of a page of 5 KB."""
SLOT = re.compile(r'<section class="slot( [a-z]+)?">')


def measure(folder: Path) -> dict[str, Any]:
    """Return the figures of the page. Raises Wrong where it shows what it must not."""
    today = date.today()  # noqa: DTZ011  # the machine's own day; no rule turns near it
    persons = people(1, VISITORS, today)
    personalizer = build(folder)
    seed(personalizer.open(), persons)
    personalizer.close()
    with serving("bare_page", folder) as bare, serving("personalized_page", folder) as ours:
        _check_pages(bare, ours, persons, today)
        rounds = [side_by_side(bare, ours, _requests(number, persons)) for number in range(1, ROUNDS + 2)][1:]
    check_recorded(folder, len(MIXED) * (VISITORS + REQUESTS * (ROUNDS + 1)))
    return {
        "page_vs_bare_page_rps": median(bare.wall / ours.wall for bare, ours in rounds),
        "bare_page_cpu_us": median(bare.cpu for bare, _ in rounds) * 1e6,
        "page_cpu_us": median(ours.cpu for _, ours in rounds) * 1e6,
    }


def _requests(number: int, persons: Sequence[Person]) -> list[bytes]:
    pages = range(number * REQUESTS, (number + 1) * REQUESTS)
    return [get(f"/front?{page}", persons[page % VISITORS]) for page in pages]


def _check_pages(bare: Server, ours: Server, persons: Sequence[Person], today: date) -> None:
    """Check each visitor's three variants and their visit code, and that both pages are of the size they should be."""
    requests = [get(f"/front?{person.number}", person) for person in persons]
    for person, plain, body in zip(persons, bare.ask(requests), ours.ask(requests), strict=True):
        right = expected(person.usable, today) | expected_on(person.usable, person.number)
        shown = [variant.strip() or "default" for variant in SLOT.findall(body.decode())]
        if shown != [right[slot] for slot in MIXED] or SLOT.findall(plain.decode()) != [""] * len(MIXED):
            raise Wrong(f"the page of {person.number} shows {shown}, right is {right}")
        if (
            not re.search(rb"<i>[0-9A-Z]{4}-[0-9A-Z]{4}</i>", body)
            or not LEAST < min(len(plain), len(body)) <= max(len(plain), len(body)) < MOST
        ):
            raise Wrong(f"the page of {person.number} has {len(body)} bytes for {len(plain)}: {body[-200:]!r}")
