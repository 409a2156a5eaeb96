"""The trail, the accounts and the sessions in people.sqlite."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from msgspec import structs

from personalize.errors import StoreError
from personalize.model.staff import Account, Look, Role, Session
from personalize.ports import Closing
from personalize.storage.open import Store, open_store

LOOK = Look(at=100, staff="anna", role="service", what="code", reason="caller", case="C-1", subject=7, query="code")
ANNA = Account(name="anna", roles=frozenset({Role.service, Role.admin}), password="$argon2id$x", made_at=1)
PERIOD = {"since": 0, "until": 1_000}


def looked_up(store: Store, since: int) -> int:
    """How many people anna looked up; this look is at nobody."""
    return store.staff.note_within(structs.replace(LOOK, subject=0), since, 100)


def test_a_look_is_kept_whole_and_outlives_the_process(store: Store) -> None:
    assert store.staff.note(LOOK) == 1
    store.close()
    again = open_store(store.folder)
    assert again.staff.looks(**PERIOD) == [LOOK]
    again.close()


def test_looks_are_found_by_period_staff_and_person_newest_first(store: Store) -> None:
    looks = [structs.replace(LOOK, at=at, staff=staff, subject=at % 3) for at, staff in enumerate(["a", "b"] * 5)]
    for look in looks:
        store.staff.note(look)
    newest = looks[::-1]
    assert store.staff.looks(**PERIOD) == newest
    assert store.staff.looks(since=2, until=5) == looks[4:1:-1]
    assert store.staff.looks(**PERIOD, staff="a") == newest[1::2]
    assert store.staff.looks(**PERIOD, subject=1) == [look for look in newest if look.subject == 1]
    assert store.staff.looks(**PERIOD, limit=3) == newest[:3]


def test_different_people_are_counted_once_each(store: Store) -> None:
    for subject in (5, 5, 6, 0):
        store.staff.note(structs.replace(LOOK, subject=subject))
    store.staff.note(structs.replace(LOOK, subject=8, at=50))
    store.staff.note(structs.replace(LOOK, subject=9, staff="bea"))
    store.staff.note(structs.replace(LOOK, subject=10, what="refused"))
    assert looked_up(store, since=100) == 2
    assert looked_up(store, since=0) == 3


def test_guessing_identifiers_counts_where_nobody_is_found(store: Store) -> None:
    for query in ("email:aa", "email:aa", "email:bb"):
        store.staff.note(structs.replace(LOOK, what="identifier", subject=0, query=query))
    assert looked_up(store, since=0) == 2


def test_two_processes_together_keep_no_more_than_the_limit(store: Store) -> None:
    other = open_store(store.folder)

    def note(subject: int) -> int:
        trail = (store, other)[subject % 2].staff
        return trail.note_within(structs.replace(LOOK, subject=subject), 0, 10)

    with ThreadPoolExecutor(8) as pool:
        counts = sorted(pool.map(note, range(1, 41)))
    other.close()
    assert counts == [*range(1, 11), *[11] * 30]
    assert [look.what for look in store.staff.looks(**PERIOD)].count("refused") == 30


def test_a_closed_store_takes_no_look(store: Store) -> None:
    store.close()
    with pytest.raises(StoreError):
        store.staff.note(LOOK)


def test_accounts_are_kept_replaced_and_closed(store: Store) -> None:
    bea = structs.replace(ANNA, name="bea", roles=frozenset())
    for account in (bea, ANNA, structs.replace(ANNA, made_at=2)):
        store.accounts.put(account)
    assert store.accounts.accounts() == [structs.replace(ANNA, made_at=2), bea]
    assert store.accounts.account("bea") == bea
    assert store.accounts.close(Closing(name="bea", before=2))
    assert not store.accounts.close(Closing(name="bea", before=2))
    assert store.accounts.account("bea") is None
    assert [account.name for account in store.accounts.accounts()] == ["anna"]


def test_of_a_closed_account_name_and_time_stay_and_no_password(store: Store) -> None:
    store.accounts.put(ANNA)
    store.accounts.close(Closing(name="anna", before=2))
    assert list(store.accounts.closings()) == [Closing(name="anna", before=2)]
    assert store.people.all("SELECT * FROM staff_accounts") == [("anna", "", "", 2)]


def test_a_session_lasts_until_it_is_ended(store: Store) -> None:
    store.sessions.begin(b"d", Session(name="anna", began_at=1, seen_at=1))
    store.sessions.seen(b"d", 9)
    store.sessions.seen(b"d", 5)
    assert store.sessions.session(b"d") == Session(name="anna", began_at=1, seen_at=9)
    store.sessions.end(b"d")
    store.sessions.seen(b"d", 10)
    assert store.sessions.session(b"d") is None


@pytest.mark.parametrize("change", ["put", "close"])
def test_a_changed_account_ends_its_own_sessions(store: Store, change: str) -> None:
    for name in ("anna", "bea"):
        store.accounts.put(structs.replace(ANNA, name=name))
        store.sessions.begin(name.encode(), Session(name=name, began_at=1, seen_at=1))
    store.accounts.put(ANNA) if change == "put" else store.accounts.close(Closing(name="anna", before=2))
    assert store.sessions.session(b"anna") is None
    assert store.sessions.session(b"bea") is not None


def test_old_sessions_are_swept_out(store: Store) -> None:
    for at in (1, 2, 3):
        store.sessions.begin(bytes([at]), Session(name="anna", began_at=at, seen_at=9))
    store.sessions.sweep(2)
    assert [store.sessions.session(bytes([at])) is None for at in (1, 2, 3)] == [True, False, False]
