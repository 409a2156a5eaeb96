"""An erasure that is killed at any step, or done under load, is carried on until no byte is left (X30, T40)."""

import json
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from personalize.cli.main import main
from personalize.rights.sweeping import Turn, is_restore_unfinished
from personalize.storage.open import open_store
from tests.faults.site.files import opened, write_files
from tests.faults.workers import ROOT, until, workers
from tests.unit.rights.conftest import holders
from tests.unit.rights.planting import CUSTOMERS, stocked, subject_of

VICTIM = 3
STEPS = (
    ("erasure_list.Pen.add", "before", 1),
    ("erasure_list.Pen.add", "after", 1),
    ("erasing.SqliteErasures.overwrite_key", "after", 1),
    ("erasing.SqliteErasures.remove", "after", 1),
    ("erasure.remove_rejects", "after", 1),
    ("erasing._empty_log", "after", 1),
    ("erasing._empty_log", "before", 4),
    ("erasing.SqliteErasures.scrub", "after", 1),
    ("erasing.SqliteErasures.note_swept", "after", 1),
)
FIRST = {2, 8}
"""Tried in every run; the others when there is time."""
EACH = [pytest.param(*step, marks=() if at in FIRST else pytest.mark.soak) for at, step in enumerate(STEPS)]
KILLED = """
import os, signal, sys
from pathlib import Path
from personalize.rights import erasure, erasure_list
from personalize.storage.sqlite import erasing
from tests.faults.site.files import opened
from tests.unit.rights.planting import subject_of

settings, step, when, times = Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
*place, name = step.split(".")
owner = {"erasure": erasure, "erasure_list": erasure_list, "erasing": erasing}[place[0]]
for part in place[1:]:
    owner = getattr(owner, part)
real, calls = getattr(owner, name), []

def dying(*args, **more):
    calls.append(1)
    if when == "before" and len(calls) == times:
        os.kill(os.getpid(), signal.SIGKILL)
    result = real(*args, **more)
    if when == "after" and len(calls) == times:
        os.kill(os.getpid(), signal.SIGKILL)
    return result

with opened(settings) as house:
    subject = subject_of(house, int(sys.argv[5]))
    setattr(owner, name, dying)
    house.rights.erase(subject)
    house.rights.sweep()
print("survived")
"""
ERASE = """
import sys
from pathlib import Path
from tests.faults.site.files import opened
from tests.unit.rights.planting import subject_of
with opened(Path(sys.argv[1])) as house:
    house.rights.erase(subject_of(house, int(sys.argv[2])))
"""


RESTORE_KILLED = """
import os, signal, sys
from pathlib import Path
from personalize.cli.main import main
from personalize.rights import restoring

restoring._followed = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
main(["restore", sys.argv[2], "--keys", sys.argv[3], "--config", sys.argv[1]])
"""


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    settings = write_files(tmp_path_factory.mktemp("erasure") / "site")
    with opened(settings) as house:
        stocked(house, settings.parent)
    return settings.parent


@pytest.fixture
def planted_site(stock: Path, tmp_path: Path) -> Path:
    """The settings of a site that has customers with planted values."""
    shutil.copytree(stock, tmp_path / "site")
    return tmp_path / "site" / "personalize.toml"


def run(program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize(("step", "when", "times"), EACH)
def test_an_erasure_killed_at_any_step_is_carried_on(planted_site: Path, step: str, when: str, times: int) -> None:
    store = planted_site.parent / "store"
    assert holders(store, VICTIM)
    done = run(KILLED, planted_site, step, when, times, VICTIM)
    assert (done.returncode, done.stdout) == (-9, ""), done.stderr
    begun = (planted_site.parent / "personalize.erasures").stat().st_size > 0
    assert begun == ((step, when) != ("erasure_list.Pen.add", "before"))
    with opened(planted_site) as house:  # opening carries on
        if not begun:
            house.rights.erase(subject_of(house, VICTIM))
        erased = [entry for entry in house.cookbook.by_time(0, 1 << 62) if entry.erased]
        assert len(erased) == 2
        subject = erased[0].subject
        assert house.store.profiles.load(subject) is None
        assert house.rights.erased_at(subject)
        house.rights.sweep()
        assert house.rights.unswept() == 0
        house.rights.erase(subject)  # twice
        assert house.rights.unswept() == 0
        assert subject_of(house, VICTIM + 1)
    assert holders(store, VICTIM) == set()
    assert len((planted_site.parent / "personalize.erasures").read_bytes().splitlines()) == 1


def test_an_erasure_killed_after_its_key_is_unreadable_before_anybody_carries_on(planted_site: Path) -> None:
    run(KILLED, planted_site, "erasing.SqliteErasures.overwrite_key", "after", 1, VICTIM)
    store = open_store(planted_site.parent / "store")
    try:
        keyless = [s for s in store.profiles.subjects() if store.profiles.key_of(s) is None]
        assert len(keyless) == 1
        assert store.profiles.load(keyless[0]) is None
    finally:
        store.close()


def test_a_backup_does_not_bring_an_erased_person_back(
    planted_site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config, copy, keys = str(planted_site), str(tmp_path / "copy"), str(tmp_path / "apart")
    assert main(["backup", copy, "--keys", keys, "--config", config]) == 0
    person = f"customer_number:{VICTIM}"
    assert main(["erase", person, "--reason", "asked for", "--yes", "--config", config]) == 0
    shutil.rmtree(planted_site.parent / "store")
    capsys.readouterr()
    assert main(["restore", copy, "--keys", keys, "--config", config, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["erased"], told["people"]) == (1, CUSTOMERS - 1)
    assert holders(planted_site.parent / "store", VICTIM) == set()
    assert main(["find", person, "--reason", "a test", "--config", config]) == 1
    assert main(["replay", "--config", config, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["entries"], report["erased"]) == (2 * CUSTOMERS, 2)
    assert (report["differences"], report["not_replayable"]) == (0, 0)


def test_what_a_killed_restore_left_is_found_and_goes_with_the_next_erasure(
    planted_site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config, copy, keys = str(planted_site), str(tmp_path / "copy"), str(tmp_path / "apart")
    store, left = planted_site.parent / "store", planted_site.parent / ".store.restoring"
    assert main(["backup", copy, "--keys", keys, "--config", config]) == 0
    store.rename(tmp_path / "before")
    assert run(RESTORE_KILLED, config, copy, keys).returncode == -9
    assert holders(left, VICTIM)
    (tmp_path / "before").rename(store)  # the old store will do after all
    capsys.readouterr()
    assert main(["status", "--config", config]) == 1
    assert "A restore was cut short" in capsys.readouterr().out
    assert main(["erase", f"customer_number:{VICTIM}", "--reason", "asked for", "--yes", "--config", config]) == 0
    assert holders(planted_site.parent, VICTIM) <= {"crm-0.csv", "crm-1.csv"}
    assert not left.exists()
    assert main(["status", "--config", config]) == 0


def test_a_restore_at_work_is_left_alone(planted_site: Path) -> None:
    store, left = planted_site.parent / "store", planted_site.parent / ".store.restoring"
    left.mkdir()
    with opened(planted_site) as house:
        with Turn(planted_site.parent, 0.0):
            assert not is_restore_unfinished(store)
            house.rights.sweep()
            assert left.exists()
        assert is_restore_unfinished(store)
        house.rights.sweep()
        assert not left.exists()


def test_two_restores_at_once_do_not_get_in_each_others_way(
    planted_site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (planted_site.parent / "store").rename(tmp_path / "before")
    with Turn(planted_site.parent, 0.0):
        assert main(["restore", "copy", "--keys", "apart", "--config", str(planted_site)]) == 2
    assert "Another restore is at work" in capsys.readouterr().err


@pytest.mark.server
@pytest.mark.soak
def test_under_load_every_worker_forgets_within_a_second_and_sweeps_within_a_minute(planted_site: Path) -> None:
    store, stop = planted_site.parent / "store", threading.Event()

    def browse(port_of: int) -> None:
        number = port_of
        while not stop.is_set():
            number = number % CUSTOMERS + 1
            group[port_of].page(number)
            time.sleep(0.002)  # busy, and other tests go on

    with workers(planted_site) as group:
        assert all(worker.page(VICTIM).code for worker in group)
        threads = [threading.Thread(target=browse, args=(place,)) for place in range(len(group))]
        for thread in threads:
            thread.start()
        try:
            assert run(ERASE, planted_site, VICTIM).returncode == 0
            time.sleep(1)
            assert not any(worker.page(VICTIM).code for worker in group)
            run(KILLED, planted_site, "erasing.SqliteErasures.overwrite_key", "after", 1, VICTIM + 1)
            until(lambda: not holders(store, VICTIM, VICTIM + 1), 60)
            until(lambda: not any(worker.page(VICTIM + 1).code for worker in group), 2)  # heard of it like the first
            assert group[0].page(VICTIM + 2).code
        finally:
            stop.set()
            for thread in threads:
                thread.join()
