"""An account of staff that was removed or made anew opens nothing in any backup put back."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from personalize.house import House
from personalize.model.staff import Account, Role, Session
from tests.unit.rights.planting import Hands
from tests.unit.rights.test_backup import backed_up, put_back

Reopen = Callable[[], House]


def account(name: str, made_at: int, password: str = "old", *roles: Role) -> Account:
    return Account(name=name, roles=frozenset(roles or Role), password=password, made_at=made_at)


@pytest.fixture
def restored(house: House, settings: Path, open_house: Reopen, tmp_path: Path) -> Callable[[], House]:
    """Back up now, with three accounts; what is returned puts that back in the store's place and opens it."""
    for name in ("anna", "bea", "carl"):
        house.accounts.put(account(name, house.clock.now()))
    backed_up(house, tmp_path / "copy", tmp_path / "apart")

    def put() -> House:
        open_house().close()
        shutil.rmtree(settings.parent / "store")
        put_back(settings, tmp_path / "copy", tmp_path / "apart")
        return open_house()

    return put


def names(house: House) -> list[str]:
    return [each.name for each in house.accounts.accounts()]


@pytest.mark.parametrize("later", [1, 0, -60_000_000])
def test_who_was_removed_or_has_another_password_or_role_does_not_come_back(
    house: House, restored: Reopen, clock: Hands, later: int
) -> None:
    clock.at += later
    assert house.accounts.remove("anna", clock.at)
    house.accounts.put(account("bea", clock.at, "new", Role.service))
    house = restored()
    assert names(house) == ["carl"]
    house.accounts.put(account("bea", clock.at, "third"))
    assert names(house) == ["bea", "carl"]


def test_who_was_removed_and_made_again_is_still_there_when_the_list_is_followed_again(
    house: House, restored: Reopen, open_house: Reopen, clock: Hands
) -> None:
    house.accounts.remove("anna", clock.at)
    house.accounts.put(account("anna", clock.at, "new"))
    with house.store.people.write() as people:
        people.execute("UPDATE erasure_list SET followed = 0")
    assert names(open_house()) == ["anna", "bea", "carl"]
    assert names(restored()) == ["bea", "carl"]


def test_a_restore_counts_the_accounts_that_it_closes_and_no_first_one(
    house: House, settings: Path, clock: Hands, tmp_path: Path
) -> None:
    house.accounts.put(account("anna", clock.at))
    backed_up(house, tmp_path / "copy", tmp_path / "apart")
    house.accounts.remove("anna", clock.at)
    house.accounts.put(account("dora", clock.at))
    house.close()
    shutil.rmtree(settings.parent / "store")
    assert put_back(settings, tmp_path / "copy", tmp_path / "apart").noes == 1


def test_files_copied_back_by_hand_sign_nobody_in_who_was_removed(
    house: House, settings: Path, open_house: Reopen, clock: Hands
) -> None:
    for name in ("anna", "bea"):
        house.accounts.put(account(name, clock.at))
        house.store.sessions.begin(name.encode(), Session(name=name, began_at=clock.at, seen_at=clock.at))
    house.close()
    store = settings.parent / "store"
    shutil.copytree(store, settings.parent / "copy")
    open_house().accounts.remove("anna", clock.at)
    open_house().close()
    shutil.rmtree(store)
    (settings.parent / "copy").rename(store)
    house = open_house()
    assert names(house) == ["bea"]
    assert house.store.sessions.session(b"anna") is None
    assert house.store.sessions.session(b"bea") is not None


def test_a_list_that_took_nothing_then_is_made_complete_later(
    house: House, settings: Path, restored: Reopen, clock: Hands
) -> None:
    listed = settings.parent / "personalize.erasures"
    listed.unlink(missing_ok=True)
    listed.mkdir()
    assert house.accounts.remove("anna", clock.at)
    assert names(house) == ["bea", "carl"]
    listed.rmdir()
    house.rights.sweep()
    assert names(restored()) == ["bea", "carl"]


def test_the_list_names_no_staff(house: House, settings: Path, restored: Reopen, clock: Hands) -> None:
    house.accounts.remove("anna", clock.at)
    *_, line = lines = (settings.parent / "personalize.erasures").read_bytes().splitlines()
    assert line.startswith(house.ring.erasure_digest(0).hex().encode())
    assert len(lines) == 4
    assert b"anna" not in b"".join(lines)
