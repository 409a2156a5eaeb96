"""The indexer: moves entries from the journal into the index, and removes segments that are done.

One per store at a time. It may be killed at any moment: positions move in the same transaction as the
entries, a segment is removed only after its rows are settled, and what is met again is left out by its id.
"""

import contextlib
import logging
import time
from collections.abc import Callable, Generator, Iterator
from itertools import chain, repeat
from pathlib import Path
from time import monotonic

from personalize.background import Background
from personalize.cookbook.digests import Digests
from personalize.cookbook.frames import MOST, read_stretch
from personalize.cookbook.journal import (
    LARGEST,
    Piece,
    path_of,
    read_segment,
    remove_leftovers,
    segments_in,
)
from personalize.cookbook.turn import Turn
from personalize.errors import PersonalizeError, StoreError, StoreLocked
from personalize.ports import EntryIndex, Head, Position, Stretch

PAUSE = 1.0
"""Seconds from one round's beginning to the next; a look-up reads what they have not reached."""
REST = 0.05
"""The part of a pause that is kept where a round took long: others want the interpreter lock and the store."""
PIECE = 1 << 20
"""Bytes read at once: 8 ms of work. Smaller ones would lose the interpreter lock too often to a busy server."""
MORSEL = PIECE >> 3
"""Bytes read at once of a round's first `PIECE`, on most sites all there is: so a visitor waits for 1 ms at most."""
BATCH = 8 << 20
"""Bytes moved in one transaction at most."""

log = logging.getLogger("personalize")


class Indexer:
    """Indexes one store. `failures` counts rounds that a store or disk cut short; they are made up for."""

    def __init__(
        self,
        store: Path,
        index: EntryIndex,
        digests: Digests,
        *,
        before: Callable[[], None] = lambda: None,
        pause: float = PAUSE,
    ) -> None:
        """`before` is called ahead of each look at the journal, whoever's turn it is."""
        self._folder = store / "journal"
        self._index, self._digests, self._before, self._pause = index, digests, before, pause
        self._turn = Turn(store)
        self._background = Background("personalize-indexer", self._work)
        self.failures = 0

    def start(self) -> None:
        """Index in a thread whenever it is this process's turn."""
        self._background.start()

    def stop(self) -> None:
        """Index what is there once more if it is our turn, and end the thread."""
        self._background.stop()

    def run(self) -> None:
        """Index in the foreground until `stop` is called, taking over from any thread. Raises StoreLocked."""
        self._turn.ask()
        self._work()

    def drain(self, patience: float = 10.0) -> int:
        """Index in the foreground what is there now; return the number of new entries.

        Raises StoreLocked where the present indexer does not let go within `patience` seconds.
        """
        self._turn.ask()
        try:
            self._await_turn(monotonic() + patience)
            return self.round()
        finally:
            self._turn.give_up()

    def round(self) -> int:
        """Move everything that is in the journal now; return the number of new entries. Needs the turn."""
        remove_leftovers(self._folder)
        finished: list[bytes] = []
        digest_of = self._digests.of_batch
        moved = sum(self._index.add(batch, digest_of) for batch in _batches(self._stretches(finished)))
        if finished:
            self._remove(finished)
        return moved

    def _remove(self, finished: list[bytes]) -> None:
        """Remove segments whose rows are all in the index, once they are safe there."""
        newest = self._index.head()
        if self._index.settle():
            self._advance(newest)
            for reference in finished:
                path_of(self._folder, reference).unlink(missing_ok=True)

    def _advance(self, newest: Head | None) -> None:
        """Keep the newest batch outside the store, once it is safe in there: after a power cut it still stands."""
        try:
            if newest and not self._digests.heads.advance(newest, self._index.head):
                log.error("Entries are gone from the cookbook, or are not as they were: run `personalize verify`.")
        except StoreError as error:
            self.failures += 1
            log.warning("%s", error)

    def _stretches(self, finished: list[bytes]) -> Iterator[Stretch]:
        """Yield what is not indexed yet; `finished` gets the segments that nothing more will come to."""
        references = segments_in(self._folder)
        known, sizes = self._index.positions(references), chain(repeat(MORSEL, PIECE // MORSEL), repeat(PIECE))
        for reference in references:
            position = known.get(reference, Position())
            with contextlib.suppress(FileNotFoundError):
                if (yield from _stretches_of(path_of(self._folder, reference), reference, position, sizes)):
                    finished.append(reference)

    def _await_turn(self, deadline: float) -> None:
        while not self._turn.take():
            if monotonic() > deadline:
                raise StoreLocked("The indexer at work does not let go: is its process stopped?")
            time.sleep(0.05)

    def _work(self) -> None:
        try:
            while not self._background.is_stopping:
                began = monotonic()
                took = monotonic() - began if self._try_round() else 0.0
                self._background.pause(max(self._pause * REST, self._pause - took))
            self._try_round()
        finally:
            self._turn.give_up()

    def _try_round(self) -> bool:
        """Make a round where it is our turn; say whether nothing failed."""
        try:
            self._before()
            if self._turn.take():
                self.round()
        except (PersonalizeError, OSError) as error:
            self.failures += 1
            log.warning("The journal waits to be indexed: %s", error)
            return False
        return True


def _stretches_of(
    path: Path, reference: bytes, position: Position, sizes: Iterator[int]
) -> Generator[Stretch, None, bool]:
    """Yield a segment's stretches from a position on; return whether that was all there will ever be.

    Of the `sizes` (bytes) each piece takes one.
    """
    while True:
        piece, stretch = _stretch_at(path, reference, position, next(sizes))
        if piece.more and stretch.end == position.offset:  # damage longer than a piece
            piece, stretch = _stretch_at(path, reference, position, LARGEST + MOST)
        moved = stretch.end > position.offset
        if moved or stretch.gaps:
            position = Position(stretch.end, stretch.counter)
            yield stretch
        if not piece.more or not moved:
            return piece.final
        time.sleep(0)


def _stretch_at(path: Path, reference: bytes, position: Position, most: int) -> tuple[Piece, Stretch]:
    piece = read_segment(path, position.offset, most)
    return piece, read_stretch(reference, piece.data, position.offset, position.counter, final=piece.final)


def _batches(stretches: Iterator[Stretch]) -> Iterator[list[Stretch]]:
    batch: list[Stretch] = []
    size = 0
    for stretch in stretches:
        batch.append(stretch)
        size += stretch.end - stretch.start
        if size >= BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
