"""Whole days go when their time has passed, with everything that only they needed, and nothing else."""

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from personalize.errors import StoreError
from personalize.house import House
from personalize.model.attributes import Stored
from personalize.model.staff import Look
from personalize.rights.caretaker import Caretaker
from personalize.rights.retention import CHANGES_KEPT, Deleted
from personalize.storage.sqlite.changes import MOST, SqliteChanges
from personalize.storage.sqlite.erasing import NOBODYS
from tests.unit.rights.planting import CUSTOMERS, DAY, NOW, Hands, agree, subject_of

Reopen = Callable[[], House]
MIDNIGHT = 1_790_028_000_000_000
"""The first one at the site after NOW: 22 September 2026, 00:00 in Amsterdam."""
ALL = 2 * CUSTOMERS
MINUTE = 60_000_000
KINDS = ["counts", "corrections", "searches", "links", "rejects", "devices"]


@pytest.fixture
def periods(settings: Path) -> Callable[[str], None]:
    def write(table: str) -> None:
        with settings.open("a") as file:
            file.write(f"\n[retention]\n{table}\n")

    return write


def entries(house: House) -> list[Any]:
    found = list(house.cookbook.by_time(0, 1 << 62))
    assert house.cookbook.quarantine == set()
    return found


def expire(house: House) -> dict[str, int]:
    house.indexer.drain()
    return {each.what: each.count for each in house.rights.expire()}


def test_entries_go_when_their_day_is_400_days_old_and_not_before(house: House, clock: Hands) -> None:
    clock.at = MIDNIGHT + 400 * DAY - 1
    assert expire(house)["entries"] == 0
    assert len(entries(house)) == ALL
    clock.at += 2 * 60 * MINUTE  # the clock was put back meanwhile, in winter
    assert expire(house)["entries"] == ALL
    assert entries(house) == []
    assert house.rights.kept_since() == MIDNIGHT
    assert house.verify(0, 1 << 62).found == ()


def test_younger_entries_stay_and_replay(house: House, clock: Hands, visit: Any) -> None:
    clock.at = NOW + 30 * DAY
    house.pipeline.forget(subject_of(house, 3))
    visit(house, 3)
    clock.at = NOW + 410 * DAY
    assert expire(house)["entries"] == ALL
    (left,) = entries(house)
    assert left.at == NOW + 30 * DAY
    assert house.replay().report([left]).not_replayable == ()
    assert house.store.cookbook.one("SELECT count(*) FROM segments WHERE last_at < ?", (MIDNIGHT,)) == (0,)
    assert house.verify(0, 1 << 62).found == ()


def test_a_batch_that_was_tampered_with_is_not_made_true_by_deleting_from_it(
    house: House, periods: Any, clock: Hands, visit: Any
) -> None:
    house.indexer.drain()
    with house.store.cookbook.write() as cookbook:
        cookbook.execute("UPDATE entries SET code = code + 1 WHERE id = (SELECT max(id) FROM entries)")
    clock.at = MIDNIGHT + 400 * DAY
    expire(house)
    assert house.verify(0, 1 << 62).found != ()


def test_an_entry_that_one_of_the_next_day_repeats_stays_until_that_goes(
    house: House, clock: Hands, visit: Any
) -> None:
    house.pipeline.forget(subject_of(house, 3))
    clock.at = MIDNIGHT - MINUTE
    first = visit(house, 3, code=7)
    clock.at = MIDNIGHT + MINUTE
    again = visit(house, 3, code=8)
    repeat = house.cookbook.by_id(again.entry_id)
    assert repeat is not None
    assert repeat.same_as == first.entry_id
    clock.at = MIDNIGHT + 400 * DAY + 120 * MINUTE
    assert expire(house)["entries"] == ALL
    kept = {entry.entry_id for entry in entries(house)}
    assert kept == {first.entry_id, again.entry_id}
    clock.at += DAY
    expire(house)
    assert entries(house) == []


def test_a_purpose_may_have_a_shorter_time(
    settings: Path, periods: Any, open_house: Reopen, house: House, clock: Hands, visit: Any
) -> None:
    periods('entries = "400d"\npurposes = { reading = "30d" }')
    house = open_house()
    agree(house, 5, subject_of(house, 5))
    visit(house, 5, "hero", code=7)
    visit(house, 5, "story", code=8)
    before = entries(house)
    uses = [e for e in before if any(item.purpose == "reading" for item in e.ingredients)]
    moments = {(entry.code, entry.subject) for entry in uses}
    clock.at = NOW + 32 * DAY
    assert expire(house)["entries for reading"] == len(uses) > 0 or moments
    left = entries(house)
    assert not [e for e in left if any(item.purpose == "reading" for item in e.ingredients)]
    assert [e.code for e in left if (e.code, e.subject) not in moments] == [
        e.code for e in before if (e.code, e.subject) not in moments
    ]
    assert left
    assert expire(house)["entries for reading"] == 0
    assert house.verify(0, 1 << 62).found == ()


def test_counts_of_strangers_go_sooner(house: House, clock: Hands) -> None:
    house.recorder.count(NOW, bytes(32), [(0, 0)])
    house.recorder.close()
    clock.at = NOW + 80 * DAY
    assert expire(house)["counts"] == 0
    clock.at = NOW + 92 * DAY
    told = expire(house)
    assert (told["counts"], told["entries"]) == (1, 0)
    assert house.store.entries.counts(0, 1 << 40) == []


def test_values_go_some_time_after_their_shelf_life_where_the_site_wants_it(
    settings: Path, periods: Any, open_house: Reopen, house: House, clock: Hands
) -> None:
    text = settings.read_text()
    settings.write_text(text.replace('purpose = "reading"\n', 'purpose = "reading"\nshelf_life = "10d"\n'))
    periods('values = "5d"')
    house = open_house()
    subject = subject_of(house, 3)
    clock.at = NOW + 14 * DAY
    assert expire(house)["values"] == 0
    house.store.profiles.remember(subject, "crm", {"topic": Stored("art", clock.at, 0)})
    clock.at = NOW + 16 * DAY
    assert expire(house)["values"] > 0
    person = house.store.profiles.load(subject)
    assert person is not None
    assert person.values["topic"].plain == "art"
    assert "first_name" in person.values
    other = house.store.profiles.load(subject_of(house, 4))
    assert other is not None
    assert "topic" not in other.values


def test_values_stay_where_nothing_is_said(house: House, clock: Hands) -> None:
    clock.at = NOW + 399 * DAY
    assert "values" not in expire(house)


def test_a_recipe_lives_as_long_as_an_entry_refers_to_it(
    settings: Path, open_house: Reopen, house: House, clock: Hands, visit: Any
) -> None:
    old = house.pipeline.serving.recipe.digest
    content = settings.parent / "content" / "variants.toml"
    content.write_text(content.read_text().replace("Come back", "Come back soon"))
    clock.at = NOW + 200 * DAY
    house = open_house()
    new = house.pipeline.serving.recipe.digest
    assert visit(house, 3).recipe == new
    clock.at = NOW + 399 * DAY
    assert expire(house)["recipes"] == 0
    clock.at = NOW + 402 * DAY
    assert expire(house)["recipes"] == 1
    assert house.store.content.recipe(old) is None
    clock.at = NOW + 800 * DAY
    assert expire(house)["recipes"] == 0  # none refers to it, but it is in force
    assert house.store.content.recipe(new) is not None


def test_it_is_done_once_a_day_by_itself(house: House, clock: Hands, caplog: pytest.LogCaptureFixture) -> None:
    caretaker = Caretaker(house.rights._erasure, house.rights.retention, clock)
    assert house.rights.retention.is_due(clock.at)
    caretaker.round()
    assert not house.rights.retention.is_due(clock.at + MINUTE)
    assert house.rights.retention.is_due(MIDNIGHT + 1)
    house.indexer.drain()
    for day in range(1, 420, 20):
        clock.at = NOW + day * DAY
        with caplog.at_level(logging.INFO, "personalize"):
            caretaker.round()
    assert entries(house) == []
    assert "Kept long enough and deleted: 20 entries." in caplog.text


def test_a_clock_that_jumps_deletes_nothing_by_itself(house: House, clock: Hands) -> None:
    caretaker = Caretaker(house.rights._erasure, house.rights.retention, clock)
    caretaker.round()
    clock.at = NOW + 1_000 * DAY
    with pytest.raises(StoreError, match="erase --expired"):
        caretaker.round()
    assert len(entries(house)) == ALL


def test_a_device_is_forgotten_a_year_after_its_last_visit_and_erased_the_day_after(house: House, clock: Hands) -> None:
    device, _ = house.browsers.begin_device(clock.at)
    clock.at = NOW + 365 * DAY
    assert expire(house)["devices"] == 0
    clock.at = NOW + 367 * DAY
    assert expire(house)["devices"] == 1
    assert house.rights._erasure.erase_nobodys(clock.at) == 1
    assert house.rights.erased_at(device) == clock.at


def test_where_many_are_nobodys_files_are_cleaned_up_before_the_rest_is_erased(
    house: House, clock: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("erasure", "caretaker"):
        monkeypatch.setattr(f"personalize.rights.{module}.MOST_AT_ONCE", 2)
    devices = [house.browsers.begin_device(clock.at)[0] for _ in range(3)]
    with house.store.people.write() as people:
        people.execute("DELETE FROM browsers")
    house.rights.caretaker.round()
    assert [house.rights.erased_at(device) is None for device in devices].count(True) == 1
    assert house.rights.retention.is_due(clock.at)
    house.rights.caretaker.round()
    assert all(house.rights.erased_at(device) is not None for device in devices)
    assert not house.rights.retention.is_due(clock.at)


def test_looking_for_nobodys_looks_through_no_other_table(house: House) -> None:
    plan = house.store.people.all(f"EXPLAIN QUERY PLAN {NOBODYS}", (NOW, 0, 1_000))
    assert not [step for *_, step in plan if step.startswith("SCAN")]


def test_a_clock_that_was_years_ahead_for_a_while_costs_no_device(house: House, clock: Hands) -> None:
    caretaker = Caretaker(house.rights._erasure, house.rights.retention, clock)
    device, _ = house.browsers.begin_device(clock.at)
    caretaker.round()
    clock.at = NOW + 3_000 * DAY
    house.browsers.sweep()
    with pytest.raises(StoreError, match="erase --expired"):
        caretaker.round()
    clock.at = NOW + DAY
    caretaker.round()
    assert house.rights.erased_at(device) is None


@pytest.mark.parametrize("days", [-10_000, 3_000])
def test_a_clock_that_was_wrong_by_years_for_a_while_leaves_the_daily_deletion_as_it_was(
    house: House, clock: Hands, days: int
) -> None:
    caretaker = Caretaker(house.rights._erasure, house.rights.retention, clock)
    caretaker.round()
    clock.at = NOW + days * DAY
    assert house.rights.retention.stands_still(clock.at)
    with pytest.raises(StoreError, match="erase --expired"):
        caretaker.round()
    clock.at = NOW + DAY
    assert house.rights.retention.is_due(clock.at)


def test_after_a_clock_that_was_ahead_it_goes_on_at_once(house: House, clock: Hands) -> None:
    clock.at = NOW + 30 * DAY
    Caretaker(house.rights._erasure, house.rights.retention, clock).round()
    clock.at = NOW + DAY
    assert house.rights.retention.is_due(clock.at)


def test_lists_of_what_imports_left_out_go_after_30_days(house: House, clock: Hands, settings: Path) -> None:
    folder = settings.parent / "store" / "rejects"
    folder.mkdir(exist_ok=True)
    others = {path.name for path in folder.iterdir()}
    for name, age in [("young.csv", 29), ("old.csv", 32), (".died.csv.rejects.csv.x1", 32)]:
        (folder / name).write_text("Ann")
        os.utime(folder / name, ((clock.at - age * DAY) / 1_000_000,) * 2)
    assert expire(house)["rejects"] == 2
    assert {path.name for path in folder.iterdir()} - others == {"young.csv"}


def test_of_what_workers_were_told_to_forget_the_newest_stays_and_nobody_misses_anything(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = subject_of(house, 3)
    with house.store.people.write() as people:
        people.executemany("INSERT INTO changes (subject) VALUES (?)", [(subject,)] * (MOST + 2_000))
    (newest,) = house.store.people.one("SELECT max(seq) FROM changes") or (0,)
    assert CHANGES_KEPT > MOST
    monkeypatch.setattr("personalize.rights.retention.CHANGES_KEPT", MOST + 1_000)
    house.rights.expire()
    assert house.store.people.one("SELECT count(*) FROM changes") == (MOST + 1_000,)
    for followed, everything in ((1, True), (newest - 1, False)):
        told = SqliteChanges(house.store.people).poll(followed)
        assert told is not None
        assert told.everything is everything


def test_the_report_says_what_until_when_and_how_many(house: House, clock: Hands) -> None:
    clock.at = NOW + 410 * DAY
    house.indexer.drain()
    report = house.rights.expire()
    assert [each.what for each in report] == [*KINDS, "recipes", "entries"]
    assert report[-1] == Deleted(what="entries", until=report[-1].until, count=ALL)
    assert NOW < report[-1].until < clock.at - 399 * DAY


def test_of_a_search_that_found_nobody_only_that_it_was_made_stays(house: House, clock: Hands) -> None:
    subject, searched = subject_of(house, 4), f"email:{1:064x}"
    for what, who in (("identifier", 0), ("refused", 0), ("identifier", subject)):
        look = Look(at=NOW, staff="Ali", role="service", what=what, reason="why", subject=who, query=searched)
        house.staff.note(look)
    house.staff.note(Look(at=NOW, staff="Ali", role="data_officer", what="recall", reason="check", query="batch:1"))
    clock.at = MIDNIGHT + 400 * DAY - 1
    assert expire(house)["searches"] == 0
    clock.at += 2 * 60 * MINUTE
    assert expire(house)["searches"] == 2
    kept = [look.query for look in house.staff.looks(since=0, until=1 << 62)]
    assert kept == ["batch:1", searched, "email", "email"]
    assert expire(house)["searches"] == 0


def test_values_of_one_attribute_go_at_their_own_time(
    house: House, periods: Callable[[str], None], clock: Hands, open_house: Reopen
) -> None:
    house.close()
    periods('attributes = { first_name = "30d" }')
    house = open_house()
    clock.at = NOW + 31 * DAY
    assert expire(house)["values of first_name"] > 0
    person = house.store.profiles.load(subject_of(house, 4))
    assert person is not None
    assert "first_name" not in person.values
    assert "topic" in person.values
    assert expire(house)["values of first_name"] == 0
