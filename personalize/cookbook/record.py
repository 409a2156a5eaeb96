"""Record: seal a decision and write it to the journal before anybody is handed it (law 3).

A call that returns has written; one that raises JournalError has not, and the visitor gets the default.
"""

import contextlib
import os
import struct
import weakref
from pathlib import Path
from time import monotonic
from zlib import crc32

import msgspec

from personalize.cookbook.frames import COUNTS, CRC, ENTRY, HEADER, MOST, REPEAT, TAG
from personalize.cookbook.journal import Journal, Segment
from personalize.cookbook.seal import Cipher
from personalize.errors import JournalError

HOUR = 3_600_000_000
COUNTED_EVERY = 10.0
"""Seconds for which counts of strangers may wait in memory."""
MANY = 4096
"""Counts in one frame; more keys than that wait for the next."""

_FRAMING = HEADER.size + CRC.size
_SEALING = _FRAMING + TAG
_pack = HEADER.pack

Key = tuple[bytes, int, int, int]


class Recorder:
    """Writes this process's entries. Safe to call from any thread, and after a fork."""

    def __init__(self, store: Path) -> None:
        self._journal = Journal(store)
        self._counts: dict[Key, int] = {}
        self._counted = monotonic()
        forget = weakref.WeakMethod(self._leave_to_parent)
        os.register_at_fork(after_in_child=lambda: (method := forget()) and method())

    def write(
        self,
        at: int,
        code: int,
        subject: int,
        recipe_digest: bytes,
        slot_index: int,
        variant_index: int,
        reason: int,
        outcomes: bytes,
        assurance: int,
        epoch: int,
        body: bytes,
        cipher: Cipher | None = None,
    ) -> bytes:
        """Write one entry, sealed with the cipher, and return its id. Raises JournalError.

        Without a cipher `body` is the id of an earlier entry of the same subject and recipe, whose
        inputs this one repeats. `code` is the visit code's number. `variant_index` is the place
        among the slot's candidates, as `outcomes` has them (three bytes each), 65535 for the
        default; slot 65535 is `segments`.
        """
        length = (_FRAMING if cipher is None else _SEALING) + len(outcomes) + len(body)
        if length > MOST:
            raise JournalError(f"An entry of {length} bytes is too long: {MOST} is the most.")
        lock = self._journal.lock
        lock.acquire()  # a `with` would add a twentieth to the whole
        try:
            segment = self._journal.open
            if monotonic() >= segment.until:
                segment = self._turn()
            counter = segment.counter
            segment.counter = counter + 1  # also when writing fails: it is the nonce, never used twice
            header = (
                _pack(
                    length, counter, at, code, subject, recipe_digest, REPEAT if cipher is None else ENTRY,
                    slot_index, variant_index, reason, assurance, epoch, len(outcomes),
                )
                + outcomes
            )  # fmt: skip
            entry_id = segment.reference + header[4:8]
            frame = header + (body if cipher is None else cipher.encrypt(entry_id, body, header))
            segment.append(frame + crc32(frame, segment.seed).to_bytes(4, "big"))
        except struct.error as error:
            raise JournalError(f"An entry's header does not fit its frame: {error}.") from error
        finally:
            lock.release()
        return entry_id

    def count(self, *, at: int, recipe_digest: bytes, slot_index: int, variant_index: int) -> None:
        """Count a public outcome that a stranger got (law 10). Never raises; on record within 10 s."""
        key = (recipe_digest, at // HOUR, slot_index, variant_index)
        with self._journal.lock:
            self._counts[key] = self._counts.get(key, 0) + 1
            if monotonic() - self._counted >= COUNTED_EVERY:
                self._try_to_keep_counts()

    def close(self) -> None:
        """Keep the counts and close the segment; a later write opens another."""
        with self._journal.lock:
            self._try_to_keep_counts()
            self._journal.close()

    def _turn(self) -> Segment:
        """Return a fresh segment; it begins with the counts that wait."""
        segment = self._journal.turn()
        self._keep_counts(segment)
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
                segment.append(_counts_frame(segment, recipe, body))
            except JournalError:
                return
            for key in mine:
                del self._counts[key]

    def _leave_to_parent(self) -> None:
        self._counts = {}


def _counts_frame(segment: Segment, recipe: bytes, body: bytes) -> bytes:
    counter = segment.counter
    segment.counter = counter + 1
    length = _FRAMING + len(body)
    frame = _pack(length, counter, 0, 0, 0, recipe, COUNTS, 0, 0, 0, 0, 0, 0) + body
    return frame + crc32(frame, segment.seed).to_bytes(4, "big")
