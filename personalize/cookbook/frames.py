"""The layout of a frame, and how frames are found in a segment, also in a damaged one.

A frame, big endian: length u32, counter u32, at u64, code u64, subject i64, recipe 32 bytes; then its
*rest*: kind u8, slot u16, variant u16, reason u8, assurance u8, epoch u32, length of the outcomes u16,
the outcomes (three bytes for each candidate), the body, CRC-32 u32. The first length counts all of it.
The body of an entry is sealed and 16 bytes longer than its text, with everything before it as associated
data; that of a repetition is the id of the entry whose inputs it repeats. The CRC starts from the
segment's reference, so that a frame is valid in its own segment only. An index keeps the first six
fields as columns and the rest as it is.
"""

import struct
from zlib import crc32

import msgspec
from msgspec import Struct

from personalize.ports import Count, EntryRow, Gap, Stretch

PREFIX = struct.Struct(">IIQQq32s")
REST = struct.Struct(">BHHBBIH")
HEADER = struct.Struct(PREFIX.format + REST.format[1:])
CRC = struct.Struct(">I")
TAG = 16
ENTRY, REPEAT, COUNTS = 1, 2, 3
KINDS = frozenset({ENTRY, REPEAT, COUNTS})
LEAST = HEADER.size + CRC.size
MOST = 128 * 1024
"""No frame is longer: an entry that would be is refused."""
NONE = 0xFFFF
"""Slot: the reserved one. Variant: the default."""

REST_AT = PREFIX.size
_start = struct.Struct(PREFIX.format + "B").unpack_from
from_bytes = int.from_bytes  # big endian unless told
_counts = msgspec.msgpack.Decoder(list[tuple[int, int, int, int]])


class Header(Struct, frozen=True):
    """The rest of a frame before the candidates' outcomes."""

    kind: int
    slot: int
    variant: int
    reason: int
    assurance: int
    epoch: int
    outcomes: int


def seed_of(reference: bytes) -> int:
    """Return what the CRC of every frame of a segment starts from."""
    return crc32(reference)


def frame_of(row: EntryRow) -> bytes | None:
    """Return the frame that a row was cut from, or None when a single byte of it has changed since."""
    reference, counter = row.entry_id[:8], int.from_bytes(row.entry_id[8:], "big")
    length = PREFIX.size + len(row.rest)
    if length < LEAST:
        return None
    try:
        frame = PREFIX.pack(length, counter, row.at, row.code, row.subject, row.recipe) + row.rest
    except (struct.error, TypeError):  # a damaged database gives columns of other types
        return None
    return frame if _fits(frame, 0, length, seed_of(reference)) else None


def header_of(row: EntryRow) -> Header:
    """Return a row's header; the frame must have been found whole."""
    return Header(*REST.unpack_from(row.rest))


def read_stretch(reference: bytes, data: bytes, start: int, counter: int, *, final: bool) -> Stretch:
    """Return what stands in a segment's bytes from `start` on, where `counter` is the next frame's.

    Bytes that make no frame are a gap once a valid frame follows them. At the end they are one
    only where nothing more can come (`final`): a writer may be at work on them.
    """
    reader = _Reader(reference, data, start, counter)
    reader.read(final)
    return Stretch(
        segment=reference,
        start=start,
        end=start + reader.position,
        counter=reader.counter,
        entries=reader.entries,
        counts=reader.counts,
        gaps=reader.gaps,
    )


class _Reader:
    def __init__(self, reference: bytes, data: bytes, start: int, counter: int) -> None:
        self.reference, self.data, self.start, self.counter = reference, data, start, counter
        self.seed = seed_of(reference)
        self.position = 0
        self.entries: list[EntryRow] = []
        self.counts: list[Count] = []
        self.gaps: list[Gap] = []

    def read(self, final: bool) -> None:
        self._take()
        while self.position < len(self.data) and self._skip(final):
            self._take()

    def _take(self) -> None:
        """Take the whole frames that stand here. One loop: an indexer shares the server's processor."""
        data, seed, reference, keep = self.data, self.seed, self.reference, self.entries.append
        position, size = self.position, len(self.data)
        while size - position >= LEAST:
            length, counter, at, code, subject, recipe, kind = _start(data, position)
            after = position + length
            if not LEAST <= length <= MOST or after > size or kind not in KINDS:
                break
            if crc32(data[position : after - 4], seed) != from_bytes(data[after - 4 : after]):
                break
            rest = data[position + REST_AT : after]
            if kind == COUNTS:
                self._count(recipe, rest)
            else:
                keep(EntryRow(reference + data[position + 4 : position + 8], at, code, subject, recipe, rest))
            position = after
            self.counter = counter + 1
        self.position = position

    def _count(self, recipe: bytes, rest: bytes) -> None:
        self.counts += [Count(recipe, *count) for count in _counts.decode(rest[REST.size : -CRC.size])]

    def _skip(self, final: bool) -> bool:
        """Pass over bytes that make no frame; say whether reading can go on."""
        found = _next_frame(self.data, self.position, self.seed)
        if found is None and not final:
            return False
        end = len(self.data) if found is None else found
        missing = 1
        if found is not None:
            missing = max(0, PREFIX.unpack_from(self.data, found)[1] - self.counter)
        self.gaps.append(Gap(start=self.start + self.position, length=end - self.position, missing=missing))
        self.position = end
        return True


def _is_frame(data: bytes, position: int, seed: int) -> bool:
    """Say whether a valid frame stands at a position that has a frame's least length behind it."""
    length, *_, kind = _start(data, position)
    return LEAST <= length <= len(data) - position and kind in KINDS and _fits(data, position, length, seed)


def _fits(data: bytes, position: int, length: int, seed: int) -> bool:
    end = position + length - CRC.size
    return length <= MOST and crc32(data[position:end], seed) == from_bytes(data[end : end + CRC.size])


def _next_frame(data: bytes, position: int, seed: int) -> int | None:
    """Return where the next valid frame begins after a position."""
    last = len(data) - LEAST
    return next((at for at in range(position + 1, last + 1) if _is_frame(data, at, seed)), None)
