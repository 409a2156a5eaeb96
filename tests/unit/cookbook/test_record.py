import os
import stat
import threading
from typing import Any

import pytest

from personalize.cookbook import journal as journals
from personalize.cookbook.frames import COUNTS, HEADER, LINE, read_stretch
from personalize.cookbook.seal import cipher_of
from personalize.errors import JournalError
from tests.kitchen import DIGEST, KEY, NOON, SUBJECT, Kitchen


def ids(kitchen: Kitchen) -> list[bytes]:
    return [row.page_id for path in kitchen.segments() for row in frames(path.read_bytes(), path.stem)]


def frames(data: bytes, name: str):
    stretch = read_stretch(bytes.fromhex(name), data, 0, 0, final=True)
    assert [gap for gap in stretch.gaps if gap.length or gap.missing] == []
    return stretch.pages


def test_an_entry_is_in_the_file_when_write_returns(kitchen: Kitchen) -> None:
    written = [kitchen.write(), kitchen.write()]
    assert ids(kitchen) == written
    assert written[0][:8] == written[1][:8] == bytes.fromhex(kitchen.segments()[0].stem)


def test_only_the_owner_may_read_a_segment(kitchen: Kitchen) -> None:
    kitchen.write()
    assert stat.S_IMODE(kitchen.segments()[0].stat().st_mode) == 0o600
    assert stat.S_IMODE((kitchen.store / "journal").stat().st_mode) == 0o700


def test_nothing_that_was_read_stands_in_the_file_in_clear(kitchen: Kitchen) -> None:
    kitchen.write()
    data = kitchen.segments()[0].read_bytes()
    assert not any(word in data for word in (b"internet", b"climate", b"crm"))


def test_a_segment_ends_after_five_seconds(kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journals, "LONGEST", 0.0)
    written = [kitchen.write() for _ in range(3)]
    assert len(kitchen.segments()) == 3
    assert sorted(ids(kitchen)) == sorted(written)


def test_a_segment_ends_when_it_is_large(kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journals, "LARGEST", 1000)
    for _ in range(20):
        kitchen.write()
    assert 2 <= len(kitchen.segments()) <= 6
    assert max(path.stat().st_size for path in kitchen.segments()) < 1400


def test_threads_share_a_segment_without_losing_a_frame(kitchen: Kitchen) -> None:
    written: list[bytes] = []
    threads = [threading.Thread(target=lambda: written.extend(kitchen.write() for _ in range(500))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(written)) == 4000
    assert sorted(ids(kitchen)) == sorted(written)


def test_a_forked_child_writes_into_a_segment_of_its_own(kitchen: Kitchen) -> None:
    first = kitchen.write()
    kitchen.recorder.count(NOON, DIGEST, [(0, 0)])
    child = os.fork()
    if child == 0:
        kitchen.write()
        kitchen.recorder.close()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    second = kitchen.write()
    kitchen.recorder.close()
    assert first[:8] == second[:8]
    found = ids(kitchen)
    assert len(found) == 3 == len(set(found))
    kitchen.indexer.drain()
    assert sum(count.seen for count in kitchen.index.counts(0, 1 << 40)) == 1


def test_a_child_that_writes_nothing_does_not_keep_its_parents_segment_alive(kitchen: Kitchen) -> None:
    kitchen.write()
    stop, go = os.pipe()
    ready, there = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(go)
        os.write(there, b"!")
        os.read(stop, 1)
        os._exit(0)
    os.read(ready, 1)  # until then the child has not run, and holds what it was born with
    kitchen.recorder.close()
    kitchen.indexer.drain()
    left = kitchen.segments()
    os.close(go)
    os.waitpid(child, 0)
    for descriptor in (stop, ready, there):
        os.close(descriptor)
    assert left == []


def test_an_entry_too_long_is_refused_and_the_next_is_not(kitchen: Kitchen) -> None:
    with pytest.raises(JournalError, match="too long"):
        kitchen.write(body=bytes(200_000))
    written = kitchen.write()
    assert ids(kitchen) == [written]


@pytest.mark.parametrize("wrong", [{"epoch": -1}, {"lines": [b""] * 256}, {"subject": 1 << 63}])
def test_a_header_that_does_not_fit_is_refused_and_the_lock_is_free_again(
    kitchen: Kitchen, wrong: dict[str, Any]
) -> None:
    with pytest.raises(JournalError, match="does not fit"):
        kitchen.write(**wrong)
    written = kitchen.write()
    assert ids(kitchen) == [written]


def test_no_nonce_is_used_twice_even_when_writing_fails(kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch) -> None:
    first = kitchen.write()
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda descriptor, data: 10)
        with pytest.raises(JournalError):
            kitchen.write()
    second = kitchen.write()
    assert int.from_bytes(second[8:], "big") == int.from_bytes(first[8:], "big") + 2


def test_too_much_that_nobody_indexed_is_refused(kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch) -> None:
    kitchen.write()
    kitchen.recorder.close()
    monkeypatch.setattr(journals, "BACKLOG", 10)
    monkeypatch.setattr(journals, "PATIENCE", 0.0)
    with pytest.raises(JournalError, match="personalize index"):
        kitchen.write()
    monkeypatch.setattr(journals, "BACKLOG", 1 << 30)
    kitchen.write()


def test_who_fills_segments_in_haste_leaves_the_indexer_time_for_each_other_that_waits(
    kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(journals, "LARGEST", 1000)
    monkeypatch.setattr(journals, "sleep", slept.append)
    while len(kitchen.segments()) < 7:
        kitchen.write()
    assert slept == pytest.approx([0.0, 0.025, 0.05, 0.075, 0.1, 0.1])


def test_a_segment_whose_time_is_up_makes_nobody_wait(kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(journals, "LARGEST", 1000)
    monkeypatch.setattr(journals, "LONGEST", 0.0)
    monkeypatch.setattr(journals, "sleep", slept.append)
    while len(kitchen.segments()) < 30:
        kitchen.write()
    assert slept == []


def test_counts_of_strangers_wait_in_memory_and_are_kept_on_closing(kitchen: Kitchen) -> None:
    for variant in (0, 0, 1):
        kitchen.recorder.count(NOON, DIGEST, [(0, variant)])
    assert kitchen.segments() == []
    kitchen.recorder.close()
    assert kitchen.segments()[0].read_bytes()[64] == COUNTS
    kitchen.indexer.drain()
    kept = {(c.recipe, c.hour, c.slot, c.variant, c.seen) for c in kitchen.index.counts(0, 1 << 40)}
    assert kept == {(DIGEST, NOON // 3_600_000_000, 0, variant, 2 - variant) for variant in (0, 1)}


def test_counts_that_the_disk_refuses_wait_for_the_next_time(kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch) -> None:
    kitchen.recorder.count(NOON, DIGEST, [(0, 0)])
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda descriptor, data: 0)
        kitchen.recorder.close()
    kitchen.recorder.close()
    kitchen.indexer.drain()
    assert [count.seen for count in kitchen.index.counts(0, 1 << 40)] == [1]


def test_the_seal_covers_the_header(kitchen: Kitchen) -> None:
    entry_id = kitchen.write()
    data = kitchen.segments()[0].read_bytes()
    start = HEADER.size + LINE.size + 6
    cipher = cipher_of(KEY)
    assert cipher.decrypt(entry_id, data[start:-4], data[:start])
    other = bytearray(data[:start])
    other[20] ^= 1
    with pytest.raises(Exception, match=r"^$"):
        cipher.decrypt(entry_id, data[start:-4], bytes(other))
    assert SUBJECT.to_bytes(8, "big") in data[:start]
