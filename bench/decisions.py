"""Decisions on first sight and on repeat visits, beside GrowthBook's evaluation of the same for the same people."""

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
from personalize.profile.identifiers import parse
from personalize.recognition.recognise import Credentials, Recogniser

CHECKED = 300
BATCH = 150
ROUNDS = 14
WARM_UP = 2
SAMPLE = 500


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
    persons = people(1, CHECKED + BATCH * (ROUNDS + WARM_UP + 1), today)
    seed(house, persons)
    agreed = check_variants(house, growthbook, persons[:CHECKED], today)
    shown: list[Shown] = []
    rounds = []
    for number in range(ROUNDS + WARM_UP):
        batch = persons[CHECKED + number * BATCH :][:BATCH]
        rounds.append(_round(house, growthbook, batch, shown))
    stops = _stops(house, persons[-BATCH:])
    house.indexer.drain()
    replayed = check_entries(personalizer, shown, SAMPLE)
    print(f"decisions: {agreed} variants agree, {replayed} entries replayed", file=sys.stderr)
    personalizer.close()
    return {**_figures(rounds[WARM_UP:]), **stops, "variants_checked": agreed, "entries_replayed": replayed}


def _round(house: House, growthbook: GrowthBook, batch: Sequence[Person], shown: list[Shown]) -> Round:
    """See people new to this process one by one, in turn with GrowthBook, and then the same people once more."""
    gc.collect()
    spent = [0] * 5
    for repeat in (False, True):
        for person in batch:
            _visit(house, growthbook, person, repeat, spent, shown)
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


def _visit(
    house: House, growthbook: GrowthBook, person: Person, repeat: bool, spent: list[int], shown: list[Shown]
) -> None:
    """Make one person's trip as a request does, decide the same with GrowthBook, and add up the CPU (ns)."""
    pipeline, login, values = house.pipeline, Credentials(login=login_of(person)), person.usable
    decide, code = pipeline.decide, person.number
    started = thread_time_ns()
    prepared = pipeline.prepare(login)
    seen = thread_time_ns()
    made = [decide(prepared, slot, code=code) for slot in SLOTS]
    decided = thread_time_ns()
    growthbook.set_attributes(values)
    for slot in SLOTS:
        growthbook.get_feature_value(slot, "default")
    evaluated = thread_time_ns()
    own = GrowthBook(attributes=values, features=growthbook.get_features())
    for slot in SLOTS:
        own.get_feature_value(slot, "default")
    instanced = thread_time_ns()
    if not repeat:
        spent[0] += seen - started
    spent[2 if repeat else 1] += decided - seen
    spent[3] += evaluated - decided
    spent[4] += instanced - evaluated
    shown += [Shown(person, decision) for decision in made]


def _timed(work: Callable[[], Any]) -> tuple[int, Any]:
    """Return the CPU of this thread in ns, and what was made."""
    gc.collect()
    started = thread_time_ns()
    made = work()
    return thread_time_ns() - started, made


def _stops(house: House, batch: Sequence[Person]) -> dict[str, float]:
    """Return the CPU (µs) of the first three stops, each timed apart, for people new to the process."""
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
    recognise, visitors = _timed(lambda: [recogniser.recognise(login, now) for login in logins])
    load, known = _timed(lambda: [store.profiles.load(visitor.subject) for visitor in visitors])
    asked, events = _timed(lambda: [store.consents.events_of(person.subject) for person in known])
    folded, grants = _timed(
        lambda: [
            admit(person.subject, Assurance.login, person.epoch, told, purposes, now)
            for person, told in zip(known, events, strict=True)
        ]
    )
    view, _ = _timed(
        lambda: [
            (dictionary.admit(person.values, granted, now), cipher_of(person.key))
            for person, granted in zip(known, grants, strict=True)
        ]
    )
    each = len(batch) * 1000
    return {
        "recognise_us": recognise / each,
        "load_us": load / each,
        "admit_us": (asked + folded) / each,
        "view_us": view / each,
    }


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
