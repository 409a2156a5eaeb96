"""Decisions on first sight and on repeat visits, beside GrowthBook's evaluation of the same for the same people.

A page's ten slots are decided together; GrowthBook is asked for them one by one, for it knows no other way.

First sight is a person new to this process. In the headline recognise, admit and view are made for a round's people,
then decide and record for the same ones, then GrowthBook: each in a row, as its own figures are measured. In those
that end in `by_25` turns are taken after so many people; in those that end in `one_by_one` the whole trip of each
person is made before the next, with GrowthBook in between. The shorter the turns, the colder are code and data.
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
from personalize.cookbook.codes import random_number
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
TURNS = {"": BATCH, "_by_25": 25, "_one_by_one": 1}
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
    persons = people(1, CHECKED + BATCH * (len(TURNS) * rounds + 1), today)
    seed(house, persons)
    agreed = check_variants(house, growthbook, persons[:CHECKED], today)
    shown: list[Shown] = []
    found: dict[str, list[Round]] = {name: [] for name in TURNS}
    for number in range(rounds):
        for place, (name, turn) in enumerate(TURNS.items()):
            batch = persons[CHECKED + (len(TURNS) * number + place) * BATCH :][:BATCH]
            found[name].append(_round(house, growthbook, batch, turn, shown))
    stops = _stops(house, persons[-BATCH:])
    house.indexer.drain()
    replayed = check_entries(personalizer, shown, SAMPLE)
    print(f"decisions: {agreed} variants agree, {replayed} entries replayed", file=sys.stderr)
    personalizer.close()
    return {
        **{
            f"{key}{name}": value
            for name, several in found.items()
            for key, value in _figures(several[WARM_UP:]).items()
        },
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
    places = [person.number % len(SLOTS) for person in some]  # the other decisions go with their page, as in a server
    started = thread_time_ns()
    prepared = [pipeline.prepare(login) for login in logins]
    seen = thread_time_ns()
    asked = zip(places, prepared, strict=True)
    made = [pipeline.decide_all(one, SLOTS, code=random_number())[place] for place, one in asked]
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
    shown += map(Shown, some, made)


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

    Its documentation asks for an instance per request: that one is reported beside it. Each ratio is the median
    over rounds, for a shared machine changes its speed from one to the next; times are those of the fastest round.
    """
    prepare, first, repeat, growthbook, instances = (min(column) for column in zip(*rounds, strict=True))
    return {
        "decision_first_vs_growthbook": median(each.first / each.growthbook for each in rounds),
        "decision_repeat_vs_growthbook": median(each.repeat / each.growthbook for each in rounds),
        "decision_first_vs_growthbook_instances": median(each.first / each.growthbook_instances for each in rounds),
        "decision_first_us": first,
        "decision_repeat_us": repeat,
        "growthbook_us": growthbook,
        "growthbook_instances_us": instances,
        "prepare_us": prepare,
        "first_with_prepare_us": first + prepare / len(SLOTS),
    }
