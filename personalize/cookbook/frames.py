"""The layout of a frame, and how frames are found in a segment, also in a damaged one.

A frame holds a *page*: the decisions that were made together. Big endian: length u32, counter u32, at u64,
code u64, subject i64, recipe 32 bytes; then its *rest*: kind u8, assurance u8, epoch u32, number of lines u8,
the lines, the body, CRC-32 u32. The first length counts all of it. A line is one entry: slot u16, variant u16,
reason u8, length of the outcomes u16, the outcomes (three bytes for each candidate). The counter is the first
line's; each further line takes the next number.

The body lists what each line has read. It is sealed and 16 bytes longer than its text, with everything before
it as associated data. A page that comes *again*, with the same inputs, has the same lines; its body is the
id of the first page's first entry, in the clear. The CRC starts from the segment's reference, so that a frame is
valid in its own segment only. An index keeps the first six fields as columns and the rest as it is.

Other frames have no lines, and their counter is the number that the next page takes. Counts: what strangers got.
Served: which entries were put on their page, msgpack of segment references and runs of numbers `[first, length, ...]`.
Refused: the numbers before the counter went to no entry, as writing failed. End: nothing more comes in this segment.
"""

import struct
from zlib import crc32

import msgspec
from msgspec import Struct

from personalize.ports import Count, Gap, PageRow, Run, Stretch

PREFIX = struct.Struct(">IIQQq32s")
REST = struct.Struct(">BBIB")
LINE = struct.Struct(">HHBH")
HEADER = struct.Struct(PREFIX.format + REST.format[1:])
CRC = struct.Struct(">I")
TAG = 16
PAGE, AGAIN, COUNTS, SERVED, REFUSED, END = 1, 2, 3, 4, 5, 6
KINDS = frozenset({PAGE, AGAIN, COUNTS, SERVED, REFUSED, END})
LEAST = HEADER.size + CRC.size
MOST = 128 * 1024
"""No frame is longer: a page that would be is refused."""
MOST_LINES = 255
NONE = 0xFFFF
"""Slot: the reserved one. Variant: the default."""

REST_AT = PREFIX.size
_start = struct.Struct(HEADER.format).unpack_from
_checked = struct.Struct(PREFIX.format + "B5xB").unpack_from  # a header without assurance and epoch
_crc_at = CRC.unpack_from
_pack_line = LINE.pack
_pack_header = HEADER.pack
from_bytes = int.from_bytes  # big endian unless told
_counts = msgspec.msgpack.Decoder(list[tuple[int, int, int, int]])
_served = msgspec.msgpack.Decoder(dict[bytes, list[int]])


class Line(Struct, frozen=True, gc=False):
    """One entry of a page."""

    slot: int
    variant: int
    reason: int
    outcomes: bytes


class Page(Struct, frozen=True, gc=False):
    """The clear part of a page; its body begins at `body_at` in the frame.

    `same_as` is the id of the page it repeats, line by line; empty where it has a body of its own.
    """

    assurance: int
    epoch: int
    lines: tuple[Line, ...]
    body_at: int
    same_as: bytes


def line(slot: int, variant: int, reason: int, outcomes: bytes) -> bytes:
    """Return one entry's line of a page. Raises struct.error where a number does not fit."""
    return _pack_line(slot, variant, reason, len(outcomes)) + outcomes


def note_of(kind: int, counter: int, seed: int, body: bytes = b"", recipe: bytes = bytes(32)) -> bytes:
    """Return a frame without lines."""
    length = HEADER.size + len(body) + CRC.size
    frame = _pack_header(length, counter, 0, 0, 0, recipe, kind, 0, 0, 0) + body
    return frame + crc32(frame, seed).to_bytes(4, "big")


def seed_of(reference: bytes) -> int:
    """Return what the CRC of every frame of a segment starts from."""
    return crc32(reference)


def frame_of(row: PageRow) -> bytes | None:
    """Return the frame that a row was cut from, or None when a single byte of it has changed since."""
    reference, counter = row.page_id[:8], int.from_bytes(row.page_id[8:], "big")
    length = PREFIX.size + len(row.rest)
    if length < LEAST:
        return None
    try:
        frame = PREFIX.pack(length, counter, row.at, row.code, row.subject, row.recipe) + row.rest
    except (struct.error, TypeError):  # a damaged database gives columns of other types
        return None
    return frame if _fits(frame, 0, length, seed_of(reference)) else None


def page_of(frame: bytes) -> Page:
    """Return what stands in the clear in a page's frame. Raises ValueError where its lines do not fit."""
    *_, kind, assurance, epoch, count = _start(frame)
    at, lines = HEADER.size, []
    for _ in range(count):
        if at + LINE.size > len(frame):
            raise ValueError("a page's lines run past its end")
        slot, variant, reason, length = LINE.unpack_from(frame, at)
        at += LINE.size + length
        lines.append(Line(slot, variant, reason, frame[at - length : at]))
    if at > len(frame) - CRC.size:
        raise ValueError("a page's lines run past its end")
    same_as = frame[at : -CRC.size] if kind == AGAIN else b""
    return Page(assurance, epoch, tuple(lines), at, same_as)


def lines_of(row: PageRow) -> int:
    """Return how many entries a row holds; 0 for one that is damaged."""
    return row.rest[REST.size - 1] if len(row.rest) >= REST.size else 0


def entry_id_of(page_id: bytes, place: int) -> bytes:
    """Return the id of the entry at a place of a page."""
    return page_id[:8] + (from_bytes(page_id[8:]) + place).to_bytes(4, "big")


def place_of(row: PageRow, entry_id: bytes) -> int:
    """Return the place of an entry in a page, or -1 where the page does not hold it."""
    place = from_bytes(entry_id[8:]) - from_bytes(row.page_id[8:])
    return place if row.page_id[:8] == entry_id[:8] and 0 <= place < lines_of(row) else -1


def read_stretch(reference: bytes, data: bytes, start: int, counter: int, *, final: bool) -> Stretch:
    """Return what stands in a segment's bytes from `start` on, where `counter` is the next page's number.

    Bytes that make no frame are a gap once a valid frame follows them. At the end they are one
    only where nothing more can come (`final`): a writer may be at work on them. Where numbers are left
    out, or come in another order, there is a gap without bytes; so there is at the end of a segment
    that was not closed, of no entries.
    """
    reader = _Reader(reference, data, start, counter)
    reader.read(final)
    return Stretch(
        segment=reference,
        start=start,
        end=start + reader.position,
        counter=reader.counter,
        values=reader.values,
        counts=reader.counts,
        gaps=reader.gaps,
        served=reader.served,
        frames=reader.frames,
    )


class _Reader:
    def __init__(self, reference: bytes, data: bytes, start: int, counter: int) -> None:
        self.reference, self.data, self.start, self.counter = reference, data, start, counter
        self.seed = seed_of(reference)
        self.position = 0
        self.values: list[int | bytes] = []
        self.counts: list[Count] = []
        self.gaps: list[Gap] = []
        self.served: list[Run] = []
        self.frames: list[bytes] = []
        self.ended = False

    def read(self, final: bool) -> None:
        self._take()
        while self.position < len(self.data) and not self.ended and self._skip(final):
            self._take()
        if final and not self.ended and self.start + self.position:
            self._gap(self.position, 0, 0)

    def _take(self) -> None:
        """Take the whole frames that stand here. One loop: an indexer shares the server's processor."""
        data, seed = self.data, self.seed
        values, position, size, following = self.values, self.position, len(self.data), self.counter
        first = position  # of the pages that are not in `frames` yet
        while size - position >= LEAST:
            length, counter, at, code, subject, recipe, kind, lines = _checked(data, position)
            after = position + length
            if not LEAST <= length <= MOST or after > size or kind not in KINDS:
                break
            if (crc32(data[position : after - 4], seed),) != _crc_at(data, after - 4):
                break
            if counter != following and kind != REFUSED:
                self.counter = following
                self._gap(position, 0, max(1, counter - following))
            if kind == END and after == size:  # left where it is, so that the next reader meets it too
                self.ended = True
                break
            if kind <= AGAIN:
                values += (counter, at, code, subject, recipe, data[position + REST_AT : after])
            else:
                if first < position:
                    self.frames.append(data[first:position])
                first = after
                self._note(kind, recipe, data[position + HEADER.size : after - CRC.size])
            position = after
            following = counter + lines
        if first < position:
            self.frames.append(data[first:position])
        self.position, self.counter = position, following

    def _note(self, kind: int, recipe: bytes, body: bytes) -> None:
        if kind == COUNTS:
            self.counts += [Count(recipe, *count) for count in _counts.decode(body)]
        elif kind == SERVED:
            for reference, runs in _served.decode(body).items():
                self.served += [
                    Run(reference, first, first + length - 1)
                    for first, length in zip(runs[::2], runs[1::2], strict=True)
                ]

    def _gap(self, at: int, length: int, missing: int) -> None:
        self.gaps.append(Gap(start=self.start + at, length=length, missing=missing, counter=self.counter))

    def _skip(self, final: bool) -> bool:
        """Pass over bytes that make no frame; say whether reading can go on."""
        found = _next_frame(self.data, self.position, self.seed)
        if found is None and not final:
            return False
        end = len(self.data) if found is None else found
        missing, counter = 1, self.counter
        if found is not None:
            counter = PREFIX.unpack_from(self.data, found)[1]
            missing = max(0, counter - self.counter)
        self._gap(self.position, end - self.position, missing)
        self.position, self.counter, self.ended = end, max(counter, self.counter), found is None  # said by this gap
        return True


def _is_frame(data: bytes, position: int, seed: int) -> bool:
    """Say whether a valid frame stands at a position that has a frame's least length behind it."""
    length, _, _, _, _, _, kind, *_ = _start(data, position)
    return LEAST <= length <= len(data) - position and kind in KINDS and _fits(data, position, length, seed)


def _fits(data: bytes, position: int, length: int, seed: int) -> bool:
    end = position + length - CRC.size
    return length <= MOST and crc32(data[position:end], seed) == from_bytes(data[end : end + CRC.size])


def _next_frame(data: bytes, position: int, seed: int) -> int | None:
    """Return where the next valid frame begins after a position."""
    last = len(data) - LEAST
    return next((at for at in range(position + 1, last + 1) if _is_frame(data, at, seed)), None)
