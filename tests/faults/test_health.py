"""A fault is visible: health says it in a sentence with the remedy while it lasts, and no longer."""

import re
import shutil
import time
from pathlib import Path

import pytest

from personalize.cli.main import main
from personalize.cookbook.turn import LOCK
from personalize.health import findings, watch
from personalize.hooks import Suppressor, hookimpl
from tests.faults.site.browser import Site, write_locked
from tests.faults.site.files import shown
from tests.faults.test_store_folder import on_a_small_disk
from tests.faults.workers import until, workers

READER = 3
NEARLY_FULL = """
import os, sys, time
from pathlib import Path
from tests.faults.site.browser import Site

store = Path(sys.argv[1]) / "store"
with Site(store.parent / "personalize.toml") as site:
    assert site.health()["findings"] == []
    with open(store / "filler", "wb") as filler:
        os.posix_fallocate(filler.fileno(), 0, 32 << 20)
    time.sleep(1)
    [finding] = site.health()["findings"]
    assert finding["name"] == "disk", finding
    assert site.page(1).code
    (store / "filler").unlink()
    time.sleep(1)
    assert site.health()["findings"] == []
print("fine")
"""


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure at every question, and find after half a second what takes ten or sixty."""
    monkeypatch.setattr(watch, "MEASURED_EVERY", 0.0)
    monkeypatch.setattr(findings, "UNINDEXED_SECONDS", 2.5)
    monkeypatch.setattr(findings, "WAITING_SECONDS", 1.5)


def found(site: Site) -> list[str]:
    """Return the names of what is wrong; the status code agrees, and no place on disk is told."""
    answer = site.client.get("/personalize/api/health")
    names = [finding["name"] for finding in answer.json()["findings"]]
    assert (answer.status_code, answer.json()["status"] == "ok") == (503 if names else 200, not names)
    assert str(site.personalizer.settings.root) not in answer.text
    return names


def test_a_site_that_works_is_well(settings: Path) -> None:
    with Site(settings) as site:
        assert site.page(READER).slots == shown(READER)
        assert found(site) == []


def test_without_an_indexer_nobody_indexes_and_then_somebody_does(settings: Path) -> None:
    with Site(settings) as site:
        site.house.indexer.stop()
        site.page(READER)
        until(lambda: "unindexed" in found(site), 5)
        site.house.indexer.start()
        until(lambda: found(site) == [], 5)


def test_an_entry_that_waits_for_a_locked_cookbook_is_a_finding(settings: Path) -> None:
    with Site(settings) as site:
        with write_locked(settings.parent / "store" / "cookbook.sqlite"):
            site.page(READER)
            until(lambda: "lag" in found(site), 10)
            assert (settings.parent / "store" / LOCK).exists()
        until(lambda: found(site) == [], 15)


def test_a_backlog_over_the_bound_is_a_finding(settings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(findings, "WAITING_BYTES", 1)
    with Site(settings) as site:
        site.house.indexer.stop()
        site.page(READER)
        assert "backlog" in found(site)
        site.house.indexer.start()
        until(lambda: found(site) == [], 5)


def test_a_key_file_that_goes_is_a_finding_though_pages_go_on(settings: Path) -> None:
    keys = settings.parent / "personalize.keys"
    with Site(settings) as site:
        keys.rename(keys.with_suffix(".away"))
        assert found(site) == ["keys"]
        assert site.page(READER).slots == shown(READER)
        keys.with_suffix(".away").rename(keys)
        assert found(site) == []


def test_consent_that_cannot_be_asked_is_a_finding(settings: Path) -> None:
    people = settings.parent / "store" / "people.sqlite"
    with Site(settings) as site:
        site.page(READER)
        people.rename(people.with_suffix(".away"))
        time.sleep(1)
        assert "consent" in found(site)
        people.with_suffix(".away").rename(people)
        until(lambda: found(site) == [], 5)


def test_a_store_that_is_gone_is_a_finding(settings: Path) -> None:
    with Site(settings) as site:
        site.page(READER)
        shutil.move(settings.parent / "store", settings.parent / "away")
        assert "store" in found(site)
        shutil.move(settings.parent / "away", settings.parent / "store")
        until(lambda: found(site) == [], 5)


@pytest.mark.soak
def test_a_disk_that_is_nearly_full_is_a_finding_before_it_is_full(settings: Path) -> None:
    on_a_small_disk(settings, NEARLY_FULL, "152m")


class Broken:
    """A plugin whose rule raises."""

    plugin_name = "broken"

    @hookimpl
    def personalize_suppressors(self, config: object) -> object:
        yield Suppressor(name="raising", suppress=self._raise)

    def _raise(self, view: object, candidate: object, context: object) -> bool:
        raise ValueError


def test_defaults_because_of_errors_are_a_finding_with_their_share(settings: Path) -> None:
    with Site(settings, [Broken()]) as site:
        reasons = [reason for number in range(1, 11) for reason in site.page(number).reasons.values()]
        assert found(site) == ["errors"]
        health, failed = site.health(), reasons.count("ERROR")
        assert health["status"].startswith(f"Errors gave {failed} of 30 decisions of the last minute the default. ")
        assert (health["decisions"], health["defaults"]["ERROR"]) == (30, failed)
        assert health["counters"]["rule_failed"] >= 3


@pytest.mark.server
def test_two_workers_count_for_themselves_and_a_killed_one_is_told(
    settings: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = settings.parent / "store" / "workers"
    with workers(settings) as [first, _second]:
        until(lambda: len(list(folder.glob("*.json"))) == 2)
        assert main(["status", "--config", str(settings)]) == 0
        assert "2 workers run." in capsys.readouterr().out
        first.kill()
        first.bury()
        main(["status", "--config", str(settings)])
        out = capsys.readouterr().out
        assert "1 worker runs." in out
        assert len(re.findall(r"died after", out)) == 1
