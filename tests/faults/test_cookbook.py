"""Faults around journal and index: X1, X7-X11 and X27 of the list of threats."""

import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from msgspec.structs import replace

from personalize.cookbook.frames import LEAST, read_stretch
from personalize.errors import JournalError, StoreError
from tests.conftest import absent
from tests.faults.damage import looked_through
from tests.kitchen import CODE, ENTRY, NOON, SUBJECT, Kitchen

WRITER = """
import os, sys
from pathlib import Path
from tests.kitchen import Kitchen
kitchen = Kitchen(Path(sys.argv[1]))
kitchen.indexer.start()
while True:
    for _ in range(50):
        os.write(1, kitchen.write())
"""
ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def kitchen(tmp_path: Path):
    kitchen = Kitchen(tmp_path)
    yield kitchen
    kitchen.close()


def ids(kitchen: Kitchen) -> list[bytes]:
    return [entry.entry_id for entry in kitchen.everything()]


def killed_writer(store: Path, seconds: float) -> set[bytes]:
    """Let a process write and index for a while, kill it, and return the ids it gave out."""
    with subprocess.Popen([sys.executable, "-c", WRITER, str(store)], cwd=ROOT, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        first = writer.stdout.read(12)
        threading.Timer(seconds, writer.send_signal, [signal.SIGKILL]).start()
        told = first + writer.stdout.read()
    return {told[at : at + 12] for at in range(0, len(told) - len(told) % 12, 12)}


def test_no_entry_that_was_acknowledged_is_lost_to_a_kill(tmp_path: Path) -> None:
    told: set[bytes] = set()
    for seconds in (0.05, 0.11, 0.17, 0.23, 0.4):
        told |= killed_writer(tmp_path, seconds)
    kitchen = Kitchen(tmp_path)
    kitchen.indexer.drain()
    found = ids(kitchen)
    assert told <= set(found)
    assert len(found) == len(set(found))
    assert kitchen.segments() == []
    assert kitchen.cookbook.quarantine == set()
    kitchen.close()
    assert looked_through(tmp_path).found == ()  # that processes died is a remark


def test_a_locked_index_is_waited_for_while_entries_are_taken_and_found(kitchen: Kitchen) -> None:
    kitchen.indexer.start()
    other = sqlite3.connect(kitchen.store / "cookbook.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    until = time.monotonic() + 2
    written = []
    while time.monotonic() < until:
        written.append(kitchen.write())
        time.sleep(0.01)
    assert len(kitchen.cookbook.by_code(CODE)) == len(written)
    assert list(kitchen.index.by_time(0, 1 << 62)) == []
    other.execute("ROLLBACK")
    other.close()
    kitchen.indexer.stop()
    assert {row.page_id for row in kitchen.index.by_time(0, 1 << 62)} == set(written)


def test_a_segment_cut_at_any_byte_gives_every_whole_entry_and_the_exact_gap(kitchen: Kitchen) -> None:
    written = [kitchen.write() for _ in range(6)]
    path = kitchen.segments()[0]
    data = path.read_bytes()
    size = len(data) // 6
    for cut in range(len(data) + 1):
        stretch = read_stretch(written[0][:8], data[:cut], 0, 0, final=True)
        assert [row.page_id for row in stretch.pages] == written[: cut // size]
        lost = [(gap.start, gap.length, gap.missing) for gap in stretch.gaps if gap.length]
        assert lost == ([(cut - cut % size, cut % size, 1)] if cut % size else [])


def test_a_cut_segment_of_a_dead_writer_is_indexed_and_its_gap_kept(kitchen: Kitchen) -> None:
    written = [kitchen.write() for _ in range(3)]
    kitchen.recorder.close()
    path = kitchen.segments()[0]
    os.truncate(path, path.stat().st_size - LEAST - 1)  # the end is a frame of its own
    assert kitchen.indexer.drain() == 2
    [(reference, gap)] = kitchen.index.gaps()
    assert (reference, gap.missing) == (written[0][:8], 1)
    assert kitchen.segments() == []


def test_every_flipped_bit_of_a_segment_is_found_and_costs_one_entry(kitchen: Kitchen) -> None:
    written = [kitchen.write() for _ in range(3)]
    data = kitchen.segments()[0].read_bytes()
    size = len(data) // 3
    for bit in range(len(data) * 8):
        damaged = bytearray(data)
        damaged[bit // 8] ^= 1 << bit % 8
        stretch = read_stretch(written[0][:8], bytes(damaged), 0, 0, final=True)
        hit = bit // 8 // size
        assert [row.page_id for row in stretch.pages] == written[:hit] + written[hit + 1 :]
        lost = [(gap.start, gap.length, gap.missing, gap.counter) for gap in stretch.gaps if gap.length]
        assert lost == [(hit * size, size, 1, hit)]


def test_a_flipped_bit_in_the_index_never_gives_a_wrong_entry(kitchen: Kitchen, tmp_path: Path) -> None:
    entries = [replace(ENTRY, entry_id=kitchen.write(at=NOON + i), at=NOON + i) for i in range(60)]
    kitchen.recorder.close()
    kitchen.indexer.drain()
    kitchen.close()
    file = tmp_path / "cookbook.sqlite"
    sound = file.read_bytes()
    found = 0
    for seed in range(150):
        bit = random.Random(seed).randrange(len(sound) * 8)
        damaged = bytearray(sound)
        damaged[bit // 8] ^= 1 << bit % 8
        for name in ("cookbook.sqlite-wal", "cookbook.sqlite-shm"):
            (tmp_path / name).unlink(missing_ok=True)
        file.write_bytes(damaged)
        try:
            again = Kitchen(tmp_path)
        except StoreError:
            found += 1
            continue
        try:
            served = again.everything()
            assert all(entry in entries for entry in served)
            if len(served) < len(entries):
                assert again.cookbook.quarantine or looked_through(tmp_path).total
                found += 1
        except StoreError:
            found += 1
        finally:
            again.close()
    assert found > 10


@pytest.mark.parametrize("column", ["at", "code", "subject", "recipe", "rest", "id"])
def test_a_changed_column_sets_the_entry_aside_and_serves_the_others(kitchen: Kitchen, column: str) -> None:
    written = [kitchen.write(at=NOON + i) for i in range(3)]
    kitchen.indexer.drain()
    value = "zeroblob(60)" if column == "rest" else f"{column} + 9"
    with kitchen.database.write() as database:
        database.execute(f"UPDATE entries SET {column} = {value} WHERE at = ?", (NOON + 1,))
    assert ids(kitchen) == [written[0], written[2]]
    assert len(kitchen.cookbook.quarantine) == 1


def test_a_file_that_may_grow_no_more_refuses_and_recovers_without_a_gap(kitchen: Kitchen) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    first = kitchen.write()
    size = kitchen.segments()[0].stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + size // 2, hard))
    try:
        for _ in range(3):  # the first is a short write, which raises nothing by itself
            with pytest.raises(JournalError):
                kitchen.write()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert kitchen.segments()[0].stat().st_size < size + size // 2  # that some were refused stands there
    last = kitchen.write()
    kitchen.recorder.close()
    kitchen.indexer.drain()
    assert ids(kitchen) == [first, last]
    assert kitchen.index.gaps() == []


def test_a_full_disk_refuses_loses_nothing_and_goes_on_when_there_is_room(tmp_path: Path) -> None:
    script = f"mount -t tmpfs -o size=600k none {tmp_path} && {sys.executable} -c '{FULL}' {tmp_path}"
    if os.geteuid() != 0 or subprocess.run(["unshare", "-m", "true"], check=False).returncode:
        absent("a private mount needs root")
    done = subprocess.run(["unshare", "-m", "sh", "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("fine\n", 0), done.stderr


FULL = """
import sys
from pathlib import Path
from personalize.errors import JournalError
from tests.kitchen import Kitchen
store = Path(sys.argv[1])
kitchen = Kitchen(store)
written, refused = [], 0
while refused < 200:
    try:
        written.append(kitchen.write())
    except JournalError:
        refused += 1
found = [entry.entry_id for entry in kitchen.everything()]
assert found == written, (len(found), len(written))
kitchen.indexer.start()
kitchen.indexer.stop()
assert kitchen.indexer.failures > 0
import subprocess
subprocess.run(["mount", "-o", "remount,size=8m", str(store)], check=True)
written.append(kitchen.write())
kitchen.recorder.close()
assert kitchen.indexer.drain() == len(written)
assert [entry.entry_id for entry in kitchen.everything()] == written
assert kitchen.index.gaps() == []
print("fine")
"""


def test_a_store_that_moves_away_gets_no_entry_into_a_wrong_place(kitchen: Kitchen) -> None:
    kitchen.write()
    kitchen.recorder.close()
    away = kitchen.store.with_name("away")
    kitchen.store.rename(away)
    try:
        with pytest.raises(JournalError, match="rights"):
            kitchen.write()
        assert not kitchen.store.exists()
    finally:
        away.rename(kitchen.store)


def test_a_replaced_index_gets_the_entries_from_then_on(kitchen: Kitchen) -> None:
    kitchen.write()
    kitchen.indexer.drain()
    for file in kitchen.store.glob("cookbook.sqlite*"):
        file.rename(file.with_name(f"old-{file.name}"))
    empty = Kitchen(kitchen.store)
    kitchen.recorder.close()
    kitchen.indexer.drain()
    assert len(ids(empty)) == 1
    empty.close()


def test_a_segment_whose_rows_are_not_settled_stays(kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch) -> None:
    entry_id = kitchen.write()
    kitchen.recorder.close()
    monkeypatch.setattr(kitchen.index, "settle", lambda: False)
    assert kitchen.indexer.drain() == 1
    assert len(kitchen.segments()) == 1
    monkeypatch.undo()
    assert kitchen.indexer.drain() == 0
    assert kitchen.segments() == []
    assert kitchen.cookbook.by_subject(SUBJECT, 5)[0].entry_id == entry_id


def test_a_journal_that_may_not_be_read_is_said_so(kitchen: Kitchen) -> None:
    shutil.rmtree(kitchen.store / "journal", ignore_errors=True)
    (kitchen.store / "journal").write_text("a file")
    with pytest.raises(JournalError):
        kitchen.write()
    with pytest.raises(StoreError, match="journal"):
        kitchen.everything()
