"""The store's folder full, gone, or read-only (X8, X9): defaults, nothing written elsewhere, then normal again."""

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from personalize.onboarding.importing import import_file
from personalize.profile.freshness import BLIND_SECONDS, POLL_SECONDS
from personalize.recognition.keys import KeyRing
from personalize.rights.backup import back_up
from personalize.rights.restoring import restore
from personalize.settings import load_settings
from tests.conftest import absent
from tests.faults.site.app import customer
from tests.faults.site.browser import DEFAULTS, Site, recovery
from tests.faults.site.files import opened, shown
from tests.faults.workers import PATIENCE, ROOT, until, workers

READER = 3
FULL = """
import sys
from pathlib import Path
from personalize.errors import StoreError
from tests.faults.site.app import customer
from tests.faults.site.browser import DEFAULTS, Site, recovery
from tests.faults.site.files import shown

store = Path(sys.argv[1]) / "store"
with Site(store.parent / "personalize.toml") as site:
    before = [site.page(number) for number in range(1, 31)]
    assert all(page.slots == shown(page.customer) for page in before)
    with open(store / "filler", "wb", buffering=0) as filler:
        try:
            while filler.write(bytes(4096)):
                pass
        except OSError:
            pass
    refused = []
    while len(refused) < 100:
        page = site.page(1 + len(refused) % 30)
        wanted = shown(page.customer)
        if page.slots == DEFAULTS:
            assert set(page.reasons.values()) == {"UNRECORDED"} and not page.code, page
            refused.append(page)
        elif page.slots == wanted:
            before.append(page)
        else:
            assert all(page.slots[slot] in ("default", wanted[slot]) for slot in wanted)
    assert site.health()["counters"]["unrecorded"] >= 300
    try:
        site.house.ledger.withdraw(customer(site.house, 1), "reading")
    except StoreError as error:
        assert "the disk is full: make room" in str(error), error
    else:
        raise AssertionError("a withdrawal was taken that has no room")
    (store / "filler").unlink()
    assert recovery(site, 2, shown(2)) < 5
    for page in [*before, site.page(4)]:
        found = {entry.slot: entry.variant or "default" for entry in site.house.cookbook.by_code(page.code)}
        assert found == page.slots, (found, page)
    site.house.ledger.withdraw(customer(site.house, 1), "reading")
    assert site.page(1).slots["story"] == "default"
print("fine")
"""
READ_ONLY = """
import subprocess, sys
from pathlib import Path
import personalize.asgi.opening
from tests.faults.site.browser import DEFAULTS, Site, recovery
from tests.faults.site.files import shown

folder, number = Path(sys.argv[1]), 3
personalize.asgi.opening.AGAIN_AFTER = 0.2
subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
with Site(folder / "personalize.toml") as site:
    page = site.page(number)
    assert (page.slots, page.code) == (DEFAULTS, ""), page
    assert site.health()["status"].startswith("The store cannot be used now: check that its folder"), site.health()
    subprocess.run(["mount", "-o", "remount,rw", str(folder)], check=True)
    assert recovery(site, number, shown(number)) < 5
print("fine")
"""


def on_a_small_disk(settings: Path, script: str, size: str) -> None:
    """Run a script with the site on a disk of its own, which nobody else sees."""
    if os.geteuid() != 0 or subprocess.run(["unshare", "-m", "true"], check=False).returncode:
        absent("a private mount needs root")
    disk = settings.parent.parent / "disk"
    disk.mkdir()
    shell = 'mount -t tmpfs -o size="$1" none "$2" && cp -a "$3/." "$2" && exec "$4" -c "$5" "$2"'
    arguments = [size, str(disk), str(settings.parent), sys.executable, script]
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", shell, "sh", *arguments],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=2 * PATIENCE,
    )  # fmt: skip
    assert (done.stdout, done.returncode) == ("fine\n", 0), done.stderr[-3000:]


def test_on_a_full_disk_everybody_sees_the_default_until_there_is_room(settings: Path) -> None:
    on_a_small_disk(settings, FULL, "3m")


def test_on_a_read_only_disk_everybody_sees_the_default_until_it_is_writable(settings: Path) -> None:
    on_a_small_disk(settings, READ_ONLY, "8m")


def move_away(store: Path) -> None:
    store.rename(store.with_name("away"))


@pytest.mark.parametrize("removal", [shutil.rmtree, move_away])
def test_a_store_that_goes_away_is_not_made_anew_and_nobody_is_personalised(
    settings: Path, removal: Callable[[Path], None]
) -> None:
    store = settings.parent / "store"
    with Site(settings) as site:
        assert site.page(READER).slots == shown(READER)
        removal(store)
        time.sleep(1)
        for number in (READER, 25, None):
            assert site.page(number).slots == DEFAULTS
        assert site.client.get("/personalize/api/health").status_code == 503
        assert not store.exists()


def damage(people: Path) -> None:
    people.write_bytes(bytes(4096))


def make_newer(people: Path) -> None:
    with closing(sqlite3.connect(people)) as database:
        database.execute("PRAGMA user_version = 99")


@pytest.mark.parametrize(("spoil", "remedy"), [(damage, "a backup back."), (make_newer, "install that version again.")])
def test_a_store_that_cannot_be_opened_is_a_finding_with_the_right_remedy(
    settings: Path, spoil: Callable[[Path], None], remedy: str
) -> None:
    spoil(settings.parent / "store" / "people.sqlite")
    with Site(settings) as site:
        assert site.page(READER).slots == DEFAULTS
        assert site.health()["status"].endswith(remedy)
        assert str(settings.parent) not in site.health()["status"]


def test_a_store_that_comes_back_is_used_again(settings: Path) -> None:
    store = settings.parent / "store"
    away = store.with_name("away")
    with Site(settings) as site:
        first = site.page(READER)
        store.rename(away)
        time.sleep(1)
        assert site.page(READER).slots == DEFAULTS
        away.rename(store)
        assert recovery(site, READER, shown(READER)) < 5
        assert len(site.house.cookbook.by_code(first.code)) == 3


@pytest.mark.parametrize("writes_first", [False, True])
def test_a_backup_put_back_under_a_running_site_gets_its_entries(settings: Path, writes_first: bool) -> None:
    store, copy, keys = settings.parent / "store", settings.parent / "copy", settings.parent / "apart"
    ring, told = KeyRing.load(settings.parent / "personalize.keys"), load_settings(settings)
    with Site(settings) as site:
        house = site.house
        back_up(house.store, house.indexer, house.rights.sweep, copy, keys, now=house.clock.now(), site="")
        lost = site.page(READER)
        store.rename(store.with_name("away"))
        restore(told, ring, copy, keys, now=house.clock.now())
        if writes_first:
            house.ledger.withdraw(customer(house, 1), "reading")
        time.sleep(POLL_SECONDS)
        page = site.page(READER)
        assert page.slots == shown(READER)
        assert len(house.cookbook.by_code(page.code)) == 3
        assert house.cookbook.by_code(lost.code) == []
        with opened(settings) as another:
            assert len(another.cookbook.by_code(page.code)) == 3
            assert another.explain(another.cookbook.by_code(page.code)[0], "en").why
            another.ledger.withdraw(customer(another, READER), "reading")
        time.sleep(POLL_SECONDS)
        assert site.page(READER).slots["story"] == "default"


def test_what_was_in_force_goes_along_into_the_store_that_was_put_back(settings: Path) -> None:
    store, copy, keys = settings.parent / "store", settings.parent / "copy", settings.parent / "apart"
    variants = settings.parent / "content" / "variants.toml"
    ring, told = KeyRing.load(settings.parent / "personalize.keys"), load_settings(settings)
    with Site(settings) as site:
        house = site.house
        back_up(house.store, house.indexer, house.rights.sweep, copy, keys, now=house.clock.now(), site="")
        before = site.health()["recipe"]
        variants.write_text(variants.read_text("utf-8").replace("Come back", "Come back soon"), "utf-8")
        until(lambda: bool(site.page(READER).slots) and site.health()["recipe"] != before, 5)
        after = site.health()["recipe"]
        store.rename(store.with_name("away"))
        restore(told, ring, copy, keys, now=house.clock.now())
        time.sleep(POLL_SECONDS)
        assert site.page(READER).slots == shown(READER)
    variants.write_text("[[variant]", "utf-8")
    with Site(settings) as site:
        assert site.health()["recipe"] == after


def test_an_import_after_the_restore_is_not_taken_for_one_that_had_its_number_before(settings: Path) -> None:
    store, copy, keys = settings.parent / "store", settings.parent / "copy", settings.parent / "apart"
    ring, told = KeyRing.load(settings.parent / "personalize.keys"), load_settings(settings)

    def observed_after_an_import() -> set[tuple[int, int]]:
        """Import the customers as of now, which is returned, with what a page read of them then."""
        at = house.clock.now()
        import_file(
            settings.parent / "crm.csv", "crm", told, house.store, ring, house.clock,
            noes=house.rights.noes, observed=at,
        )  # fmt: skip
        time.sleep(POLL_SECONDS)
        code = site.page(READER).code
        with opened(settings) as another:
            entries = [*house.cookbook.by_code(code), *another.cookbook.by_code(code)]
        return {(item.value.observed - at, item.value.batch) for entry in entries for item in entry.ingredients}

    with Site(settings) as site:
        house = site.house
        back_up(house.store, house.indexer, house.rights.sweep, copy, keys, now=house.clock.now(), site="")
        assert observed_after_an_import() == {(0, 2)}
        store.rename(store.with_name("away"))
        restore(told, ring, copy, keys, now=house.clock.now())
        time.sleep(POLL_SECONDS)
        site.page(READER)
        assert observed_after_an_import() == {(0, 2)}


def test_nobody_is_personalised_before_the_store_put_back_is_whole(settings: Path) -> None:
    store = settings.parent / "store"
    away, cookbook = store.with_name("away"), "cookbook.sqlite"
    with Site(settings) as site:
        assert site.page(READER).slots == shown(READER)
        site.house.indexer.stop()
        shutil.copytree(store, settings.parent / "copy", ignore=shutil.ignore_patterns(f"{cookbook}*", "index.lock"))
        store.rename(away)
        (settings.parent / "copy").rename(store)
        time.sleep(POLL_SECONDS)
        assert site.page(READER).slots == DEFAULTS
        shutil.copy(away / cookbook, store / cookbook)
        assert recovery(site, READER, shown(READER)) < 5
        assert len(site.house.cookbook.by_code(site.page(READER).code)) == 3


@pytest.mark.server
def test_a_worker_whose_log_was_taken_away_personalises_nobody_until_it_is_started_again(settings: Path) -> None:
    store = settings.parent / "store"
    with workers(settings, 1) as [worker]:
        worker.post("/withdraw/1", 1, "")
        for suffix in ("-wal", "-shm"):
            (store / f"people.sqlite{suffix}").unlink()
        with workers(settings, 1) as [another]:  # begins a log of its own, which the first one never sees
            another.post(f"/withdraw/{READER}", READER, "")
            time.sleep(POLL_SECONDS + BLIND_SECONDS)
            assert worker.page(READER).slots == worker.page(5).slots == DEFAULTS
    with Site(settings) as site:
        assert site.page(5).slots == shown(5)
        assert {site.page(number).slots["story"] for number in (1, READER)} == {"default"}


def test_a_store_without_its_journal_begins_another_one(settings: Path) -> None:
    with Site(settings) as site:
        site.page(READER)
        site.house.indexer.stop()
        site.house.recorder.close()
        shutil.rmtree(settings.parent / "store" / "journal")
        page = site.page(READER)
        assert page.slots == shown(READER)
        assert len(site.house.cookbook.by_code(page.code)) == 3


def test_an_error_of_the_store_is_told_in_full_once_however_many_ask(
    settings: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Site(settings) as site:
        (settings.parent / "store" / "cookbook.sqlite").unlink()
        for number in range(1, 31):
            assert site.client.get("/personalize/me", headers={"x-customer": str(number)}).status_code == 503
    full = [record.getMessage() for record in caplog.records if record.exc_info]
    assert full == ["The visitor's page could not read what is kept."]
