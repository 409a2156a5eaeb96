"""What waits in the journal: how many bytes are not indexed yet, and for how long the oldest of them waits."""

import contextlib
import os
from pathlib import Path
from time import time

from msgspec import Struct

from personalize.cookbook.frames import read_stretch
from personalize.cookbook.journal import LONGEST, path_of, segments_in
from personalize.errors import StoreError
from personalize.ports import EntryIndex, Position

PEEK = 4096
"""Bytes of a segment that are looked at for its first frame."""


class Backlog(Struct, frozen=True):
    """Bytes that are not indexed yet, and the age of the oldest frame among them (s)."""

    size: int = 0
    age: float = 0.0


def backlog(store: Path, index: EntryIndex, now: int) -> Backlog:
    """Return what waits to be indexed at `now` (µs). Raises StoreError where the journal cannot be read.

    While the index cannot be asked, all that lies in the journal counts as waiting.
    """
    folder = store / "journal"
    try:
        references = segments_in(folder)
        known = _positions(index, references)
        waiting = [_waiting(folder, each, known.get(each, Position()), now) for each in references]
    except OSError as error:
        raise StoreError(f"The journal cannot be read: {error.strerror}. Check its rights.") from error
    return Backlog(sum(each.size for each in waiting), max((each.age for each in waiting), default=0.0))


def _positions(index: EntryIndex, references: list[bytes]) -> dict[bytes, Position]:
    try:
        return index.positions(references)
    except StoreError:
        return {}


def _waiting(folder: Path, reference: bytes, position: Position, now: int) -> Backlog:
    with contextlib.suppress(FileNotFoundError):  # indexed and removed meanwhile
        descriptor = os.open(path_of(folder, reference), os.O_RDONLY | os.O_CLOEXEC)
        try:
            found = os.fstat(descriptor)
            size = found.st_size - position.offset
            if size > 0:
                data = os.pread(descriptor, PEEK, position.offset)
                return Backlog(size, _age(reference, data, position, now, time() - found.st_mtime))
        finally:
            os.close(descriptor)
    return Backlog()


def _age(reference: bytes, data: bytes, position: Position, now: int, untouched: float) -> float:
    """Return the first frame's age (s): by its own time, but by a clock that jumped no more than is possible."""
    pages = read_stretch(reference, data, position.offset, position.counter, final=False).pages
    age = (now - pages[0].at) / 1_000_000 if pages else untouched
    return max(0.0, min(age, untouched + LONGEST))
