"""Record: seal the decisions of a page and write them to the journal before anybody is handed it (law 3).

A call that returns has written; one that raises JournalError has not, and the visitor gets the default.
"""

import contextlib
import struct
from collections.abc import Iterable
from pathlib import Path
from time import monotonic
from zlib import crc32

import msgspec

from personalize.cookbook.frames import AGAIN, COUNTS, CRC, HEADER, MOST, PAGE, SERVED, TAG, note_of
from personalize.cookbook.journal import Journal, Segment
from personalize.cookbook.seal import Cipher
from personalize.errors import JournalError
from personalize.forks import in_each_child
from personalize.model.moments import HOUR

COUNTED_EVERY = 10.0
"""Seconds for which counts of strangers may wait in memory."""
MANY = 4096
"""Counts, or marks of what was served, in one frame; more than that wait for the next."""
MOST_SERVED = 100_000
"""Marks that wait in memory at most."""

_FRAMING = HEADER.size + CRC.size
_SEALING = _FRAMING + TAG
_pack = HEADER.pack

Key = tuple[bytes, int, int, int]
Mark = tuple[bytes, int, int]
"""Entries that were put on their page: its id, the place of the first one, and how many."""


class Recorder:
    """Writes this process's entries. Safe to call from any thread, and after a fork."""

    def __init__(self, store: Path) -> None:
        self._journal = Journal(store)
        self._counts: dict[Key, int] = {}
        self._counted = monotonic()
        self._served: list[Mark] = []
        in_each_child(self._leave_to_parent)

    def write(
        self,
        at: int,
        code: int,
        subject: int,
        recipe_digest: bytes,
        assurance: int,
        epoch: int,
        count: int,
        lines: bytes,
        body: bytes,
        cipher: Cipher | None = None,
    ) -> bytes:
        """Write the entries of a page, sealed with the cipher, and return the first one's id. Raises JournalError.

        `code` is the visit code's number; `lines` are `count` times what `frames.line` makes. Without
        a cipher `body` is the id of an earlier page of the same subject and recipe, which this one
        repeats line by line.
        """
        kind, around = (AGAIN, _FRAMING) if cipher is None else (PAGE, _SEALING)
        length = around + len(lines) + len(body)
        if length > MOST:
            raise JournalError(f"Entries of {length} bytes together are too long: {MOST} is the most.")
        lock = self._journal.lock
        lock.acquire()  # a `with` would add a twentieth to the whole
        try:
            segment = self._journal.open
            if monotonic() >= segment.until:
                segment = self._turn()
            counter = segment.counter
            segment.counter = counter + count  # also when writing fails: it is the nonce, never used twice
            header = _pack(length, counter, at, code, subject, recipe_digest, kind, assurance, epoch, count) + lines
            page_id = segment.reference + header[4:8]
            frame = header + (body if cipher is None else cipher.encrypt(page_id, body, header))
            segment.append(frame + crc32(frame, segment.seed).to_bytes(4, "big"))
        except JournalError:
            self._journal.open.refuse()
            raise
        except struct.error as error:
            self._journal.open.refuse()
            raise JournalError(f"A page's header does not fit its frame: {error}.") from error
        finally:
            lock.release()
        return page_id

    def count(self, at: int, recipe_digest: bytes, outcomes: Iterable[tuple[int, int]]) -> None:
        """Count public outcomes that a stranger got (law 10): slots and variants. Never raises; on record within 10 s.

        Each outcome is the slot's place in the recipe and the variant's in the slot.
        """
        counts, hour = self._counts, at // HOUR
        with self._journal.lock:
            for slot, variant in outcomes:
                key = (recipe_digest, hour, slot, variant)
                counts[key] = counts.get(key, 0) + 1
            if monotonic() - self._counted >= COUNTED_EVERY:
                self._try_to_keep_counts()

    def served(self, page_id: bytes, first: int, count: int) -> None:
        """Note that so many entries of a page, from one on, were put on theirs. On record by `keep_served`."""
        self._served.append((page_id, first, count))

    def keep_served(self) -> None:
        """Write down what was served; call it once a second. What the journal does not take waits in memory."""
        if self._served:
            with self._journal.lock, contextlib.suppress(JournalError):
                segment = self._journal.open
                self._keep_served(segment if monotonic() < segment.until else self._turn())

    def close(self) -> None:
        """Keep counts and marks and close the segment; a later write opens another."""
        self.keep_served()
        with self._journal.lock:
            self._try_to_keep_counts()
            self._journal.close()

    def _turn(self) -> Segment:
        """Return a fresh segment; it begins with the counts that wait."""
        segment = self._journal.turn()
        self._keep_counts(segment)
        self._keep_served(segment)
        return segment

    def _try_to_keep_counts(self) -> None:
        """Write the counts if the journal takes them; otherwise they wait in memory, none is lost."""
        self._counted = monotonic()
        if not self._counts:
            return
        segment = self._journal.open
        if self._counted < segment.until:
            self._keep_counts(segment)
            return
        with contextlib.suppress(JournalError):
            self._turn()

    def _keep_counts(self, segment: Segment) -> None:
        for recipe in {key[0] for key in self._counts}:
            mine = [key for key in self._counts if key[0] == recipe][:MANY]
            body = msgspec.msgpack.encode([(*key[1:], self._counts[key]) for key in mine])
            try:
                segment.append(note_of(COUNTS, segment.counter, segment.seed, body, recipe))
            except JournalError:
                return
            for key in mine:
                del self._counts[key]

    def _keep_served(self, segment: Segment) -> None:
        """Write the marks that wait, in frames of so many."""
        while self._served:
            some = self._served[:MANY]
            try:
                segment.append(note_of(SERVED, segment.counter, segment.seed, _runs(some)))
            except JournalError:
                del self._served[:-MOST_SERVED]  # the oldest may go: an entry never does
                return
            del self._served[: len(some)]

    def _leave_to_parent(self) -> None:
        self._counts = {}
        self._served = []


def _runs(marks: Iterable[Mark]) -> bytes:
    """Return the ids of these entries by segment, as runs of numbers: first and length."""
    spans: dict[bytes, list[tuple[int, int]]] = {}
    for page_id, first, count in marks:
        number = int.from_bytes(page_id[8:], "big") + first
        spans.setdefault(page_id[:8], []).append((number, number + count))
    return msgspec.msgpack.encode({segment: _joined(found) for segment, found in spans.items()})


def _joined(spans: list[tuple[int, int]]) -> list[int]:
    """Return what these spans cover as runs: the first number of each and its length."""
    runs: list[int] = []
    after = -1
    for first, end in sorted(spans):
        if first > after:
            runs += (first, end - first)
        elif end > after:
            runs[-1] += end - after
        else:
            continue  # the same once more
        after = end
    return runs
