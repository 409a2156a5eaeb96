"""Tampering and rot (T38, X10, X11): whatever touches an entry is found, and the entry is named."""

import random
from pathlib import Path
from typing import Any

import pytest

from personalize.cookbook.journal import segments_in
from personalize.explain.verify import Verified
from tests.faults.damage import (
    IN_THE_INDEX,
    Sound,
    frames_in,
    in_the_journal,
    journal_of,
    lay_down,
    looked_through,
    put_back,
    told,
)

EACH = [pytest.param(30, id="sample"), pytest.param(1_000, marks=pytest.mark.soak, id="all")]


def test_a_sound_store_is_found_sound(tmp_path: Path) -> None:
    lay_down(tmp_path / "store")
    verified = looked_through(tmp_path / "store")
    assert (verified.found, verified.remarks, verified.entries) == ((), (), 360)


@pytest.mark.parametrize("damage", IN_THE_INDEX, ids=lambda damage: damage.__name__)
@pytest.mark.parametrize("times", EACH)
def test_damage_of_the_index_that_touches_an_entry_is_found_and_located(damage, times: int, tmp_path: Path) -> None:
    store = tmp_path / "store"
    sound, touched = lay_down(store), 0
    for seed in range(times):
        put_back(sound, store)
        damage(store, random.Random(seed))
        now = told(store)
        verified = looked_through(store)
        if now == sound.told:
            continue
        touched += 1
        assert verified.total, (damage.__name__, seed)
        assert located(verified, sound, now), (damage.__name__, seed, verified.found[:3])
    assert touched


def located(verified: Verified, sound: Sound, now: object) -> bool:
    """Say whether an entry that differs is named, or its batch; or the file where it cannot be read at all."""
    if isinstance(now, str):
        return any(found.where for found in verified.found)
    changed = set(sound.rows) ^ set(now[0])
    named = {found.entry for found in verified.found} | {found.where for found in verified.found}
    return bool(named & {name for row in changed for name in names(row, sound)}) if changed else bool(verified.found)


def names(row: tuple[Any, ...], sound: Sound) -> set[str]:
    """Return what a page may be called by: its first entry's id, and its batch."""
    number, reference, *_ = row
    batches = {f"batch {batch}" for batch, first, last in sound.batches if first <= number <= last}
    return batches | {(reference or bytes(8)).hex() + (number & 0xFFFFFFFF).to_bytes(4, "big").hex()}


@pytest.mark.parametrize(
    "times", [pytest.param(80, id="sample"), pytest.param(2_000, marks=pytest.mark.soak, id="all")]
)
def test_damage_of_the_journal_is_found_and_located(times: int, tmp_path: Path) -> None:
    store = tmp_path / "store"
    sound = lay_down(store)
    name, data = journal_of(sound)
    (reference,) = segments_in(store / "journal")
    counters = [int.from_bytes(frame[4:8], "big") for frame in frames_in(data)]
    for seed in range(times):
        damaged, place = in_the_journal(data, random.Random(seed))
        (store / name).write_bytes(damaged)
        verified = looked_through(store)
        all_told = [*verified.found, *verified.remarks]
        expected = reference + counters[place].to_bytes(4, "big")
        before = reference + counters[place - 1].to_bytes(4, "big")
        assert {expected.hex(), before.hex()} & {found.entry for found in all_told}, (seed, place, all_told)
