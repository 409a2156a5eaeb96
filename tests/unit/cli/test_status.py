"""`personalize status`: every finding with its remedy and exit code, and what workers counted."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from personalize.model.decisions import Reason
from personalize.personalizer import Personalizer

from .conftest import Run, Visit, edit

DIES = """
import os
from personalize.personalizer import Personalizer
house = Personalizer.from_toml("personalize.toml").open()
house.watch.beat()
os._exit(9)
"""


@pytest.fixture
def worker(site: Path, run: Run) -> Iterator[Personalizer]:
    """A worker of the site that has said its word and indexed."""
    personalizer = Personalizer.from_toml(site / "personalize.toml")
    house = personalizer.open()
    house.indexer.drain()
    house.watch.beat()
    yield personalizer
    personalizer.close()


def names(run: Run) -> list[str]:
    result = run("status", "--json")
    assert result.code == (1 if result.json["findings"] else 0)
    return [finding["name"] for finding in result.json["findings"]]


def test_a_site_that_is_well_exits_with_0(worker: Personalizer, run: Run) -> None:
    result = run("status")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("Nothing is wrong.\nJournal: all is indexed; ")
    assert f"1 worker runs.\n  {worker.house.watch.worker}: since " in result.out


def test_what_live_workers_counted_is_added_up(worker: Personalizer, run: Run) -> None:
    other = Personalizer(worker.settings)
    for house in (other.open(), worker.house):
        house.tallies.default("offer", Reason.DISABLED)
        house.counters["cookie_duplicate"] += 1
        house.watch.beat()
    found = run("status", "--json").json
    assert found["decisions"] == [{"slot": "offer", "variant": None, "reason": "DISABLED", "count": 2}]
    assert (found["defaults"], found["faults"]) == ({"DISABLED": 2}, {"cookie_duplicate": 2})
    began = [datetime.fromisoformat(each["started"]) for each in found["workers"]]
    assert all(timedelta() <= datetime.now(UTC) - each < timedelta(minutes=5) for each in began)
    text = run("status").out
    assert "2 workers run." in text
    assert "Decisions:\n  offer  (default)  DISABLED  2\n" in text
    other.close()


def test_before_the_first_start_there_is_no_store_and_none_is_made(folder: Path, run: Run) -> None:
    assert run("keys", "new").code == 0
    result = run("status")
    assert result.code == 1
    assert "start the site once, or correct `[site] store`" in result.out
    assert not (folder / "store").exists()


def test_a_site_at_rest_is_well(site: Path, run: Run) -> None:
    result = run("status")
    assert (result.code, "No worker of the site runs." in result.out) == (0, True)


def test_entries_that_nobody_indexes_are_found_with_the_remedy(visit: Visit, site: Path, run: Run) -> None:
    visit("customer_number:C1", "offer", 1)
    lock = site / "store" / "index.lock"
    lock.touch()
    os.utime(lock, (time.time() - 11,) * 2)
    result = run("status")
    assert (result.code, names(run)) == (1, ["unindexed"])
    assert result.out.startswith("Nobody indexes the journal. Start `personalize index`, or restart the site.")


def test_without_its_key_file_a_site_is_not_well(worker: Personalizer, run: Run) -> None:
    worker.settings.site.keys.unlink()
    assert names(run) == ["keys"]


def test_an_erasure_list_that_takes_no_line_is_found_with_its_place(worker: Personalizer, run: Run) -> None:
    worker.settings.site.erasures.mkdir()
    result = run("status")
    assert (result.code, names(run)) == (1, ["erasures"])
    assert "personalize.erasures cannot be written (Is a directory): let this user write it" in result.out


def test_an_erasure_list_that_the_worker_s_user_cannot_write_is_found_though_this_one_can(
    worker: Personalizer, run: Run
) -> None:
    path = worker.settings.site.erasures
    path.mkdir()
    worker.house.watch._measured = None
    worker.house.watch.beat()
    path.rmdir()
    assert run("status").out.startswith(f"Worker {worker.house.watch.worker}: The erasure list takes no line")


def test_heads_that_cannot_be_kept_are_found_with_their_place(worker: Personalizer, run: Run) -> None:
    heads = worker.settings.site.heads
    heads.unlink(missing_ok=True)
    heads.mkdir()
    result = run("status")
    assert (result.code, names(run)) == (1, ["heads"])
    assert f"{heads}, cannot be kept: it cannot be read" in result.out
    assert "personalize verify" in result.out
    worker.house.watch._measured = None
    assert str(heads.parent) not in str(worker.house.health()["findings"])
    heads.rmdir()
    assert names(run) == []


def test_heads_whose_folder_takes_no_file_are_found(
    worker: Personalizer, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("personalize.cookbook.digests.os.access", lambda *_, **__: False)
    assert "its folder may not be written" in run("status").out


def test_a_disk_that_is_nearly_full_is_found(worker: Personalizer, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("personalize.health.findings.LEAST_FREE", 1 << 62)
    assert names(run) == ["disk"]


def test_a_backlog_over_the_bound_is_found(
    worker: Personalizer, visit: Visit, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit("customer_number:C1", "offer", 1)
    monkeypatch.setattr("personalize.health.findings.WAITING_BYTES", 1)
    assert names(run) == ["backlog"]


@pytest.mark.parametrize("name", ["people.sqlite", "cookbook.sqlite"])
def test_a_damaged_store_is_a_finding_and_not_a_traceback(site: Path, run: Run, name: str) -> None:
    (site / "store" / name).write_bytes(b"rubbish" * 1000)
    result = run("status")
    assert (result.code, result.err) == (1, "")
    assert f"{name} is not a database: put a backup back" in result.out


def test_open_requests_for_a_correction_are_counted(site: Path, run: Run) -> None:
    assert run("status", "--json").json["corrections"] == {"open": 0, "age": 0.0}
    asked = ("correct", "email:ann@example.org", "--attribute", "tenure", "--claimed", "24", "--reason", "called")
    assert run(*asked).code == 0
    assert "Corrections: 1 request waits, the oldest for 0 days; `personalize correct` lists them." in run("status").out
    assert run("status", "--json").json["corrections"]["open"] == 1


def test_a_store_that_is_gone_is_a_finding(site: Path, run: Run) -> None:
    shutil.rmtree(site / "store")
    assert names(run) == ["store"]


def test_what_a_worker_finds_of_itself_is_told_with_its_name(worker: Personalizer, run: Run) -> None:
    for _ in range(5):
        worker.house.tallies.default("offer", Reason.ERROR)
    worker.house.watch.beat()
    result = run("status")
    assert (result.code, names(run)) == (1, ["errors"])
    assert result.out.startswith(f"Worker {worker.house.watch.worker}: Errors gave 5 of 5 decisions")


def test_a_worker_that_died_is_told_but_its_counts_are_not_added(site: Path, run: Run) -> None:
    assert subprocess.run([sys.executable, "-c", DIES], cwd=site, check=False).returncode == 9
    found = run("status", "--json").json
    assert (found["workers"], len(found["died"])) == ([], 1)
    assert ", 0 decisions, died after " in run("status").out


def test_switched_off_is_no_finding(site: Path, run: Run) -> None:
    edit(site / "personalize.toml", "[site]", "[site]\nenabled = false")
    assert (run("status").code, run("status", "--json").json) == (0, {"status": "disabled"})
