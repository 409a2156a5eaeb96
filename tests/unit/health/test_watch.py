"""The watch of one worker, over a house of its own."""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from personalize import Personalizer
from personalize.health import watch as watching
from personalize.health.condition import Condition
from personalize.health.workers import workers_in
from personalize.house import House
from personalize.model.decisions import Reason
from personalize.recognition.keys import KeyRing
from personalize.storage.sqlite.restricting import SqliteRestrictions

SECOND = 1_000_000
HELLO = Path(__file__).resolve().parents[3] / "examples" / "01-hello"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    shutil.copy(HELLO / "personalize.toml", tmp_path)
    shutil.copytree(HELLO / "content", tmp_path / "content")
    personalizer = Personalizer.from_toml(tmp_path / "personalize.toml")
    KeyRing.new(personalizer.clock.now()).save(tmp_path / "personalize.keys")
    yield personalizer.open()
    personalizer.close()


def names(house: House) -> list[str]:
    return [finding.name for finding in house.watch.findings()]


def later(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Let time pass for the watch alone."""
    now = watching.monotonic
    monkeypatch.setattr(watching, "monotonic", lambda: now() + seconds)


def test_a_fresh_worker_is_well_before_anybody_has_indexed(house: House) -> None:
    assert names(house) == []
    assert house.health()["status"] == "ok"


def test_nobody_indexing_for_ten_seconds_is_found(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    later(monkeypatch, 9)
    assert names(house) == []
    later(monkeypatch, 2)
    assert names(house) == ["unindexed"]
    assert str(house.health()["status"]).startswith("Nobody indexes the journal. Start `personalize index`")


def test_errors_are_found_for_a_minute(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.indexer.drain()
    for _ in range(5):
        house.tallies.default("hero", Reason.UNRECORDED)
    assert names(house) == ["errors"]
    assert "5 of 5 decisions" in str(house.health()["status"])
    later(monkeypatch, 30)
    assert "errors" in names(house)
    later(monkeypatch, 61)
    assert "errors" not in names(house)


def test_a_few_errors_among_many_decisions_are_no_finding(house: House) -> None:
    house.tallies.default("hero", Reason.NO_CONSENT)
    house.tallies.all()[0].count = 999
    for _ in range(9):
        house.tallies.default("hero", Reason.ERROR)
    assert names(house) == []


def test_a_full_disk_and_a_missing_key_file_are_found(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("personalize.health.findings.LEAST_FREE", 1 << 62)
    house.settings.site.keys.unlink()
    assert names(house) == ["keys", "disk"]
    assert str(house.settings.root) not in str(house.health())


def test_disk_and_journal_are_measured_once_a_second(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    assert names(house) == []
    house.settings.site.keys.unlink()
    assert names(house) == []
    later(monkeypatch, 1)
    assert names(house) == ["keys"]


def test_a_disk_that_does_not_answer_holds_up_one_question_alone(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    before = house.watch.condition()
    stuck, asked = threading.Event(), threading.Event()

    def slow(*measured: object, **since: object) -> Condition:
        asked.set()
        stuck.wait(10)
        return before

    monkeypatch.setattr(watching, "condition_of", slow)
    monkeypatch.setattr(watching, "MEASURED_EVERY", 0.0)
    first = threading.Thread(target=house.watch.condition)
    first.start()
    assert asked.wait(10)
    assert house.watch.condition().free == before.free
    stuck.set()
    first.join(10)


def test_a_worker_speaks_from_its_start_and_is_silent_after_it_closed(house: House) -> None:
    house.watch.beat()
    (heard,) = workers_in(house.store.folder)
    assert (heard.report.worker, heard.report.recipe) == (house.watch.worker, house.pipeline.serving.recipe.digest)
    house.watch.stop()
    assert workers_in(house.store.folder) == []


def test_measures_hold_this_worker_as_it_last_spoke_and_the_others(house: House) -> None:
    other = Personalizer(house.settings).open()
    try:
        house.tallies.default("hero", Reason.ERROR)
        other.watch.beat()
        first = house.watch.measures().workers
        house.tallies.default("hero", Reason.ERROR)
        assert house.watch.measures().workers == first
        assert [report.worker for report in first] == [house.watch.worker, other.watch.worker]
    finally:
        other.close()


def test_a_store_that_takes_no_word_is_counted_not_raised(house: House) -> None:
    shutil.rmtree(house.store.folder / "workers", ignore_errors=True)
    (house.store.folder / "workers").write_text("a file")
    house.watch.beat()
    assert house.counters["worker_file_failed"] == 1


def test_somebody_erased_and_not_swept_for_a_minute_is_found(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    now, create = house.clock.now(), house.store.profiles.create
    house.rights.erase(create([("email", b"e")], now), now - 30 * SECOND)
    assert names(house) == []
    house.rights.erase(create([("email", b"f")], now), now - 61 * SECOND)
    later(monkeypatch, 1)
    assert names(house) == ["unswept"]
    house.rights.sweep()
    later(monkeypatch, 1)
    assert names(house) == []


def test_that_nothing_is_deleted_by_itself_any_more_is_found_until_somebody_did(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.rights.retention.run(house.clock.now() - 36 * 86_400 * SECOND)
    assert names(house) == ["retention"]
    assert house.health()["status"] == "ok"
    house.rights.expire()
    later(monkeypatch, 1)
    assert names(house) == []


def test_a_correction_that_waits_for_a_fortnight_is_found_and_takes_no_worker_out_of_service(house: House) -> None:
    subject = house.store.profiles.create([("email", b"e")], house.clock.now())
    rows = SqliteRestrictions(house.store.people)
    now, day = house.clock.now(), 86_400 * SECOND
    rows.ask(subject, "plan", (now, None), b"sealed", now - 15 * day)
    assert (house.watch.condition().corrections, names(house)) == (1, ["corrections"])
    assert house.health()["status"] == "ok"


def test_a_correction_asked_for_lately_is_counted_and_no_finding(house: House) -> None:
    subject = house.store.profiles.create([("email", b"e")], house.clock.now())
    now = house.clock.now()
    SqliteRestrictions(house.store.people).ask(subject, "plan", (now, None), b"sealed", now)
    assert (house.watch.condition().corrections, names(house)) == (1, [])
