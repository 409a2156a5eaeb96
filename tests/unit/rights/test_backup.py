"""A backup is whole, apart from its keys, and is put back only where nothing is written over."""

import json
import shutil
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from personalize.errors import StoreError
from personalize.house import House
from personalize.model.people import Assurance
from personalize.model.staff import Session
from personalize.ports import KeptLogin
from personalize.recognition.keys import KeyRing
from personalize.rights.backup import Backup, back_up, copy
from personalize.rights.restoring import Restored, restore
from personalize.settings import load_settings
from personalize.storage.sqlite.connect import Database
from tests.unit.rights.planting import CUSTOMERS, NOW, subject_of

Scan = Callable[..., set[str]]
Reopen = Callable[[], House]


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path]:
    return tmp_path / "copy", tmp_path / "apart"


def backed_up(house: House, folder: Path, keys: Path) -> Backup:
    url = house.settings.site.url
    return back_up(house.store, house.indexer, house.rights.sweep, folder, keys, now=house.clock.now(), site=url)


def put_back(settings: Path, folder: Path, keys: Path) -> Restored:
    ring = KeyRing.load(settings.parent / "personalize.keys")
    return restore(load_settings(settings), ring, folder, keys, now=NOW)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_keys_lie_apart_and_everything_is_for_its_owner_alone(house: House, places: tuple[Path, Path]) -> None:
    backup = backed_up(house, *places)
    assert names(places[0]) == {"cookbook.sqlite", "people.sqlite", "backup.json"}
    assert names(places[1]) == {"keys.sqlite"}
    files = [path for place in places for path in (place, *place.iterdir())]
    assert all(path.stat().st_mode & 0o077 == 0 for path in files)
    assert json.loads((places[0] / "backup.json").read_text())["made_at"] == backup.made_at == NOW


def test_a_restored_store_is_as_it_was_then_journal_included(
    house: House, settings: Path, open_house: Reopen, places: tuple[Path, Path], visit: Any
) -> None:
    backed_up(house, *places)
    before = list(house.cookbook.by_time(0, 1 << 62))
    visit(house, 3)
    house.close()
    shutil.rmtree(settings.parent / "store")
    restored = put_back(settings, *places)
    assert (restored.made_at, restored.erased, restored.people) == (NOW, 0, CUSTOMERS)
    house = open_house()
    assert list(house.cookbook.by_time(0, 1 << 62)) == before
    assert len(before) == 2 * CUSTOMERS
    assert house.verify(0, 1 << 62).found == ()
    assert visit(house, 3).entry_id


def test_a_backup_holds_nothing_of_the_erased(house: House, places: tuple[Path, Path], scan: Scan) -> None:
    house.rights.erase(subject_of(house, 3))
    backed_up(house, *places)
    assert scan(places[0], 3) == set()
    assert scan(places[0], 4) == {"people.sqlite"}


def test_who_was_erased_since_stays_erased(
    house: House, settings: Path, open_house: Reopen, places: tuple[Path, Path], scan: Scan
) -> None:
    subject = subject_of(house, 3)
    backed_up(house, *places)
    house.rights.erase(subject)
    house.close()
    shutil.rmtree(settings.parent / "store")
    assert put_back(settings, *places).erased == 1
    assert scan(settings.parent / "store", 3) == set()
    house = open_house()
    assert house.store.profiles.key_of(subject) is None
    assert subject_of(house, 4)


def test_nobody_is_logged_in_after_a_restore(
    house: House, settings: Path, open_house: Reopen, places: tuple[Path, Path]
) -> None:
    def reference(cookie: str) -> bytes:
        found = house.pipeline.recogniser.browser_of(cookie.encode(), NOW)
        assert found is not None
        return found

    browsers, subject, reader = house.browsers, subject_of(house, 3), b"reader"
    device, own = browsers.begin_device(NOW)
    by_mail = reference(browsers.begin(subject, Assurance.mailbox, NOW, reference(own)))
    alone = reference(browsers.begin(subject, Assurance.login, NOW))
    login = KeptLogin(person=b"p", known_as=b"k", session=b"s", began_at=NOW, seen_at=NOW, sealed=b"")
    house.store.logins.begin(reader, login)
    house.store.sessions.begin(reader, Session(name="kim", began_at=NOW, seen_at=NOW))
    backed_up(house, *places)
    house.close()
    shutil.rmtree(settings.parent / "store")
    put_back(settings, *places)
    house = open_house()
    assert house.browsers.find(alone, NOW) is None
    left = house.browsers.find(by_mail, NOW)
    assert left is not None
    assert (left.subject, left.device, left.assurance) == (0, device, Assurance.click)
    assert house.store.logins.login(reader) is None
    assert house.store.sessions.session(reader) is None


def test_a_live_store_is_not_written_over(house: House, settings: Path, places: tuple[Path, Path]) -> None:
    backed_up(house, *places)
    with pytest.raises(StoreError, match="There is a store"):
        put_back(settings, *places)


@pytest.mark.parametrize(
    ("folder", "keys"), [("copy", "copy"), ("copy", "copy/keys"), ("copy/body", "copy"), ("site/store/x", "apart")]
)
def test_keys_in_the_same_folder_are_refused(house: House, tmp_path: Path, folder: str, keys: str) -> None:
    with pytest.raises(StoreError, match="folder of their own"):
        backed_up(house, tmp_path / folder, tmp_path / keys)


def test_nothing_is_written_over(house: House, places: tuple[Path, Path]) -> None:
    backed_up(house, *places)
    with pytest.raises(StoreError, match="not an empty folder"):
        backed_up(house, *places)


@pytest.mark.parametrize("name", ["people.sqlite", "cookbook.sqlite", "keys.sqlite"])
def test_a_flipped_bit_is_found_before_anything_is_there(
    house: House, settings: Path, places: tuple[Path, Path], name: str
) -> None:
    backed_up(house, *places)
    house.close()
    shutil.rmtree(settings.parent / "store")
    path = places[name == "keys.sqlite"] / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(data)
    with pytest.raises(StoreError, match="not the file that was backed up"):
        put_back(settings, *places)
    assert names(settings.parent).isdisjoint({"store", ".store.restoring"})


def test_a_backup_that_was_cut_short_is_refused(house: House, settings: Path, places: tuple[Path, Path]) -> None:
    backed_up(house, *places)
    house.close()
    shutil.rmtree(settings.parent / "store")
    (places[0] / "backup.json").unlink()
    with pytest.raises(StoreError, match="no complete backup"):
        put_back(settings, *places)


def test_a_backup_made_while_others_write_is_whole(house: House, places: tuple[Path, Path]) -> None:
    stop = threading.Event()

    def write() -> None:
        number = 10_000
        while not stop.is_set():
            number += 1
            house.store.profiles.create([("customer_number", number.to_bytes(16, "big"))], NOW)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        backed_up(house, *places)
    finally:
        stop.set()
        thread.join()
    with closing(sqlite3.connect(places[0] / "people.sqlite")) as people:
        known = {row[0] for row in people.execute("SELECT subject FROM subjects")}
    with closing(sqlite3.connect(places[1] / "keys.sqlite")) as keys:
        keyed = {row[0] for row in keys.execute("SELECT subject FROM subject_keys")}
    assert known
    assert known <= keyed


def test_a_backup_of_a_damaged_store_is_refused(house: House, settings: Path, places: tuple[Path, Path]) -> None:
    house.close()
    path = settings.parent / "store" / "people.sqlite"
    data = bytearray(path.read_bytes())
    start = data.find(b"name-")
    page = start - start % 4096
    data[page + 3 : page + 5] = b"\xff\xff"  # so many cells that page cannot have
    path.write_bytes(data)
    places[0].mkdir()
    with pytest.raises(StoreError, match="damaged"):
        copy(path, places[0] / "people.sqlite")


def test_a_database_of_the_backup_opens_like_any_other(house: House, places: tuple[Path, Path]) -> None:
    backed_up(house, *places)
    database = Database(places[0] / "people.sqlite", "people")
    assert database.one("SELECT count(*) FROM subjects") == (CUSTOMERS,)
    database.close()
