"""Digests and their heads: a batch is bound to its number and place, and the newest one to a file apart."""

import logging
import stat
from pathlib import Path

import pytest

from personalize.cookbook.digests import Digests
from personalize.errors import StoreError
from personalize.ports import Head
from tests.kitchen import Kitchen

ONE, TWO = Head(1, b"1" * 16), Head(2, b"2" * 16)


@pytest.fixture
def digests(tmp_path: Path) -> Digests:
    return Digests(bytes(32), tmp_path / "heads")


def test_a_digest_depends_on_key_number_segment_and_frames_but_not_on_their_pieces(digests: Digests) -> None:
    digest = digests.of_batch(1, bytes(8), [b"ab", b"c"])
    assert digest == digests.of_batch(1, bytes(8), [b"a", b"bc"])
    others = [
        digests.of_batch(2, bytes(8), [b"abc"]),
        digests.of_batch(1, b"segment2", [b"abc"]),
        digests.of_batch(1, bytes(8), [b"abd"]),
        digests.of_rest(1, bytes(16), [b"abc"]),
        Digests(b"1" * 32, Path()).of_batch(1, bytes(8), [b"abc"]),
    ]
    assert len({digest, *others}) == 6


def test_the_head_is_replaced_while_the_store_is_true_to_it(digests: Digests, tmp_path: Path) -> None:
    assert digests.heads.read() == []
    assert digests.heads.advance(ONE, lambda number: ONE)
    assert digests.heads.advance(TWO, lambda number: ONE)
    assert digests.heads.read() == [TWO]
    assert stat.S_IMODE((tmp_path / "heads").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["heads"]


def test_a_head_the_store_is_not_true_to_stays_as_evidence(digests: Digests) -> None:
    digests.heads.advance(TWO, lambda number: None)
    assert not digests.heads.advance(ONE, lambda number: None)
    assert digests.heads.read() == [TWO, ONE]


@pytest.mark.parametrize("text", [b"1\n", b"x 00\n", b"1 zz\n", b"\xff"])
def test_a_damaged_file_of_heads_is_said_so(digests: Digests, tmp_path: Path, text: bytes) -> None:
    (tmp_path / "heads").write_bytes(text)
    with pytest.raises(StoreError, match="heads"):
        digests.heads.read()


def test_the_indexer_keeps_the_head_of_what_is_safe_and_says_when_it_is_gone(
    kitchen: Kitchen, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        kitchen.write()
        kitchen.recorder.close()
        kitchen.indexer.drain()
    [head] = kitchen.digests.heads.read()
    assert head == kitchen.index.head()
    with kitchen.database.write() as database:
        database.execute("DELETE FROM batches WHERE number = 2")
    kitchen.write()
    kitchen.recorder.close()
    with caplog.at_level(logging.ERROR):
        kitchen.indexer.drain()
    assert "personalize verify" in caplog.text
    assert kitchen.digests.heads.read()[0] == head


def test_heads_that_cannot_be_written_do_not_stop_the_indexer(kitchen: Kitchen) -> None:
    kitchen.digests.heads._path.mkdir()
    kitchen.write()
    kitchen.recorder.close()
    assert kitchen.indexer.drain() == 1
    assert (kitchen.indexer.failures, kitchen.segments()) == (1, [])
