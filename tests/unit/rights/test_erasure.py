"""Erased is gone: unreadable at once, no byte left after the sweep, also after a backup was put back (law 11)."""

import os
import random
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from personalize.cookbook.codes import code_of
from personalize.errors import ConsentRefused, NotFound, ValueRefused
from personalize.house import House
from personalize.model.attributes import Stored
from personalize.model.people import Assurance, Visitor
from personalize.onboarding.importing import import_file
from personalize.ports import ImportHeader
from personalize.profile.delivered import encode_body
from personalize.recognition.recognise import Credentials
from personalize.rights.caretaker import Caretaker
from personalize.storage.rejects import begin_list
from personalize.storage.sqlite.changes import SqliteChanges
from tests.unit.rights.planting import CODE, CUSTOMERS, DAY, NOW, planted, subject_of, write_customers

Scan = Callable[..., set[str]]
Reopen = Callable[[], House]


def test_an_erased_person_is_a_stranger_on_the_next_request(house: House, visit: Any) -> None:
    subject = subject_of(house, 3)
    assert visit(house, 3).entry_id
    house.rights.erase(subject)
    assert house.pipeline.prepare(Credentials(login="customer_number:3")).visitor.is_stranger
    assert not visit(house, 3).entry_id
    assert visit(house, 4).entry_id


def test_entries_keep_their_header_alone(house: House) -> None:
    house.rights.erase(subject_of(house, 3))
    entries = [entry for entry in house.cookbook.by_time(0, 1 << 62) if entry.erased]
    assert {entry.slot for entry in entries} == {"hero", "story"}
    assert all(entry.outcomes and not entry.ingredients for entry in entries)
    assert len(list(house.cookbook.by_time(0, 1 << 62))) == 2 * CUSTOMERS
    assert house.cookbook.quarantine == set()


def test_an_erased_code_is_explained_and_counted_apart_by_replay(house: House) -> None:
    house.rights.erase(subject_of(house, 3))
    (entry,) = [e for e in house.cookbook.by_time(0, 1 << 62) if e.erased and e.slot == "hero"]
    for lang, word in (("nl", "gewist"), ("nb", "slettet"), ("en", "erased")):
        assert word in house.explain(entry, lang).why
    report = house.replay().report(house.cookbook.by_time(0, 1 << 62))
    assert (report.entries, report.erased) == (2 * CUSTOMERS, 2)
    assert (report.differences, report.not_replayable) == ((), ())


def test_after_the_sweep_no_file_holds_a_byte(house: House, settings: Path, scan: Scan) -> None:
    store = settings.parent / "store"
    assert scan(store, 3) >= {"people.sqlite-wal", "crm-1.csv.rejects.csv"}
    house.rights.erase(subject_of(house, 3))
    assert house.rights.unswept() == 1
    assert house.rights.sweep() == 1
    assert scan(store, 3) == set()
    assert scan(store, 4) >= {"people.sqlite"}
    assert (house.rights.unswept(), house.rights.sweep()) == (0, 0)


def test_nothing_is_left_in_the_gaps_of_pages(house: House, settings: Path, scan: Scan) -> None:
    """Pages that are split keep copies which `secure_delete` does not reach."""
    chance, many = random.Random(1), list(range(100, 8_100))
    subjects = {number: chance.getrandbits(62) for number in many}
    for _ in range(2):
        with house.store.people.write() as people:
            for number in chance.sample(many, len(many)):
                row = subjects[number], encode_body([("topic", planted(number)[1] * chance.randint(1, 20), NOW)])
                people.execute("INSERT OR REPLACE INTO profiles VALUES (?, 'crm', 1, ?)", row)
    with house.store.people.write() as people:
        people.executemany(
            "INSERT INTO subjects (subject, created_at) VALUES (?, 0)", [(s,) for s in subjects.values()]
        )
    gone = chance.sample(many, 150)
    for number in gone:
        house.rights.erase(subjects[number])
    house.rights.sweep()
    assert scan(settings.parent / "store", *gone) == set()


def test_no_copy_of_a_key_is_left(house: House, settings: Path) -> None:
    chance = random.Random(1)
    rows = [(chance.getrandbits(62), chance.randbytes(32)) for _ in range(8_000)]
    for start in range(0, len(rows), 100):
        with house.store.keys.write() as keys:
            keys.executemany("INSERT INTO subject_keys VALUES (?, ?)", rows[start : start + 100])
    gone = chance.sample(rows, 100)
    for subject, _ in gone:
        house.rights.erase(subject)
    house.rights.sweep()
    house.close()
    files = [path.read_bytes() for path in (settings.parent / "store").rglob("keys.sqlite*")]
    assert not [key for _, key in gone if any(key in file for file in files)]


def test_the_receipt_says_that_and_when_and_nothing_of_whom(house: House, clock: Any) -> None:
    subject = subject_of(house, 3)
    clock.at += 5
    erased = house.rights.erase(subject)
    assert (erased.at, house.rights.erased_at(subject)) == (NOW + 5, NOW + 5)
    assert (erased.removed.identifiers, erased.removed.values, erased.removed.consents) == (1, 2, 2)
    assert erased.removed.handles == 1
    assert house.rights.erased_at(subject_of(house, 4)) is None


def test_erasing_twice_changes_nothing(house: House, settings: Path, clock: Any) -> None:
    subject = subject_of(house, 3)
    house.rights.erase(subject)
    house.rights.sweep()
    listed = (settings.parent / "personalize.erasures").read_bytes()
    clock.at += 1_000_000
    again = house.rights.erase(subject)
    assert (again.at, again.removed.values, house.rights.unswept()) == (NOW, 0, 0)
    assert (settings.parent / "personalize.erasures").read_bytes() == listed


def test_nothing_is_kept_of_the_erased_afterwards(house: House) -> None:
    subject = subject_of(house, 3)
    house.rights.erase(subject)
    visitor = Visitor(subject=subject, assurance=Assurance.login)
    with pytest.raises(ConsentRefused, match="not known here"):
        house.ledger.withdraw(visitor, "reading")
    with pytest.raises(ValueRefused, match="nothing was kept"):
        house.store.profiles.remember(subject, "crm", {"topic": Stored("art", NOW, 0)})


def test_other_processes_are_told(house: House) -> None:
    subject = subject_of(house, 3)
    other = SqliteChanges(house.store.people)
    seen = other.poll(0)
    assert seen is not None
    house.rights.erase(subject)
    news = other.poll(seen.seq)
    other.close()
    assert news is not None
    assert subject in news.subjects


def test_a_person_is_unreadable_within_50_ms(house: House) -> None:
    took = []
    for number in range(1, 8):
        subject = subject_of(house, number)
        began = time.perf_counter()
        house.rights.erase(subject)
        took.append(time.perf_counter() - began)
    assert sorted(took)[3] < 0.05, took


def test_an_import_brings_an_erased_person_as_somebody_new(house: House, settings: Path) -> None:
    subject = subject_of(house, 3)
    house.rights.erase(subject)
    path = write_customers(settings.parent / "next.csv", 4)
    import_file(path, "crm", house.settings, house.store, house.ring, house.clock, noes=house.rights.noes)
    assert subject_of(house, 3) != subject
    assert house.store.profiles.key_of(subject) is None


def test_an_import_that_an_erasure_overtakes_does_not_revive_the_erased(house: House) -> None:
    subject = subject_of(house, 3)
    digest = house.digests("customer_number:3")[0][1]
    staging = house.store.staging()
    try:
        staging.add([(1, digest, b"\x90", digest)])

        def erase(claimed: object) -> ImportHeader:
            house.rights.erase(subject)
            return ImportHeader(
                source="crm", file_name="f", sha256="s", observed_at=NOW, imported_at=NOW, accepted=1, rejected=0
            )

        staging.publish_profiles(erase, ["customer_number"], lambda: None, dry_run=False)
    finally:
        staging.close()
    assert subject_of(house, 3) != subject
    assert house.store.profiles.key_of(subject) is None


def test_a_copied_store_put_back_keeps_people_erased(
    house: House, settings: Path, open_house: Reopen, scan: Scan
) -> None:
    store, subjects = settings.parent / "store", [subject_of(house, number) for number in (3, 4, 5)]
    house.rights.erase(subjects[0])
    house.close()
    shutil.copytree(store, settings.parent / "copy")
    house = open_house()
    for subject in subjects[1:]:
        house.rights.erase(subject)
    house.close()
    shutil.rmtree(store)
    shutil.copytree(settings.parent / "copy", store)
    house = open_house()
    assert [house.store.profiles.load(subject) for subject in subjects] == [None] * 3
    assert [house.store.profiles.key_of(subject) for subject in subjects] == [None] * 3
    with pytest.raises(NotFound):
        subject_of(house, 4)
    assert subject_of(house, 6)
    house.rights.sweep()
    assert scan(store, 3, 4, 5) == set()


@pytest.mark.parametrize("name", ["keys.sqlite", "people.sqlite"])
def test_one_file_put_back_keeps_people_erased(
    house: House, settings: Path, open_house: Reopen, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    store, subject = settings.parent / "store", subject_of(house, 3)
    house.close()
    before = (store / name).read_bytes()
    house = open_house()
    house.rights.erase(subject)
    house.close()
    (store / name).write_bytes(before)
    house = open_house()
    assert house.store.profiles.key_of(subject) is None
    assert house.store.profiles.load(subject) is None
    assert "People erased: 1. Noes kept: 0." in caplog.text
    with pytest.raises(NotFound):
        subject_of(house, 3)


def test_a_lost_list_is_written_again_from_the_receipts(house: House, settings: Path, open_house: Reopen) -> None:
    for number in (3, 4):
        house.rights.erase(subject_of(house, number))
    house.close()
    path = settings.parent / "personalize.erasures"
    first, _ = sorted(lines := path.read_bytes().splitlines())
    path.write_bytes(b"")
    open_house()
    assert sorted(path.read_bytes().splitlines()) == sorted(lines)
    assert len(first) == 53
    assert path.stat().st_mode & 0o777 == 0o600


def test_half_a_line_is_written_over(house: House, settings: Path) -> None:
    house.rights.erase(subject_of(house, 3))
    path = settings.parent / "personalize.erasures"
    with path.open("ab") as file:
        file.write(b"0123")
    house.rights.erase(subject_of(house, 4))
    assert [len(line) for line in path.read_bytes().splitlines()] == [53, 53]


def test_the_list_names_nobody(house: House, settings: Path) -> None:
    subject = subject_of(house, 3)
    house.rights.erase(subject)
    text = (settings.parent / "personalize.erasures").read_text()
    assert str(subject) not in text
    assert f"{subject:x}" not in text
    assert house.ring.erasure_digest(subject).hex() in text


def test_threads_that_erase_at_once_do_not_get_in_each_others_way(house: House) -> None:
    subjects = [subject_of(house, number) for number in range(1, 9)]
    threads = [threading.Thread(target=house.rights.erase, args=(subject,)) for subject in subjects * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(house.store.profiles.key_of(subject) is None for subject in subjects)
    assert house.rights.unswept() == 8
    assert house.rights.sweep() == 8


def test_the_caretaker_sweeps_by_itself(house: House, settings: Path, scan: Scan) -> None:
    caretaker = Caretaker(house.rights._erasure, house.rights.retention, house.clock, pause=0.05)
    caretaker.start()
    try:
        house.rights.erase(subject_of(house, 3))
        until = time.monotonic() + 20
        while house.rights.unswept() and time.monotonic() < until:
            time.sleep(0.02)
    finally:
        caretaker.stop()
    assert caretaker.failures == 0
    assert scan(settings.parent / "store", 3) == set()


def test_the_caretaker_removes_keys_of_nobody_while_no_import_is_at_work(house: House, settings: Path) -> None:
    house.browsers.begin_device(house.clock.now())
    before = set(house.store.keys.all("SELECT subject FROM subject_keys"))
    with house.store.keys.write() as keys:
        keys.execute("INSERT INTO subject_keys VALUES (7, zeroblob(32))")
    importing, _ = begin_list(settings.parent / "store", "crm.csv")
    Caretaker(house.rights._erasure, house.rights.retention, house.clock).round()
    assert set(house.store.keys.all("SELECT subject FROM subject_keys")) == {*before, (7,)}
    os.close(importing)
    house.clock.at += DAY
    house.rights.caretaker.round()
    assert set(house.store.keys.all("SELECT subject FROM subject_keys")) == before


def test_who_was_made_for_an_answer_that_was_not_recorded_goes_the_next_day(house: House) -> None:
    """The store failed in between, or a sign-up was cancelled while it was being confirmed."""
    known = set(house.store.profiles.subjects())
    house.browsers.begin_device(house.clock.now())
    house.store.profiles.create([("email", b"x" * 16)], house.clock.now())
    house.clock.at += DAY
    house.rights.caretaker.round()
    assert len(set(house.store.profiles.subjects())) == len(known) + 2
    house.clock.at += DAY
    house.rights.caretaker.round()
    assert set(house.store.profiles.subjects()) == known
    assert house.store.profiles.subject_of(b"x" * 16) is None


@pytest.mark.parametrize("gone", [[], ["identifiers"]])
def test_whom_a_file_brought_stays_though_nothing_more_is_known_or_a_later_one_left_them_out(
    house: House, gone: list[str]
) -> None:
    with house.store.people.write() as people:
        for table in ("consent_events", "profiles", "handles", *gone):
            people.execute(f"DELETE FROM {table}")
    known = set(house.store.profiles.subjects())
    house.clock.at += 2 * DAY
    house.rights.caretaker.round()
    assert set(house.store.profiles.subjects()) == known != set()


def test_codes_of_the_erased_are_still_found(house: House) -> None:
    house.rights.erase(subject_of(house, 3))
    assert {(entry.slot, entry.erased) for entry in house.cookbook.by_code(code_of(CODE + 3))} == {
        ("hero", True),
        ("story", True),
    }
