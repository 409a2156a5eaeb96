"""Proof beside the figures: right variants before anything is timed, whole and replayable entries afterwards."""

import random
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

from growthbook import GrowthBook

from bench.evaluator import expected
from bench.site import load, login_of
from bench.workload import SLOTS, Person
from personalize.explain.replay import Replay
from personalize.house import House
from personalize.model.cookbook import CookbookEntry
from personalize.model.decisions import Decision
from personalize.personalizer import Personalizer
from personalize.recognition.recognise import Credentials

LEAST_INGREDIENTS = 3


class Wrong(Exception):
    """What was measured is not what was asked for, so its figures mean nothing."""


class Shown(NamedTuple):
    """A decision that was handed out, and to whom."""

    person: Person
    decision: Decision


def check_variants(house: House, growthbook: GrowthBook, persons: Sequence[Person], today: date) -> int:
    """Decide every slot for these people in all three ways; return how many decisions agree. Raises Wrong."""
    for person in persons:
        right = expected(person.usable, today)
        prepared = house.pipeline.prepare(Credentials(login=login_of(person)))
        growthbook.set_attributes(person.usable)
        for slot in SLOTS:
            ours = house.pipeline.decide(prepared, slot).variant or "default"
            theirs = growthbook.get_feature_value(slot, "default")
            if not ours == theirs == right[slot]:
                raise Wrong(f"{slot} of {person.number}: {right[slot]} is right, ours {ours}, GrowthBook {theirs}")
    return len(persons) * len(SLOTS)


def check_recorded(folder: Path, wanted: int) -> None:
    """Open a site that was served, index what waits, and count its entries. Raises Wrong."""
    personalizer = load(folder)
    house = personalizer.open()
    house.indexer.drain()
    check_count(house, wanted)
    personalizer.close()


def check_count(house: House, wanted: int) -> None:
    """Count the entries in the index, of which a row holds those of a page. Raises Wrong."""
    rows = house.store.cookbook.all("SELECT hex(substr(rest, 7, 1)), count(*) FROM entries GROUP BY 1")
    kept = sum(int(lines, 16) * pages for lines, pages in rows)
    if kept != wanted:
        raise Wrong(f"{wanted} decisions were handed out, but the cookbook holds {kept}")


def check_entries(personalizer: Personalizer, shown: Sequence[Shown], most: int) -> int:
    """Read a sample of what was handed out back from the cookbook and decide it again. Raises Wrong."""
    house = personalizer.house
    sample = random.Random(1).sample(shown, min(most, len(shown)))
    entries = [_entry(house, item) for item in sample]
    report = Replay(house.recipe, personalizer.installed.callees).report(entries)
    if report.entries != len(sample) or report.differences or report.not_replayable:
        raise Wrong(f"replay: {report.differences[:3]} {report.not_replayable[:3]}")
    return report.entries


def _entry(house: House, item: Shown) -> CookbookEntry:
    decision, person = item.decision, item.person
    entry = house.cookbook.by_id(decision.entry_id) if decision.entry_id else None
    if entry is None:
        raise Wrong(f"{decision.slot} of {person.number}: {decision} is not in the cookbook")
    if (entry.slot, entry.variant, entry.outcomes) != (decision.slot, decision.variant, decision.outcomes):
        raise Wrong(f"{entry} is not {decision}")
    if entry.subject != house.subject_of(login_of(person)):
        raise Wrong(f"{entry} is of another person than {person.number}")
    _check_reads(entry, person)
    return entry


def _check_reads(entry: CookbookEntry, person: Person) -> None:
    if len(entry.ingredients) + len(entry.absences) < LEAST_INGREDIENTS:
        raise Wrong(f"{entry} has too few ingredients")
    for ingredient in entry.ingredients:
        if person.usable.get(ingredient.attribute) != ingredient.value.plain:
            raise Wrong(f"{ingredient} is not what {person.number} has")
    for withheld in entry.absences:
        if withheld.attribute in person.usable:
            raise Wrong(f"{person.number} has {withheld.attribute}, but the entry says {withheld.cause.name}")
