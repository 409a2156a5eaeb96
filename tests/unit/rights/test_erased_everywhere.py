"""What was planted of a person in every way that data gets in is in no file a minute after they were erased."""

import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec import structs

from personalize.errors import StoreLocked
from personalize.house import House
from personalize.model.attributes import Stored
from personalize.model.people import Assurance, Visitor
from personalize.model.staff import Look
from personalize.onboarding.importing import import_file
from personalize.ports import Handle
from personalize.recognition.recognise import Credentials
from personalize.rights.backup import back_up
from personalize.rights.restoring import restore
from personalize.storage.rejects import begin_list
from personalize.storage.sqlite.erasing import SqliteErasures
from tests.unit.rights.planting import NOW, Hands, planted, subject_of, write_customers

THREE = "customer_number:3"
MARKS = {what: f"{what}-7f3a9" for what in ("imported", "evidence", "observed", "device", "reason", "case")}
SEALED = "claimed-7f3a9"
LOGIN = "customer_number:3-7f3a9"
HANDLE = secrets.token_bytes(32)
SCAN = """
import sys
from pathlib import Path

for path in Path(sys.argv[1]).rglob("*"):
    data = path.read_bytes() if path.is_file() else b""
    for word in sys.argv[2:]:
        if bytes.fromhex(word) in data:
            print(path.name, word)
"""
MINUTE = 60_000_000


def plant(house: House, folder: Path) -> tuple[int, bytes]:
    """Let customer 3 leave a mark in every way that data gets in; return who that is, and their sealing key."""
    path = folder / "marked.csv"
    path.write_text(write_customers(path, 10).read_text().replace(planted(3)[0], MARKS["imported"]))
    noes = house.rights.noes
    import_file(path, "crm", house.settings, house.store, house.ring, house.clock, noes=noes, observed=NOW + 1)
    subject = subject_of(house, 3)
    visitor = Visitor(subject=subject, assurance=Assurance.login, identifier=THREE)
    given = house.ledger.give(visitor, "reading", "en", house.settings.notices["reading"].digests["en"])
    proof = structs.replace(given, event_id=secrets.token_bytes(16), evidence={"form": MARKS["evidence"]})
    house.store.consents.append([proof])
    handle = Handle(subject=subject, mailing="weekly", campaign=bytes(6), issued=0, expires=1 << 60)
    house.store.handles.add_handles([(HANDLE, handle)])
    house.store.profiles.remember(subject, "crm", {"topic": Stored(MARKS["observed"], NOW, 0)})
    device, _ = house.browsers.begin_device(NOW)
    house.store.profiles.remember(device, "crm", {"topic": Stored(MARKS["device"], NOW, 0)})
    assert house.store.browsers.link(device, subject, "login", NOW)
    house.pipeline.forget(subject)
    for slot in ("hero", "story"):  # read, and so in the journal
        house.pipeline.decide(house.pipeline.prepare(Credentials(login=THREE)), slot, code=77)
    house.rights.corrections.correct(subject, "topic", SEALED, LOGIN)
    look = Look(at=NOW, staff="anna", role="service", what="identifier", reason=MARKS["reason"], case=MARKS["case"])
    for known in (0, subject):
        house.staff.note(structs.replace(look, subject=known, query=query_of(house)))
    key = house.store.profiles.key_of(subject)
    assert key is not None
    return subject, key


def query_of(house: House) -> str:
    ((kind, digest),) = house.digests(THREE)
    return f"{kind}:{digest.hex()}"


def secrets_of(house: House) -> list[bytes]:
    """What was planted, as it stands in files, and what customer 3 was recognised by."""
    ((_, digest),) = house.digests(THREE)
    return [*(mark.encode() for mark in MARKS.values()), digest, digest.hex().encode(), HANDLE]


def found(store: Path, words: list[bytes]) -> set[str]:
    """What is found in any file of the store, with WAL and journal, as lines of file and word."""
    command = [sys.executable, "-c", SCAN, store, *(word.hex() for word in words)]
    return set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines())


def test_a_minute_later_no_file_holds_a_planted_byte(house: House, settings: Path, clock: Hands) -> None:
    store = settings.parent / "store"
    subject, key = plant(house, settings.parent)
    words = [*secrets_of(house), key]
    assert {line.split()[1] for line in found(store, words)} == {word.hex() for word in words}
    house.rights.erase(subject)
    clock.at += MINUTE
    house.rights.caretaker.round()
    assert house.rights.unswept() == 0
    assert found(store, words) == set()


def test_what_is_sealed_stands_in_no_file_even_before(house: House, settings: Path) -> None:
    plant(house, settings.parent)
    assert found(settings.parent / "store", [SEALED.encode(), LOGIN.encode()]) == set()


def test_the_trail_keeps_that_somebody_was_looked_up_and_no_more(house: House, settings: Path) -> None:
    subject, _ = plant(house, settings.parent)
    house.rights.erase(subject)
    looks = house.staff.looks(since=0, until=1 << 62)
    assert looks == [Look(at=NOW, staff="anna", role="service", what="identifier", reason="")] * 2


def test_whoever_filtered_the_trail_by_the_erased_filtered_it_by_nobody(house: House) -> None:
    subject = subject_of(house, 3)
    for asked in (f"person={subject} ", f"staff=anna person={subject} ", f"person={subject}1 "):
        house.staff.note(
            Look(at=NOW, staff="bea", role="supervisor", what="trail", reason=f"{asked}2026-01-01/2026-01-07")
        )
    house.rights.erase(subject)
    reasons = [look.reason.removesuffix("2026-01-01/2026-01-07") for look in house.staff.looks(since=0, until=1 << 62)]
    assert reasons == [f"person={subject}1 ", "staff=anna ", ""]


def test_the_next_erasure_takes_those_before_out_of_the_trail(house: House) -> None:
    gone = subject_of(house, 3)
    house.rights.erase(gone)
    house.staff.note(Look(at=NOW, staff="bea", role="service", what="timeline", reason="an old address", subject=gone))
    house.rights.erase(subject_of(house, 4))
    assert house.staff.looks(since=0, until=1 << 62) == [
        Look(at=NOW, staff="bea", role="service", what="timeline", reason="")
    ]


def test_staff_who_look_while_somebody_is_erased_leave_nothing_of_them(house: House) -> None:
    subject, query = subject_of(house, 3), query_of(house)
    house.rights.erase(subject)
    look = Look(at=NOW, staff="bea", role="service", what="identifier", reason="Mr Three", subject=subject, query=query)
    house.staff.note(look)
    house.rights.caretaker.round()
    left = structs.replace(look, reason="", subject=0, query="")
    assert house.staff.looks(since=0, until=1 << 62) == [left]


def test_an_import_that_is_at_work_is_waited_for(house: House, settings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it read before the erasure may be in its list of rejected rows, which stays when it has finished."""
    store, scrub, scrubbed = settings.parent / "store", SqliteErasures.scrub, list[object]()
    monkeypatch.setattr(SqliteErasures, "scrub", lambda rows: (scrubbed.append(rows), scrub(rows)))
    importing, path = begin_list(store, "crm.csv")
    os.write(importing, MARKS["imported"].encode())
    house.rights.erase(subject_of(house, 3))
    for _ in range(2):
        with pytest.raises(StoreLocked, match="import has finished"):
            house.rights.sweep()
    assert (house.rights.unswept(), len(scrubbed)) == (1, 1)
    path.rename(path.with_name("crm.csv.rejects.csv"))
    os.close(importing)
    assert house.rights.sweep() == 1
    assert found(store, [MARKS["imported"].encode()]) == set()
    assert len(scrubbed) == 1
    house.rights.erase(subject_of(house, 4))
    assert (house.rights.sweep(), len(scrubbed)) == (1, 2)


def test_that_somebody_was_erased_and_why_stays_without_whom(house: House) -> None:
    subject = subject_of(house, 3)
    told = Look(at=NOW, staff="shell:root", role="shell", what="erase", reason="asked by mail", subject=subject)
    house.staff.note(told)
    house.rights.erase(subject)
    assert house.staff.looks(since=0, until=1 << 62) == [structs.replace(told, subject=0)]


def test_the_sealed_decisions_are_erased_and_replay_says_so(house: House, settings: Path) -> None:
    subject, _ = plant(house, settings.parent)
    house.indexer.drain()
    house.rights.erase(subject)
    assert house.store.profiles.key_of(subject) is None
    report = house.replay().report(house.cookbook.by_time(0, 1 << 62))
    assert report.erased == 4
    assert (report.differences, report.not_replayable) == ((), ())
    mine = house.cookbook.by_subject(subject, 10)
    assert [entry for entry in mine if not entry.erased or not entry.outcomes or entry.ingredients] == []
    assert len(mine) == 4


def test_a_backup_brings_nothing_back(
    house: House, settings: Path, open_house: Callable[[], House], tmp_path: Path
) -> None:
    subject, key = plant(house, settings.parent)
    words = [*secrets_of(house), key]
    back_up(
        house.store, house.indexer, lambda: house.rights.sweep(patience=5), tmp_path / "copy", tmp_path / "copied-keys",
        now=house.clock.now(), site=house.settings.site.url,
    )  # fmt: skip
    house.rights.erase(subject)
    house.close()
    shutil.rmtree(settings.parent / "store")
    restore(house.settings, house.ring, tmp_path / "copy", tmp_path / "copied-keys", now=house.clock.now())
    again = open_house()
    assert again.store.profiles.load(subject) is None
    assert again.staff.looks(since=0, until=1 << 62, subject=subject) == []
    assert found(settings.parent / "store", words) == set()
