"""Decisions on first sight and on repeat visits, beside GrowthBook's evaluation of the same for the same people.

A page's ten slots are decided together; GrowthBook is asked for them one by one, for it knows no other way.

First sight is a person new to this process. In the headline recognise, admit and view are made for some people, then
decide and record for the same ones, then GrowthBook. The figures that end in `one_by_one` make the whole trip of each
person before the next, with GrowthBook in between: there all code and data is cold when its turn comes.
"""

import gc
import sys
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from statistics import median
from time import thread_time_ns
from typing import Any, NamedTuple

from growthbook import GrowthBook

from bench.checking import Shown, check_entries, check_variants
from bench.site import build, login_of, seed
from bench.workload import SLOTS, Person, growthbook_features, people
from personalize.consent.gate import admit
from personalize.cookbook.seal import cipher_of
from personalize.house import House
from personalize.model.people import Assurance
from personalize.profile.admitted import Dictionary
from personalize.profile.glance import Glance
from personalize.profile.identifiers import parse
from personalize.recognition.recognise import Credentials, Recogniser

CHECKED = 300
BATCH = 150
ROUNDS = 14
WARM_UP = 2
SAMPLE = 500
TURN = 25
"""How many people are seen at a turn: the first three stops are timed apart, so they are made apart."""


class Round(NamedTuple):
    """CPU of one round in µs: per person before deciding, then per decision."""

    prepare: float
    first: float
    repeat: float
    growthbook: float
    growthbook_instances: float


def measure(folder: Path) -> dict[str, Any]:
    """Return the figures of decisions. Raises Wrong where variants or entries are not what they must be."""
    today = date.today()  # noqa: DTZ011  # the machine's own day; no rule turns near it
    personalizer = build(folder)
    house = personalizer.open()
    growthbook = GrowthBook(features=growthbook_features(today))
    rounds = ROUNDS + WARM_UP
    persons = people(1, CHECKED + BATCH * (2 * rounds + 1), today)
    seed(house, persons)
    agreed = check_variants(house, growthbook, persons[:CHECKED], today)
    shown: list[Shown] = []
    found: dict[int, list[Round]] = {TURN: [], 1: []}
    for number in range(rounds):
        for place, (turn, several) in enumerate(found.items()):
            batch = persons[CHECKED + (2 * number + place) * BATCH :][:BATCH]
            several.append(_round(house, growthbook, batch, turn, shown))
    stops = _stops(house, persons[-BATCH:])
    house.indexer.drain()
    replayed = check_entries(personalizer, shown, SAMPLE)
    print(f"decisions: {agreed} variants agree, {replayed} entries replayed", file=sys.stderr)
    personalizer.close()
    return {
        **_figures(found[TURN][WARM_UP:]),
        **{f"{name}_one_by_one": value for name, value in _figures(found[1][WARM_UP:]).items()},
        **stops,
        "variants_checked": agreed,
        "entries_replayed": replayed,
    }


def _round(house: House, growthbook: GrowthBook, batch: Sequence[Person], turn: int, shown: list[Shown]) -> Round:
    """See people new to this process, so many at a turn with GrowthBook, and then the same people once more."""
    gc.collect()
    spent = [0] * 5
    for repeat in (False, True):
        for start in range(0, len(batch), turn):
            _visits(house, growthbook, batch[start : start + turn], repeat, spent, shown)
    decided = len(batch) * len(SLOTS) * 1000
    prepare, first, again, theirs, instances = spent
    # GrowthBook has no memory of a person: both of its passes are alike, so they are averaged
    return Round(
        prepare / len(batch) / 1000,
        first / decided,
        again / decided,
        theirs / decided / 2,
        instances / decided / 2,
    )


def _visits(
    house: House, growthbook: GrowthBook, some: Sequence[Person], repeat: bool, spent: list[int], shown: list[Shown]
) -> None:
    """Make these people's trips, each stage for all of them, decide the same with GrowthBook; add up the CPU (ns)."""
    pipeline, logins = house.pipeline, [Credentials(login=login_of(person)) for person in some]
    started = thread_time_ns()
    prepared = [pipeline.prepare(login) for login in logins]
    seen = thread_time_ns()
    made = [pipeline.decide_all(one, SLOTS, code=person.number) for one, person in zip(prepared, some, strict=True)]
    decided = thread_time_ns()
    for person in some:
        growthbook.set_attributes(person.usable)
        for slot in SLOTS:
            growthbook.get_feature_value(slot, "default")
    evaluated = thread_time_ns()
    for person in some:
        own = GrowthBook(attributes=person.usable, features=growthbook.get_features())
        for slot in SLOTS:
            own.get_feature_value(slot, "default")
    instanced = thread_time_ns()
    if not repeat:
        spent[0] += seen - started
    spent[2 if repeat else 1] += decided - seen
    spent[3] += evaluated - decided
    spent[4] += instanced - evaluated
    shown += [Shown(person, decision) for person, page in zip(some, made, strict=True) for decision in page]


def _timed(work: Callable[[], Any]) -> tuple[int, Any]:
    """Return the CPU of this thread in ns, and what was made."""
    gc.collect()
    started = thread_time_ns()
    made = work()
    return thread_time_ns() - started, made


def _stops(house: House, batch: Sequence[Person]) -> dict[str, float]:
    """Return the CPU (µs) of the first three stops, each timed apart, for people new to the process.

    Recognising somebody reads all that the next two stops need.
    """
    now = house.clock.now()
    store = house.store
    recogniser = Recogniser(
        ring=house.ring,
        site=house.settings.site.url,
        profiles=store.profiles,
        handles=store.handles,
        parse=partial(parse, country="NL"),
    )
    dictionary = Dictionary(house.pipeline.serving.recipe.recipe.attributes)
    purposes = house.settings.purposes
    logins = [Credentials(login=login_of(person)) for person in batch]
    glances = [Glance(store.profiles) for _ in batch]
    recognise, visitors = _timed(
        lambda: [recogniser.recognise(each, now, at.subject_of) for each, at in zip(logins, glances, strict=True)]
    )
    seen = [glance.sight(visitor.subject or 0) for glance, visitor in zip(glances, visitors, strict=True)]
    known = [sight for sight in seen if sight is not None]
    folded, grants = _timed(
        lambda: [admit(one.subject, Assurance.login, one.epoch, one.events, purposes, now) for one in known]
    )
    view, _ = _timed(
        lambda: [
            (dictionary.admit_delivered(one.delivered, granted, now), cipher_of(one.key))
            for one, granted in zip(known, grants, strict=True)
        ]
    )
    each = len(batch) * 1000
    return {"recognise_us": recognise / each, "admit_us": folded / each, "view_us": view / each}


def _figures(rounds: Sequence[Round]) -> dict[str, float]:
    """Return the figures; the reference is GrowthBook at its fastest, one instance for everybody.

    Its documentation asks for an instance per request: that one is reported beside it.
    """
    prepare, first, repeat, growthbook, instances = (min(column) for column in zip(*rounds, strict=True))
    return {
        "decision_first_vs_growthbook": first / growthbook,
        "decision_repeat_vs_growthbook": repeat / growthbook,
        "decision_first_vs_growthbook_median": median(each.first / each.growthbook for each in rounds),
        "decision_repeat_vs_growthbook_median": median(each.repeat / each.growthbook for each in rounds),
        "decision_first_vs_growthbook_instances": first / instances,
        "decision_first_us": first,
        "decision_repeat_us": repeat,
        "growthbook_us": growthbook,
        "growthbook_instances_us": instances,
        "prepare_us": prepare,
        "first_with_prepare_us": first + prepare / len(SLOTS),
    }
