"""The ports on people.sqlite and keys.sqlite."""

import sqlite3
import threading

import pytest

from personalize.errors import ConsentRefused, NotFound, StoreError
from personalize.model.attributes import Stored
from personalize.model.consent import Action, Basis, ConsentEvent
from personalize.model.people import Assurance
from personalize.ports import Changes, Handle
from personalize.profile.delivered import encode_body
from personalize.storage.open import Store, open_store
from personalize.storage.sqlite.erasing import SqliteErasures


def event(subject: int, number: int = 1, action: Action = Action.objected) -> ConsentEvent:
    return ConsentEvent(
        event_id=number.to_bytes(16, "big"),
        subject=subject,
        purpose="offers",
        action=action,
        basis=Basis.legitimate_interest,
        method="page",
        actor="visitor",
        assurance=Assurance.login,
        occurred_at=1,
        recorded_at=2,
        evidence={"browser": "Firefox"},
    )


def add_profile(store: Store, subject: int, source: str, batch: int, *rows: list[object]) -> None:
    with store.people.write() as people:
        people.execute("INSERT INTO profiles VALUES (?, ?, ?, ?)", (subject, source, batch, encode_body(rows)))


def test_a_new_subject_is_found_by_each_identifier_and_has_a_key(store: Store) -> None:
    subject = store.profiles.create([("customer_number", b"n"), ("email", b"e")], now=5)
    person = store.profiles.load(subject)
    assert store.profiles.subject_of(b"n") == store.profiles.subject_of(b"e") == subject
    assert person is not None
    assert (person.epoch, len(person.key), person.values) == (0, 32, {})


def test_an_identifier_of_two_subjects_belongs_to_nobody(store: Store) -> None:
    first = store.profiles.create([("customer_number", b"1"), ("email", b"shared")], now=5)
    second = store.profiles.create([("customer_number", b"2"), ("email", b"shared")], now=5)
    assert store.profiles.subject_of(b"shared") is None
    assert store.profiles.subject_of(b"1") == first != second
    with pytest.raises(StoreError, match="Two people claim"):
        store.profiles.create([("email", b"shared")], now=5)


def test_two_threads_that_create_the_same_person_get_one(store: Store) -> None:
    made: list[int] = []
    threads = [
        threading.Thread(target=lambda: made.append(store.profiles.create([("email", b"e")], now=5))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 4
    assert len(set(made)) == 1
    assert store.keys.one("SELECT count(*) FROM subject_keys") == (1,)


def test_the_rows_of_all_sources_are_one_profile_in_which_the_newer_observation_wins(store: Store) -> None:
    subject = store.profiles.create([("email", b"e")], now=5)
    add_profile(store, subject, "crm", 1, ["active", True, 10], ["city", "Ede", 20])
    add_profile(store, subject, "web", 2, ["city", "Epe", 15], ["topics", ["art", "film"], 15])
    person = store.profiles.load(subject)
    assert person is not None
    assert person.values == {
        "active": Stored(True, 10, 1),
        "city": Stored("Ede", 20, 1),
        "topics": Stored(("art", "film"), 15, 2),
    }


def test_a_subject_without_its_sealing_key_is_nobody(store: Store) -> None:
    subject = store.profiles.create([("email", b"e")], now=5)
    with store.keys.write() as keys:
        keys.execute("DELETE FROM subject_keys")
    assert store.profiles.load(subject) is None
    assert store.profiles.load(1) is None


def test_a_damaged_profile_is_an_error_that_names_the_remedy(store: Store) -> None:
    subject = store.profiles.create([("email", b"e")], now=5)
    with store.people.write() as people:
        people.execute("INSERT INTO profiles VALUES (?, 'crm', 1, x'93')", (subject,))
    with pytest.raises(StoreError, match="import its source again"):
        store.profiles.load(subject)


def test_subjects_come_in_order_and_no_open_query_holds_back_news(store: Store) -> None:
    with store.people.write() as people:
        people.executemany("INSERT INTO subjects (subject, created_at) VALUES (?, 1)", [(n,) for n in range(1, 2_502)])
    walk = store.profiles.subjects()
    assert next(walk) == 1
    late = store.profiles.create([("email", b"e")], now=5)
    assert store.profiles.load(late) is not None
    assert [1, *walk] == sorted({*range(1, 2_502), late})


def test_events_are_kept_in_order_and_raise_the_epoch_once(store: Store) -> None:
    subject = store.profiles.create([("email", b"e")], now=5)
    objection, lifted = event(subject, 1), event(subject, 2, Action.objection_lifted)
    store.consents.append([objection])
    store.consents.append([objection, lifted])
    person = store.profiles.load(subject)
    assert store.consents.events_of(subject) == [objection, lifted]
    assert person is not None
    assert person.epoch == 2


def test_an_event_about_an_unknown_person_refuses_the_whole_list(store: Store) -> None:
    subject = store.profiles.create([("email", b"e")], now=5)
    with pytest.raises(ConsentRefused, match="not known here"):
        store.consents.append([event(subject, 1), event(subject + 1, 2)])
    assert store.consents.events_of(subject) == []


def test_handles_are_found_by_their_digest_alone(store: Store) -> None:
    subject = store.profiles.create([("email", b"e")], now=5)
    row = Handle(subject=subject, mailing="weekly", campaign=b"123456", issued=1, expires=2)
    store.handles.add_handles([(b"d", row)])
    assert store.handles.handle(b"d") == row
    assert store.handles.handle(b"x") is None
    with pytest.raises(StoreError):
        store.handles.add_handles([(b"e", row), (b"d", row)])
    assert store.handles.handle(b"e") is None


def test_nobody_who_was_erased_is_named_again_by_a_link_a_login_or_a_mail(store: Store) -> None:
    subject = store.profiles.create([("email", b"e")], now=5)
    device = store.browsers.begin_device(b"d", now=5)
    erasures = SqliteErasures(store.people, store.keys)
    erasures.overwrite_key(subject, 0)
    erasures.remove(subject, 6, 0)
    assert not store.browsers.link(device, subject, "login", now=7)
    with pytest.raises(NotFound):
        store.browsers.begin(b"b", subject, 3, now=7, ends=b"d", means="login")
    row = Handle(subject=subject, mailing="weekly", campaign=b"123456", issued=7, expires=9)
    store.handles.add_handles([(b"h", row)])
    assert not erasures.is_left(subject)
    assert store.handles.mailings()[0].people == 0
    assert store.browsers.browser(b"d").ended_at is None


def test_nothing_links_to_a_device_that_was_erased(store: Store) -> None:
    subject = store.profiles.create([("email", b"e")], now=5)
    device = store.browsers.begin_device(b"d", now=5)
    SqliteErasures(store.people, store.keys).remove(device, 6, 0)
    assert not store.browsers.link(device, subject, "login", now=7)
    assert store.browsers.links_of(subject) == []


def test_a_recipe_stays_as_it_was_first_saved(store: Store) -> None:
    store.content.save_recipe("d", b"first", now=1)
    store.content.save_recipe("d", b"second", now=2)
    assert store.content.recipe("d") == b"first"
    assert store.content.recipe("e") is None


def test_the_feed_is_silent_until_something_concerns_somebody(store: Store) -> None:
    assert store.changes.poll(0) is None
    store.content.save_recipe("d", b"x", now=1)
    assert store.changes.poll(0) is None
    subject = store.profiles.create([("email", b"e")], now=5)
    assert store.changes.poll(0) == Changes(seq=1, subjects=frozenset({subject}))
    assert store.changes.poll(1) is None


def test_the_feed_names_the_subjects_that_changed_also_in_another_process(store: Store) -> None:
    subject = store.profiles.create([("email", b"e")], now=5)
    start = store.changes.poll(0)
    assert start is not None
    other = open_store(store.folder)
    other.consents.append([event(subject)])
    assert store.changes.poll(start.seq) == Changes(seq=start.seq + 1, subjects=frozenset({subject}))
    other.close()


def test_a_change_without_subject_means_everything(store: Store) -> None:
    with store.people.write() as people:
        people.execute("INSERT INTO changes (subject) VALUES (NULL)")
    assert store.changes.poll(0) == Changes(seq=1, everything=True)


def test_a_replaced_file_means_everything_and_is_read_from_then_on(store: Store) -> None:
    subject = store.profiles.create([("email", b"e")], now=5)
    store.changes.poll(0)
    other = open_store(store.folder.parent / "other")
    other.content.save_recipe("d", b"other", now=1)
    other.close()
    (store.folder.parent / "other" / "people.sqlite").replace(store.people.path)
    assert store.changes.poll(1) == Changes(seq=0, everything=True, replaced=True)
    assert store.changes.poll(0) is None
    assert store.content.recipe("d") == b"other"
    assert store.profiles.load(subject) is None


def test_numbers_that_went_back_mean_everything(store: Store) -> None:
    assert store.changes.poll(12) == Changes(seq=0, everything=True)


def test_a_feed_that_cannot_tell_raises(store: Store) -> None:
    store.people.path.unlink()
    with pytest.raises(StoreError, match="is gone"):
        store.changes.poll(0)


def test_the_feed_sees_a_commit_of_a_connection_that_is_not_ours(store: Store) -> None:
    store.changes.poll(0)
    raw = sqlite3.connect(store.people.path)
    raw.execute("INSERT INTO changes (subject) VALUES (9)")
    raw.commit()
    raw.close()
    assert store.changes.poll(0) == Changes(seq=1, subjects=frozenset({9}))


def test_one_look_shows_a_person_with_every_event_and_every_source_once(store: Store) -> None:
    subject = store.profiles.create([("customer_number", b"n")], now=5)
    add_profile(store, subject, "web", 2, ["city", "Epe", 15])
    add_profile(store, subject, "crm", 1, ["active", True, 10])
    told = [event(subject, 1), event(subject, 2, Action.objection_lifted)]
    store.consents.append(told)
    found, seen = store.profiles.sight_of(b"n")
    assert found == subject
    assert seen is not None
    assert seen == store.profiles.sight(subject)
    assert (seen.epoch, seen.events, [batch for batch, _ in seen.delivered]) == (2, told, [1, 2])


def test_one_look_finds_nobody_where_two_claim_the_identifier_or_the_key_is_gone(store: Store) -> None:
    first = store.profiles.create([("customer_number", b"1"), ("email", b"shared")], now=5)
    store.profiles.create([("customer_number", b"2"), ("email", b"shared")], now=5)
    with store.keys.write() as keys:
        keys.execute("DELETE FROM subject_keys WHERE subject = ?", (first,))
    assert store.profiles.sight_of(b"shared") == store.profiles.sight_of(b"nobody") == (None, None)
    assert store.profiles.sight_of(b"1") == (first, None)
