"""Importing customers while the site is in use: what happens between the look-up and the write lock."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from personalize.errors import ImportRefused, StoreError
from personalize.model.consent import Action, Basis, ConsentEvent
from personalize.model.people import Assurance
from personalize.onboarding.summary import ImportSummary
from personalize.recognition.keys import KeyRing
from personalize.storage.open import Store
from personalize.storage.sqlite.erasing import SqliteErasures
from personalize.storage.sqlite.staging import Staging
from personalize.storage.sqlite.whose import Whose

NOW = 1_800_000_000_000_000
HEAD = "id,email,postcode,number,active,months,city,internet,tv\n"
ANN = "1,ann@a.nl,1234 AB,5,yes,3,Ede,DSL,No\n"
BOB = "2,bob@b.nl,1234 AB,7,no,,Epe,No,Yes\n"

Import = Callable[..., ImportSummary]
Values = Callable[[str], dict[str, Any] | None]
Meanwhile = Callable[[Callable[[], object]], list[int]]


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    """Do something each time an import has looked up whom its rows are about; count the times in a list."""

    def arrange(something: Callable[[], object]) -> list[int]:
        times: list[int] = []
        sort = Whose.sort

        def sort_and_more(self: Whose, kinds: Any) -> None:
            sort(self, kinds)
            times.append(1)
            something()

        monkeypatch.setattr(Whose, "sort", sort_and_more)
        return times

    return arrange


@pytest.fixture
def number(ring: KeyRing) -> Callable[[str], bytes]:
    return lambda text: ring.identifier_digest("customer_number", text)


def objection(subject: int) -> ConsentEvent:
    return ConsentEvent(
        event_id=subject.to_bytes(16, "big"),
        subject=subject,
        purpose="offers",
        action=Action.objected,
        basis=Basis.legitimate_interest,
        method="page",
        actor="visitor",
        assurance=Assurance.login,
        occurred_at=NOW,
        recorded_at=NOW,
    )


def subjects_and_keys(store: Store) -> tuple[set[int], set[int]]:
    keys = store.keys.all("SELECT subject FROM subject_keys")
    return set(store.profiles.subjects()), {subject for (subject,) in keys}


def test_an_answer_or_a_visit_does_not_make_the_import_look_again(
    load: Import, store: Store, values: Values, number: Any, meanwhile: Meanwhile
) -> None:
    load(HEAD + ANN)
    ann = store.profiles.subject_of(number("1"))
    assert ann is not None
    times = meanwhile(lambda: store.consents.append([objection(ann)]))
    load(HEAD + ANN.replace("Ede", "Echt") + BOB)
    assert len(times) == 1
    assert (values("1") or {})["city"] == "Echt"
    assert [event.action for event in store.consents.events_of(ann)] == [Action.objected]


def test_who_came_meanwhile_gets_the_row_of_their_number_and_no_second_key(
    load: Import, store: Store, values: Values, ring: KeyRing, number: Any, meanwhile: Meanwhile
) -> None:
    came: list[int] = []
    times = meanwhile(lambda: came.append(store.profiles.create([("customer_number", number("1"))], NOW)))
    summary = load(HEAD + ANN + BOB)
    assert (len(times), summary.new) == (1, 1)
    assert store.profiles.subject_of(ring.identifier_digest("email", "ann@a.nl")) == came[0]
    assert (values("1") or {})["city"] == "Ede"
    assert (values("2") or {})["city"] == "Epe"
    subjects, keys = subjects_and_keys(store)
    assert (len(subjects), keys) == (2, subjects)


def test_who_signed_up_meanwhile_is_the_customer_whose_address_it_is(
    load: Import, store: Store, ring: KeyRing, number: Any, meanwhile: Meanwhile
) -> None:
    came: list[int] = []
    mail = ("email", ring.identifier_digest("email", "ann@a.nl"))
    times = meanwhile(lambda: came or came.append(store.profiles.create([mail], NOW)))
    summary = load(HEAD + ANN + BOB)
    assert (len(times), summary.adopted.lines) == (2, (2,))
    assert store.profiles.subject_of(mail[1]) == store.profiles.subject_of(number("1")) == came[0]
    subjects, keys = subjects_and_keys(store)
    assert (len(subjects), keys) == (2, subjects)


def test_a_reader_who_becomes_a_customer_may_go_on_reading_meanwhile(
    load: Import, store: Store, ring: KeyRing, number: Any, meanwhile: Meanwhile
) -> None:
    reader = store.profiles.create([("email", ring.identifier_digest("email", "ann@a.nl"))], NOW)
    times = meanwhile(lambda: store.consents.append([objection(reader)]))
    assert load(HEAD + ANN).adopted.count == 1
    assert len(times) == 1
    assert store.profiles.subject_of(number("1")) == reader


def test_a_reader_who_is_erased_while_they_become_a_customer_does_not_come_back(
    load: Import, store: Store, ring: KeyRing, number: Any, meanwhile: Meanwhile
) -> None:
    reader = store.profiles.create([("email", ring.identifier_digest("email", "ann@a.nl"))], NOW)
    erasures = SqliteErasures(store.people, store.keys)

    def erase() -> None:
        if erasures.is_left(reader):
            erasures.overwrite_key(reader, 0)
            erasures.remove(reader, NOW, 0)

    meanwhile(erase)
    assert load(HEAD + ANN).adopted.count == 0
    assert store.profiles.subject_of(number("1")) not in (reader, None)
    subjects, keys = subjects_and_keys(store)
    assert (len(subjects), keys) == (1, subjects)


def test_an_address_that_stays_in_dispute_does_not_hold_an_import_up_for_good(
    load: Import, store: Store, ring: KeyRing, number: Any, meanwhile: Meanwhile
) -> None:
    load(HEAD + BOB.replace("bob@b.nl", "ann@a.nl"))
    bob = store.profiles.subject_of(number("2"))
    assert bob is not None
    turn = iter(range(1, 100))
    meanwhile(lambda: store.consents.append([structs.replace(objection(bob), event_id=next(turn).to_bytes(16, "big"))]))
    assert load(HEAD + ANN).new == 1
    assert store.profiles.subject_of(ring.identifier_digest("email", "ann@a.nl")) is None


@pytest.mark.parametrize("rows", [ANN, ANN + BOB])
def test_a_row_whose_number_two_people_claim_meanwhile_is_left_out_and_told(
    load: Import, store: Store, tmp_path: Path, number: Any, meanwhile: Meanwhile, rows: str
) -> None:
    others, accepted = [b"x", b"y"], rows.count("\n") - 1

    def claim() -> None:
        while others:
            subject = store.profiles.create([("email", others.pop())], NOW)
            with store.people.write() as people:
                people.execute("INSERT INTO identifiers VALUES (?, ?, 'customer_number', 0)", (number("1"), subject))

    meanwhile(claim)
    summary = load(HEAD + rows)
    assert (summary.rows, summary.accepted, summary.rejected) == (accepted + 1, accepted, 1)
    (told,) = summary.left_out
    reason = "two people already claim this customer_number: correct it at the source"
    assert (told.reason, told.lines) == (reason, (2,))
    assert f"2,row rejected,{reason}," in (tmp_path / "store/rejects/extract.csv.rejects.csv").read_text("utf-8-sig")
    assert store.people.all("SELECT accepted, rejected FROM batches") == [(1, 1)][:accepted]
    assert store.people.one("SELECT count(*) FROM profiles") == (accepted,)
    subjects, keys = subjects_and_keys(store)
    assert (len(subjects), keys) == (2 + accepted, subjects)


def test_who_was_erased_meanwhile_comes_back_as_somebody_else(
    load: Import, store: Store, number: Any, meanwhile: Meanwhile
) -> None:
    load(HEAD + ANN)
    ann = store.profiles.subject_of(number("1"))
    assert ann is not None
    erasures = SqliteErasures(store.people, store.keys)

    def erase() -> None:
        if erasures.is_left(ann):
            erasures.overwrite_key(ann, 0)
            erasures.remove(ann, NOW, 0)

    times = meanwhile(erase)
    load(HEAD + ANN.replace("Ede", "Echt"))
    subjects, keys = subjects_and_keys(store)
    assert len(times) == 2
    assert ann not in subjects | keys
    assert (len(subjects), keys) == (1, subjects)


def test_a_newer_file_that_overlaps_is_not_replaced_by_the_older_one(
    load: Import, store: Store, values: Values, meanwhile: Meanwhile
) -> None:
    newer = [HEAD + ANN.replace("Ede", "Echt")]
    meanwhile(lambda: newer and load(newer.pop(), observed=NOW))
    with pytest.raises(ImportRefused, match="is older than batch 1"):
        load(HEAD + ANN, observed=NOW - 1)
    assert (values("1") or {})["city"] == "Echt"
    subjects, keys = subjects_and_keys(store)
    assert (len(subjects), keys) == (1, subjects)


def test_an_import_that_gives_up_leaves_no_key(load: Import, store: Store, meanwhile: Meanwhile) -> None:
    def other_import() -> None:
        with store.people.write() as people:
            people.execute("INSERT INTO changes (subject) VALUES (NULL)")

    times = meanwhile(other_import)
    with pytest.raises(StoreError, match="nothing was changed"):
        load(HEAD + ANN + BOB)
    assert len(times) > 1
    assert subjects_and_keys(store) == (set(), set())


def test_an_import_that_cannot_write_leaves_no_key(load: Import, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Staging, header: object) -> int:
        raise sqlite3.OperationalError("database or disk is full")

    load(HEAD + ANN)
    before = subjects_and_keys(store)
    monkeypatch.setattr(Staging, "_batch", full)
    with pytest.raises(StoreError, match="full"):
        load(HEAD + BOB)
    assert subjects_and_keys(store) == before
