"""Importing customers: values, identifiers, repetition, conflicts."""

import csv
import os
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from personalize.errors import ImportRefused
from personalize.model.attributes import Stored
from personalize.onboarding.summary import ImportSummary
from personalize.recognition.keys import KeyRing
from personalize.settings import Settings
from personalize.storage.open import Store
from personalize.storage.rejects import begin_list

NOW = 1_800_000_000_000_000
DAY = 86_400_000_000
HEAD = "id,email,postcode,number,active,months,city,internet,tv\n"
ANN = "1,ann@a.nl,1234 AB,5,yes,3,Ede,DSL,No\n"
BOB = "2,bob@b.nl,1234 AB,7,no,,Epe,No,Yes\n"

Import = Callable[..., ImportSummary]
Values = Callable[[str], dict[str, Any] | None]


def rejects(tmp_path: Path) -> list[list[str]]:
    with (tmp_path / "store" / "rejects" / "extract.csv.rejects.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))[1:]


def test_values_are_typed_and_an_empty_cell_is_absent(load: Import, values: Values) -> None:
    summary = load(HEAD + ANN + BOB)
    assert (summary.accepted, summary.new, summary.rejected, summary.rejects_file) == (2, 2, 0, None)
    assert values("1") == {"active": True, "term": 3, "city": "Ede", "products": ("internet",)}
    assert values("2") == {"active": False, "city": "Epe", "products": ("tv",)}


def test_values_carry_the_batch_and_the_moment_they_were_true(load: Import, store: Store) -> None:
    summary = load(HEAD + ANN, observed=NOW - DAY)
    person = store.profiles.load(next(store.profiles.subjects()))
    batch = store.batches.batch(summary.batch)
    assert person is not None
    assert batch is not None
    assert person.values["city"] == Stored("Ede", NOW - DAY, summary.batch)
    assert (batch.file_name, batch.accepted, batch.observed_at) == ("extract.csv", 1, NOW - DAY)
    assert (batch.imported_at, len(batch.sha256)) == (NOW, 64)


def test_every_identifier_finds_the_person_and_none_is_stored_readably(
    load: Import, store: Store, ring: KeyRing
) -> None:
    load(HEAD + ANN)
    found = {
        store.profiles.subject_of(ring.identifier_digest(kind, value))
        for kind, value in [("customer_number", "1"), ("email", "ann@a.nl"), ("address", "1234AB 5")]
    }
    assert found == {next(store.profiles.subjects())}
    assert store.profiles.subject_of(bytes(16)) is None
    assert all(b"ann@a.nl" not in path.read_bytes() for path in store.folder.iterdir() if path.is_file())


def test_each_new_person_has_a_sealing_key_of_its_own(load: Import, store: Store) -> None:
    load(HEAD + ANN + BOB)
    keys = store.keys.all("SELECT subject, sealing_key FROM subject_keys")
    assert {subject for subject, _ in keys} == set(store.profiles.subjects())
    assert len({key for _, key in keys if len(key) == 32}) == 2


def test_a_cell_that_cannot_be_typed_is_reported_and_the_row_kept(load: Import, values: Values, tmp_path: Path) -> None:
    summary = load(HEAD + ANN.replace(",3,", ",=3+4,").replace("yes", "perhaps"))
    assert values("1") == {"city": "Ede", "products": ("internet",)}
    assert (summary.accepted, summary.rejected) == (1, 0)
    assert rejects(tmp_path) == [
        ["2", "active", "neither yes nor no", "perhaps"],
        ["2", "term", "not a number with a decimal point", "'=3+4"],
    ]


def test_a_bad_second_identifier_is_reported_and_the_row_kept(load: Import, values: Values, tmp_path: Path) -> None:
    summary = load(HEAD + ANN.replace("ann@a.nl", "ann at a.nl"))
    assert (summary.accepted, summary.rejected) == (1, 0)
    assert values("1") is not None
    assert rejects(tmp_path)[0][:2] == ["2", "email"]


def test_a_row_without_its_key_is_rejected_and_its_neighbours_are_not(load: Import, values: Values) -> None:
    summary = load(HEAD + ANN + BOB.replace("2,", " ,", 1) + BOB.replace("2,", "3,", 1))
    assert (summary.accepted, summary.rejected) == (2, 1)
    assert summary.left_out[0].lines == (3,)
    assert values("3") is not None


def test_of_two_rows_about_one_person_the_last_stands(load: Import, values: Values, tmp_path: Path) -> None:
    summary = load(HEAD + ANN + BOB + ANN.replace("Ede", "Ee"))
    assert (summary.rows, summary.accepted, summary.replaced) == (3, 2, 1)
    assert (values("1") or {})["city"] == "Ee"
    assert rejects(tmp_path) == [["2", "row replaced", "a later row is about the same person", "line 4"]]


def test_an_identifier_of_two_people_belongs_to_none_and_both_lines_are_named(
    load: Import, store: Store, ring: KeyRing, tmp_path: Path
) -> None:
    summary = load(HEAD + ANN + BOB.replace("bob@b.nl", "Ann@A.nl"))
    assert store.profiles.subject_of(ring.identifier_digest("email", "ann@a.nl")) is None
    assert store.profiles.subject_of(ring.identifier_digest("customer_number", "2")) is not None
    assert [(each.kind, each.lines) for each in summary.shared] == [("email", (2, 3))]
    assert [row[:2] for row in rejects(tmp_path)] == [["2", "email"], ["3", "email"]]
    assert any("One email is claimed" in line for line in summary.lines())


def test_a_claim_against_somebody_known_before_is_reported(load: Import) -> None:
    load(HEAD + ANN)
    summary = load(HEAD + BOB.replace("bob@b.nl", "ann@a.nl"))
    assert [(each.kind, each.lines) for each in summary.shared] == [("email", (2, None))]
    assert any("and somebody known before" in line for line in summary.lines())


def test_a_key_that_two_people_claim_already_rejects_the_row(load: Import, store: Store, ring: KeyRing) -> None:
    digest = ring.identifier_digest("customer_number", "1")
    for email in (b"x", b"y"):
        subject = store.profiles.create([("email", email)], NOW)
        with store.people.write() as people:
            people.execute("INSERT INTO identifiers VALUES (?, ?, 'customer_number', 0)", (digest, subject))
    summary = load(HEAD + ANN + BOB)
    assert (summary.accepted, summary.rejected) == (1, 1)
    assert store.people.one("SELECT count(*) FROM profiles") == (1,)


@pytest.mark.parametrize("options", [{}, {"observed": NOW - DAY}])
def test_the_same_file_again_changes_nothing(load: Import, store: Store, options: dict[str, int]) -> None:
    first = load(HEAD + ANN, **options)
    before = store.people.all("SELECT * FROM profiles")
    again = load(HEAD + ANN, **options)
    assert (again.already, again.batch, again.rows) == (True, first.batch, 0)
    assert "nothing to do" in again.lines()[0]
    assert store.people.all("SELECT * FROM profiles") == before


def test_a_new_delivery_that_says_the_same_is_observed_anew_where_its_moment_is_told(
    load: Import, store: Store, values: Values
) -> None:
    first = load(HEAD + ANN + BOB)
    before = [values(number) for number in "12"], set(store.profiles.subjects())
    again = load(HEAD + ANN + BOB, observed=NOW + DAY)
    assert (again.already, again.accepted, again.new) == (False, 2, 0)
    assert ([values(number) for number in "12"], set(store.profiles.subjects())) == before
    person, told = store.profiles.load(before[1].pop()), store.batches.batch(first.batch)
    assert person is not None
    assert told is not None
    assert person.values["active"].observed == NOW + DAY
    assert told.observed_at == NOW, "entries tell by it when the values were observed that they used"


@pytest.mark.parametrize("options", [{}, {"observed": NOW - DAY, "older_too": True}])
def test_an_earlier_file_undoes_the_one_after_it(load: Import, values: Values, options: dict[str, Any]) -> None:
    load(HEAD + ANN, **options)
    load(HEAD + ANN.replace("Ede", "Echt"))
    undone = load(HEAD + ANN, **options)
    assert (undone.already, undone.batch) == (False, 3)
    assert (values("1") or {})["city"] == "Ede"


def test_a_later_extract_replaces_the_profile_and_keeps_the_person(
    load: Import, store: Store, values: Values, ring: KeyRing
) -> None:
    load(HEAD + ANN + BOB)
    before = set(store.profiles.subjects())
    summary = load(HEAD + "1,new@a.nl,1234 AB,5,no,,,No,No\n")
    assert (summary.accepted, summary.new) == (1, 0)
    assert values("1") == {"active": False, "products": ()}
    assert (values("2") or {})["city"] == "Epe"
    assert store.profiles.subject_of(ring.identifier_digest("email", "ann@a.nl")) is None
    assert store.profiles.subject_of(ring.identifier_digest("email", "new@a.nl")) in before
    assert set(store.profiles.subjects()) == before


def test_an_identifier_that_came_another_way_is_not_forgotten(load: Import, store: Store, ring: KeyRing) -> None:
    number = ring.identifier_digest("customer_number", "1")
    subject = store.profiles.create([("customer_number", number), ("email", b"typed-in-on-the-site")], NOW)
    load(HEAD + ANN)
    assert list(store.profiles.subjects()) == [subject]
    assert store.profiles.subject_of(b"typed-in-on-the-site") == subject


def test_an_older_extract_is_refused_unless_told(load: Import, values: Values) -> None:
    load(HEAD + ANN, observed=NOW - DAY)
    old = HEAD + ANN.replace("Ede", "Echt")
    with pytest.raises(ImportRefused, match="is older than batch 1"):
        load(old, observed=NOW - 2 * DAY)
    assert (values("1") or {})["city"] == "Ede"
    load(old, observed=NOW - 2 * DAY, older_too=True)
    assert (values("1") or {})["city"] == "Echt"


def test_a_dry_run_says_the_same_and_changes_nothing(load: Import, store: Store) -> None:
    text = HEAD + ANN + BOB.replace("bob@b.nl", "ann@a.nl") + "broken\n"
    trial = load(text, dry_run=True)
    assert store.people.one("SELECT count(*) FROM subjects") == (0,)
    assert store.keys.one("SELECT count(*) FROM subject_keys") == (0,)
    assert store.people.one("SELECT count(*) FROM batches") == (0,)
    real = load(text)
    assert (trial.accepted, trial.rejected, trial.new, trial.shared) == (2, 1, 2, real.shared)
    assert (trial.left_out, trial.batch, real.batch > 0) == (real.left_out, 0, True)
    assert "nothing was stored" in trial.lines()[0]


def test_a_dry_run_leaves_no_cell_on_disk_and_no_earlier_file_is_lost(load: Import, store: Store) -> None:
    kept = load(HEAD + ANN + "broken\n").rejects_file
    trial = load(HEAD + ANN + BOB.replace("bob@b.nl", "no address"), dry_run=True)
    assert trial.rejects_file is None
    assert [str(path) for path in (store.folder / "rejects").iterdir()] == [kept]
    assert trial.lines()[-1].startswith("No file of these was written")
    assert trial.lines("nl")[-1].startswith("Hiervan is geen bestand gemaakt")


def test_the_cell_for_which_a_row_was_rejected_stands_in_the_file_alone(load: Import) -> None:
    summary = load("id;seen;ends;price\n1;last week;;\n2;2099-01-01;;\n", "dated")
    kept = Path(summary.rejects_file or "").read_text("utf-8")
    assert "last week" in kept
    assert "2099-01-01" in kept
    assert "last week" not in "".join(summary.lines())


def test_a_first_line_without_names_is_not_repeated(load: Import) -> None:
    with pytest.raises(ImportRefused) as refused:
        load(ANN)
    assert "ann@a.nl" not in str(refused.value)


def test_a_wrong_delimiter_is_named_once_with_the_likely_one(
    load: Import, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    forced = structs.replace(settings.sources["crm"], delimiter=",")
    monkeypatch.setitem(settings.sources, "crm", forced)
    with pytest.raises(ImportRefused) as refused:
        load((HEAD + ANN).replace(",", "\t"))
    assert "missing" not in str(refused.value)
    assert 'It looks cut at each tab: write delimiter = "tab" in [sources.crm].' in str(refused.value)


def test_other_processes_are_told_to_forget_everything(load: Import, store: Store) -> None:
    store.changes.poll(0)
    load(HEAD + ANN)
    changes = store.changes.poll(0)
    assert changes is not None
    assert changes.everything


def test_nothing_changes_while_another_program_holds_the_lock_and_reading_goes_on(
    load: Import, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(HEAD + BOB)
    other = sqlite3.connect(store.people.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    staging = store.staging()
    staging._db.execute("PRAGMA busy_timeout = 20")
    monkeypatch.setattr(type(store), "staging", lambda self: staging)
    with pytest.raises(Exception, match="locked by another program"):
        load(HEAD + ANN)
    other.close()
    assert store.people.one("SELECT count(*) FROM profiles") == (1,)


def test_dates_numbers_and_moments_follow_their_formats(load: Import, values: Values, store: Store) -> None:
    head = "id;seen;ends;price\n"
    summary = load(head + "1;2026-11-01T12:00;3-2-2027;1.234,50\n2;;3-2-2027;1\n3;2099-01-01;;\n", "dated")
    assert values("1") == {"ends": "2027-02-03", "price": 1234.5}
    person = store.profiles.load(next(store.profiles.subjects()))
    assert person is not None
    assert person.values["ends"].observed == 1_793_530_800_000_000
    assert {(each.reason, each.lines) for each in summary.left_out} == {
        ("column `seen`: not a moment such as 2026-11-23 or 2026-11-23T14:05", (3,)),
        ("column `seen`: the row is from the future", (4,)),
    }


def test_the_summary_speaks_three_languages_and_is_plain_data(load: Import) -> None:
    summary = load(HEAD + ANN)
    assert summary.lines("nl")[0].startswith("Personen overgenomen uit")
    assert summary.lines("nb")[0].startswith("Personer hentet fra")
    assert summary.lines("en")[0].endswith("as batch 1: 1, of which new: 1.")


def test_progress_ends_at_the_size_of_the_file(load: Import) -> None:
    steps: list[tuple[int, int]] = []
    text = HEAD + "".join(ANN.replace("1,ann", f"{n},a{n}", 1) for n in range(1, 9_000))
    load(text, progress=lambda done, size: steps.append((done, size)))
    assert steps[-1] == (len(text), len(text))
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)
    assert len(steps) > 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        (" \n", "is empty"),
        ("id,mail\n1,2\n", "the column `email` is missing"),
        (HEAD.replace("tv", "id"), "the column `id` is there twice"),
        ("\ufeffid".encode("utf-16"), "UTF-16"),
        (b"\x00\x01\x02", "no text at all"),
        (HEAD.replace("months", "month"), "did you mean `month`?"),
        (HEAD.replace(",", ":"), "is one column when it is cut at each comma; 9 are wanted"),
        ("id,mail\n1,2\n", "The file's columns, cut at each comma: `id`, `mail`"),
        (HEAD.upper(), "the column `id` is missing (did you mean `ID`?)"),
        (ANN, "the first line names no column of this source. Wanted: `id`, `email`"),
    ],
)
def test_a_file_that_cannot_be_one_of_the_source_is_refused_before_any_change(
    load: Import, store: Store, text: str | bytes, words: str
) -> None:
    with pytest.raises(ImportRefused, match=re.escape(words)):
        load(text)
    assert store.people.one("SELECT count(*) FROM batches") == (0,)


def test_a_file_of_which_no_row_can_be_taken_leaves_no_batch(load: Import, store: Store) -> None:
    summary = load(HEAD + "x\n")
    assert (summary.accepted, summary.rejected, summary.batch) == (0, 1, 0)
    assert summary.lines()[0].startswith("Nothing was stored")
    assert store.people.one("SELECT count(*) FROM batches") == (0,)


def test_an_unknown_source_and_a_missing_file_are_refused(load: Import, tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match=r"no source 'crn'.*known are .*crm"):
        load(HEAD, "crn")


def test_a_file_that_grows_while_it_is_read_is_refused(load: Import, tmp_path: Path, store: Store) -> None:
    def grow(done: int, size: int) -> None:
        with (tmp_path / "extract.csv").open("a") as file:
            file.write(BOB)

    with pytest.raises(ImportRefused, match="changed while it was read"):
        load(HEAD + ANN, progress=grow)
    assert store.people.one("SELECT count(*) FROM subjects") == (0,)
    assert list((tmp_path / "store" / "rejects").iterdir()) == []


def test_a_full_disk_refuses_the_import_and_leaves_nothing(
    load: Import, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int, *arguments: Any, **options: Any) -> Any:
        os.close(descriptor)
        return open("/dev/full", "w", encoding="utf-8", newline="")

    monkeypatch.setattr("personalize.onboarding.rejects.os.fdopen", full)
    with pytest.raises(ImportRefused, match=r"No space left on device.*import the file again"):
        load(HEAD + ANN + "broken\n")
    assert list((store.folder / "rejects").iterdir()) == []
    assert store.people.one("SELECT count(*) FROM subjects") == (0,)


def test_the_list_of_an_import_that_died_goes_with_the_next_one_and_that_of_another_stays(
    load: Import, store: Store
) -> None:
    died, path = begin_list(store.folder, "died.csv")
    os.close(died)
    alive, other = begin_list(store.folder, "alive.csv")
    load(HEAD + ANN)
    assert (path.exists(), other.exists()) == (False, True)
    os.close(alive)


def test_a_rejects_file_of_before_goes_when_all_is_well(load: Import, tmp_path: Path) -> None:
    load(HEAD + "x\n")
    file = tmp_path / "store" / "rejects" / "extract.csv.rejects.csv"
    assert file.stat().st_mode & 0o777 == 0o600
    load(HEAD + ANN)
    assert not file.exists()
