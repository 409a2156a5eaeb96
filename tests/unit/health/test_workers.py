"""What workers say of themselves, in files of the store."""

import os
import subprocess
import sys
import time
from pathlib import Path

from personalize.health.workers import REMEMBERED, Decided, Report, WorkerFile, remove_leftovers, workers_in

DIES = """
import os, sys
from pathlib import Path
from tests.unit.health.test_workers import report
from personalize.health.workers import WorkerFile
file = WorkerFile(Path(sys.argv[1]))
file.write(report(file))
os._exit(9)
"""


def report(file: WorkerFile, count: int = 1) -> Report:
    decided = Decided(slot="hero", variant=None, reason="NO_CONSENT", causes=("no_consent",), count=count)
    return Report(worker=file.worker, pid=os.getpid(), started=1, at=2, decided=(decided,))


def dead_worker(store: Path) -> Path:
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run([sys.executable, "-c", DIES, str(store)], cwd=root, check=False)
    assert done.returncode == 9
    (path,) = (store / "workers").iterdir()
    return path


def test_a_worker_s_last_word_is_heard_until_it_closes(tmp_path: Path) -> None:
    file = WorkerFile(tmp_path)
    for count in (1, 2):
        file.write(report(file, count))
    (heard,) = workers_in(tmp_path)
    assert (heard.alive, heard.report) == (True, report(file, 2))
    file.remove()
    assert workers_in(tmp_path) == []
    assert list((tmp_path / "workers").iterdir()) == []


def test_two_workers_in_one_process_have_a_file_each_with_mode_0600(tmp_path: Path) -> None:
    for file in (first := WorkerFile(tmp_path), second := WorkerFile(tmp_path)):
        file.write(report(file))
    assert {heard.report.worker for heard in workers_in(tmp_path)} == {first.worker, second.worker}
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "workers").iterdir()} == {0o600}
    assert str(os.getpid()) == first.worker.partition("-")[0]
    first.remove()
    second.remove()


def test_a_worker_that_was_killed_is_told_from_one_that_lives(tmp_path: Path) -> None:
    dead_worker(tmp_path)
    (heard,) = workers_in(tmp_path)
    assert not heard.alive
    assert heard.report.decided[0].count == 1


def test_the_dead_are_forgotten_after_an_hour_and_the_living_never(tmp_path: Path) -> None:
    dead, file = dead_worker(tmp_path), WorkerFile(tmp_path)
    file.write(report(file))
    remove_leftovers(tmp_path)
    assert len(workers_in(tmp_path)) == 2
    for path in (tmp_path / "workers").iterdir():
        os.utime(path, (time.time() - REMEMBERED - 1,) * 2)
    remove_leftovers(tmp_path)
    assert [heard.report.worker for heard in workers_in(tmp_path)] == [file.worker]
    assert not dead.exists()
    file.remove()


def test_a_forked_child_has_its_own_name_and_leaves_the_parent_s_word(tmp_path: Path) -> None:
    file = WorkerFile(tmp_path)
    file.write(report(file))
    if (child := os.fork()) == 0:
        different = file.worker.partition("-")[0] == str(os.getpid())
        file.remove()
        os._exit(0 if different else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert [heard.alive for heard in workers_in(tmp_path)] == [True]
    file.remove()
    assert workers_in(tmp_path) == []


def test_rubbish_and_a_missing_store_are_passed_over(tmp_path: Path) -> None:
    assert workers_in(tmp_path / "gone") == []
    (tmp_path / "workers").mkdir()
    for name, data in (("1-0000.json", b"{"), ("2-0000.json", b""), ("3-0000.new", b"{}"), ("x.json", b"[1]")):
        (tmp_path / "workers" / name).write_bytes(data)
    assert workers_in(tmp_path) == []
