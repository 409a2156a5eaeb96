"""The journal: append-only segments, each with one writer; an entry stands here before it is used (law 3).

A segment is `journal/<16 hex digits>.pzj` in the store's folder, mode 0600, locked by its writer for as
long as it lives. It is made and locked under another name first, so that none is ever seen without its lock.
"""

import contextlib
import errno
import fcntl
import os
import threading
from pathlib import Path
from time import monotonic, sleep, time

from msgspec import Struct

from personalize.cookbook.frames import END, MOST, REFUSED, note_of, seed_of
from personalize.errors import JournalError
from personalize.forks import in_each_child

SUFFIX = ".pzj"
NEW = ".new"
LONGEST = 5.0
"""Seconds a segment takes entries."""
LARGEST = 4 << 20
"""Bytes after which a segment takes no more."""
BACKLOG = 1 << 30
"""Bytes in the folder above which nothing more is taken: nobody indexes."""
YIELD, LONGEST_YIELD = 0.025, 0.1
"""Seconds that whoever filled a segment before its time leaves to the indexer, for each other one that waits, and at
most."""
PATIENCE = 1.0
"""Seconds before a refused journal looks again."""
FORGOTTEN = 60.0
"""Seconds after which a segment that was never put in place is a dead process's leftover."""


class Segment:
    """One open segment: its reference, the next frame's number, its size so far, and when it ends.

    `until` is on the monotonic clock, 0.0 where the segment takes no more, or none before `resume`.
    """

    __slots__ = ("_refused_until", "counter", "descriptor", "reference", "seed", "size", "until")

    def __init__(self, reference: bytes, descriptor: int, until: float) -> None:
        self.reference, self.descriptor, self.seed = reference, descriptor, seed_of(reference)
        self.counter = self.size = 0
        self.until = until
        self._refused_until = 0.0

    def refuse(self) -> None:
        """Note that the last numbers went to no entry: that must stand in the segment before another one."""
        self._refused_until, self.until = max(self._refused_until, self.until), 0.0

    def resume(self) -> bool:
        """Write down which numbers were refused; say whether the segment goes on. Raises JournalError."""
        until, self._refused_until = self._refused_until, 0.0
        if monotonic() >= until:
            return False
        try:
            self.append(note_of(REFUSED, self.counter, self.seed))
        except JournalError:
            self._refused_until = until
            raise
        if self.size < LARGEST:
            self.until = until
        return self.size < LARGEST

    def append(self, frame: bytes) -> None:
        """Write a whole frame or raise JournalError; then the segment is as it was, or takes no more."""
        try:
            written = os.write(self.descriptor, frame)
        except OSError as error:
            if not self._is_unchanged():
                self.until = 0.0
            raise JournalError(_advice(error)) from error
        if written != len(frame):  # the disk filled up half way, and nothing was raised
            self._cut_back()
            raise JournalError
        self.size += written
        if self.size >= LARGEST:
            self.until = 0.0

    def end(self) -> None:
        """Write down that nothing more comes; where that is refused, it looks as if the process had died."""
        with contextlib.suppress(JournalError):
            if self._refused_until:
                self.append(note_of(REFUSED, self.counter, self.seed))
            self.append(note_of(END, self.counter, self.seed))

    def _is_unchanged(self) -> bool:
        """Say whether a write that raised left nothing. A whole frame may be indexed by now: none is cut."""
        try:
            return os.fstat(self.descriptor).st_size == self.size
        except OSError:
            return False

    def _cut_back(self) -> None:
        """Cut off half a frame, which no reader takes for one."""
        try:
            os.ftruncate(self.descriptor, self.size)
        except OSError:
            self.until = 0.0


CLOSED = Segment(b"", -1, 0.0)
"""Stands where no segment is open."""


class Journal:
    """This process's place in the journal of a store: at most one open segment.

    Hold `lock` while writing to `open`, and call `turn` first when its time is up. After a fork the
    child begins a segment of its own.
    """

    def __init__(self, store: Path) -> None:
        self.folder = store / "journal"
        self.lock = threading.Lock()
        self.open = CLOSED
        self._refused_until = 0.0
        in_each_child(self._leave_to_parent)

    def turn(self) -> Segment:
        """Close the open segment and begin a fresh one. Raises JournalError.

        One that only refused some entries goes on.
        """
        if self.open is not CLOSED and self.open.resume():
            return self.open
        is_filled = self.open.size >= LARGEST
        self.close()
        self.open = self._begin(in_haste=is_filled)
        return self.open

    def close(self) -> None:
        """Close the open segment; closing gives up its lock."""
        segment, self.open = self.open, CLOSED
        if segment is not CLOSED:
            segment.end()
            _close(segment)

    def _begin(self, *, in_haste: bool) -> Segment:
        if monotonic() < self._refused_until:
            raise JournalError("The journal takes nothing at the moment.")
        try:
            with contextlib.suppress(FileExistsError):
                self.folder.mkdir(mode=0o700)
            waiting = size_of(self.folder)
            if waiting > BACKLOG:
                raise JournalError("1 GiB of entries waits to be indexed: start `personalize index`.")
            if in_haste:  # an indexer that shares this interpreter never keeps pace with a writer that never rests
                sleep(min(YIELD * max(0, waiting // LARGEST - 1), LONGEST_YIELD))
            return _create(self.folder)
        except (OSError, JournalError) as error:
            self._refused_until = monotonic() + PATIENCE
            raise error if isinstance(error, JournalError) else JournalError(_advice(error)) from error

    def _leave_to_parent(self) -> None:
        self.lock = threading.Lock()
        segment, self.open = self.open, CLOSED
        if segment is not CLOSED:
            _close(segment)


def _close(segment: Segment) -> None:
    with contextlib.suppress(OSError):
        os.close(segment.descriptor)


def segments_in(folder: Path) -> list[bytes]:
    """Return the references of the segments in a journal's folder; none where it does not exist yet."""
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return []
    return [reference for name in names if (reference := _reference_of(name))]


def path_of(folder: Path, reference: bytes) -> Path:
    """Return where a segment lies."""
    return folder / f"{reference.hex()}{SUFFIX}"


def size_of(folder: Path) -> int:
    """Return the bytes in a journal's folder."""
    total = 0
    with os.scandir(folder) as files:
        for file in files:
            with contextlib.suppress(FileNotFoundError):  # indexed meanwhile
                total += file.stat().st_size
    return total


class Piece(Struct, frozen=True):
    """Some bytes of a segment; `final` says that they reach its end and that its writer is gone."""

    data: bytes
    final: bool
    more: bool


def read_segment(path: Path, offset: int, most: int = LARGEST + MOST) -> Piece:
    """Return at most so many bytes of a segment from an offset on. Raises OSError.

    The writer is asked for before the size: what a dead one left cannot grow in between.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        gone = _locked(descriptor)
        size = os.fstat(descriptor).st_size
        data = os.pread(descriptor, most, offset)
    finally:
        os.close(descriptor)
    more = offset + len(data) < size
    return Piece(data, gone and not more, more)


def remove_leftovers(folder: Path) -> None:
    """Remove segments that a process began and died before it put them in place."""
    for path in folder.glob(f"*{NEW}"):
        with contextlib.suppress(FileNotFoundError):
            if time() - path.stat().st_mtime > FORGOTTEN:
                path.unlink()


def _create(folder: Path) -> Segment:
    reference = os.urandom(8)
    final = path_of(folder, reference)
    early = final.with_suffix(NEW)
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    descriptor = os.open(early, flags, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        early.rename(final)
    except OSError:
        os.close(descriptor)
        raise
    return Segment(reference, descriptor, monotonic() + LONGEST)


def _reference_of(name: str) -> bytes:
    stem = name.removesuffix(SUFFIX)
    if stem == name or len(stem) != 16:
        return b""
    try:
        return bytes.fromhex(stem)
    except ValueError:
        return b""


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
            return False
        raise
    return True


def _advice(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return "The journal took no entry: the disk is full. Make room; until then visitors see the default."
    return f"The journal took no entry: {error.strerror}. Check the store's folder and its rights."
