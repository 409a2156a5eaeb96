"""The store's folder full, gone, or read-only (X8, X9): defaults, nothing written elsewhere, then normal again."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import absent
from tests.faults.site.browser import DEFAULTS, Site, recovery
from tests.faults.site.files import shown
from tests.faults.workers import PATIENCE, ROOT

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


def test_a_store_without_its_journal_begins_another_one(settings: Path) -> None:
    with Site(settings) as site:
        site.page(READER)
        site.house.indexer.stop()
        site.house.recorder.close()
        shutil.rmtree(settings.parent / "store" / "journal")
        page = site.page(READER)
        assert page.slots == shown(READER)
        assert len(site.house.cookbook.by_code(page.code)) == 3
