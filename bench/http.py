"""Requests over HTTP: each app in a server process of its own, asked in turn by one light client.

`bare` is Starlette's hello; `noop` the same behind an empty middleware; `visitorless` the same behind ours,
with a login that finds nobody. The others are pages of three slots that visitors log in to, every decision
recorded, so three entries a request:

`recorded`  the headline: a returning reader on a page they have not read. Two slots ask nothing about the
            page; the rules of the third read its number, so the page is decided anew and its entries are in full.
`repeat`    a returning reader, unchanged inputs: three entries that repeat.
`new`       a returning reader, three slots that all ask about the page: three decisions on first sight.
`first`     a person this process has not seen: their profile and consents are read from the store too.
`stranger`  nobody logged in: three public outcomes, counted and not recorded.

Each ratio is the median over rounds; absolute figures are medians too.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

from bench.checking import Wrong, check_recorded
from bench.evaluator import expected, expected_on
from bench.server import MIXED, PAGE, THREE
from bench.site import build, seed
from bench.turns import Cost, Server, get, serving, side_by_side
from bench.workload import Person, people

REQUESTS = 3000
ROUNDS = 8
VISITORS = 400
RECORDING = ("repeat", "recorded", "new", "first")
LIGHT_REQUESTS, LIGHT_ROUNDS = 500, 100
LIGHT = {
    "hello": ("bare", "/"),
    "noop": ("noop", "/"),
    "visitorless": ("personalized", "/"),
    "stranger": ("personalized", "/slots"),
}
"""Kinds of page that record nothing, and the server and path of each."""
Costs = dict[str, list[Cost]]


def measure(folder: Path) -> dict[str, Any]:
    """Return the figures of requests. Raises Wrong where a page shows what it must not."""
    today = date.today()  # noqa: DTZ011  # the machine's own day; no rule turns near it
    persons = people(1, VISITORS + REQUESTS * (ROUNDS + 1), today)
    personalizer = build(folder)
    seed(personalizer.open(), persons)
    personalizer.close()
    with ExitStack() as stack:
        servers = {name: stack.enter_context(serving(name, folder)) for name in ("bare", "noop", "personalized")}
        _check_pages(servers["personalized"], persons[:VISITORS], today)
        costs = _light_rounds(servers) | _recording_rounds(servers, persons)
    check_recorded(folder, len(THREE) * (3 * VISITORS + len(RECORDING) * REQUESTS * (ROUNDS + 1)))
    return _figures(costs)


def _check_pages(server: Server, persons: Sequence[Person], today: date) -> None:
    """Check that each of these visitors sees the right three variants under a visit code, a stranger none."""
    for path, slots in (("/slots", THREE), ("/article", MIXED), ("/different", PAGE)):
        bodies = server.ask([get(f"{path}?{person.number}", person) for person in persons])
        for person, body in zip(persons, bodies, strict=True):
            *variants, code = body.decode().split()
            right = expected(person.usable, today) | expected_on(person.usable, person.number)
            if variants != [right[slot] for slot in slots] or len(code) != 9:
                raise Wrong(f"{path} for {person.number} says {body!r}, right is {right}")


def _light_rounds(servers: dict[str, Server]) -> Costs:
    """Ask for pages that record nothing: many short rounds, so that what is compared is milliseconds apart."""
    costs: Costs = {}
    for number in range(LIGHT_ROUNDS + 1):
        for what, (name, path) in LIGHT.items():
            cost = servers[name].timed([get(path)] * LIGHT_REQUESTS)
            if number:
                costs.setdefault(what, []).append(cost)
    return costs


def _recording_rounds(servers: dict[str, Server], persons: Sequence[Person]) -> Costs:
    costs: Costs = {}
    for number in range(ROUNDS + 1):
        known = [persons[turn % VISITORS] for turn in range(REQUESTS)]
        fresh = persons[VISITORS + number * REQUESTS :][:REQUESTS]
        pages = range(number * REQUESTS, (number + 1) * REQUESTS)
        plan = {
            "repeat": [get("/slots", person) for person in known],
            "recorded": [get(f"/article?{page}", person) for page, person in zip(pages, known, strict=True)],
            "new": [get(f"/different?{page}", person) for page, person in zip(pages, known, strict=True)],
            "first": [get("/slots", person) for person in fresh],
        }
        for what, requests in plan.items():
            bare, cost = side_by_side(servers["bare"], servers["personalized"], requests)
            if number:
                costs.setdefault(what, []).append(cost)
                costs.setdefault("bare", []).append(bare)
                costs.setdefault(f"bare_by_{what}", []).append(bare)
    return costs


def _figures(costs: Costs) -> dict[str, float]:
    cpu = {name: median(cost.cpu for cost in found) for name, found in costs.items() if "_" not in name}
    wall = {name: median(cost.wall for cost in found) for name, found in costs.items() if "_" not in name}
    return {
        "request_vs_bare_rps": _speed(costs, "recorded"),
        "request_added_cpu_vs_bare": _ratio(costs, "recorded", "bare_by_recorded") - 1,
        "visitorless_vs_noop_cpu": _ratio(costs, "visitorless", "noop"),
        "stranger_three_slots_vs_noop_cpu": _ratio(costs, "stranger", "noop"),
        "noop_vs_bare_cpu": _ratio(costs, "noop", "hello"),
        **{f"request_{what}_vs_bare_rps": _speed(costs, what) for what in ("repeat", "new", "first")},
        **{f"request_{name}_cpu_us": seconds * 1e6 for name, seconds in cpu.items()},
        **{f"request_{name}_rps": 1 / seconds for name, seconds in wall.items()},
    }


def _ratio(costs: Costs, one: str, other: str) -> float:
    """Return the median ratio of CPU over pairs of rounds that followed each other."""
    return median(this.cpu / that.cpu for this, that in zip(costs[one], costs[other], strict=True))


def _speed(costs: Costs, what: str) -> float:
    """Return the median ratio of requests per second to those of the bare app just before."""
    return median(bare.wall / cost.wall for cost, bare in zip(costs[what], costs[f"bare_by_{what}"], strict=True))
