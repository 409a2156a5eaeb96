"""The erasure list: who was erased and who said no, in a file that no backup of the store takes back.

A line is the hash of a subject's random reference (32 hex digits), a blank and the time. That is an erasure; for a no
there follow a blank and what it says, sealed under the person's own key, in base64: without their key nobody
reads it, and with the key it goes. What is said of everybody stands under the hash of nobody, and the list's own key.
Lines are only ever added, for so many links as are revoked at once only one, and for a request of a page none.
A line is on disk before the store is changed, so that what was cut short is carried on by whoever opens the store next.
"""

import fcntl
import os
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep

from msgspec import Struct

from personalize.durable import sync_folder
from personalize.errors import ErasureListError, ErasureListMissing, StoreLocked

PATIENCE = 5.0
"""Seconds to wait for whoever adds to the list just now."""
DIGITS, SHORTEST = 32, 53
INCOMPLETE = 1 << 62
"""A place that no list reaches, with the time (µs) on top: a store at such a place finds that the list lacks lines."""
CHUNK, TAIL = 1 << 20, 1 << 12

Saying = tuple[int, int, bytes]
"""A subject, when they were erased or said no (µs), and what that says, sealed; nothing for an erasure."""


class Line(Struct, frozen=True):
    """One line: the keyed hash of a subject, and what they said, sealed; nothing where they were erased."""

    digest: bytes
    sealed: bytes = b""


class ErasureList:
    """One list. `digest` gives the keyed hash (16 bytes) of a subject, `key` (32 bytes) seals what is about nobody.

    Places in it are bytes.
    """

    def __init__(self, path: Path, digest: Callable[[int], bytes], key: bytes) -> None:
        self.path, self.digest, self.key = path, digest, key

    def end(self) -> int:
        """Return where the last whole line ends; 0 where there is no list yet. Raises ErasureListError."""
        try:
            with self.path.open("rb") as file:
                at = file.seek(0, os.SEEK_END)
                while at:
                    start = max(0, at - TAIL)
                    file.seek(start)
                    newline = file.read(at - start).rfind(b"\n")
                    if newline >= 0:
                        return start + newline + 1
                    at = start
        except FileNotFoundError:
            pass
        except OSError as error:
            raise _unreadable(self.path, error) from error
        return 0

    def lines(self, start: int = 0) -> list[Line]:
        """Return the whole lines from a place on; all of them where no line begins there. Raises ErasureListError."""
        try:
            with self.path.open("rb") as file:
                file.seek(max(0, start - 1))
                if start and file.read(1) != b"\n":
                    file.seek(0)  # another list than the one that was followed
                return [_line(each[:-1]) for each in file if each.endswith(b"\n")]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise _unreadable(self.path, error) from error
        except ValueError as error:
            raise ErasureListError(f"The erasure list {self.path} is damaged: put its newest copy back.") from error

    @contextmanager
    def locked(self, patience: float = PATIENCE) -> Iterator["Pen"]:
        """Be the only one who adds to it on this machine. Raises StoreLocked, ErasureListError."""
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise _unwritable(self.path, error.strerror) from error
        try:
            _lock(descriptor, patience)
            yield Pen(self, descriptor)
        finally:
            os.close(descriptor)


class Pen:
    """The right to add to a list, for as long as its lock is held."""

    def __init__(self, on: ErasureList, descriptor: int) -> None:
        self._list, self._descriptor = on, descriptor

    def add(self, said: Iterable[Saying]) -> int:
        """Put these on the list, durably, and return where it ends now. Raises ErasureListError."""
        start = end = self._list.end()  # over half a line, should one have been cut short
        try:
            os.ftruncate(self._descriptor, start)
            for text in _chunks(map(self._text, said)):
                if os.pwrite(self._descriptor, text, end) != len(text):
                    raise OSError(28, "no room")
                end += len(text)
            os.fsync(self._descriptor)
            if not start:
                sync_folder(self._list.path.parent)
        except OSError as error:
            raise ErasureListError(f"The erasure list {self._list.path} took no line: {error.strerror}.") from error
        return end

    def _text(self, said: Saying) -> bytes:
        subject, at, sealed = said
        when = datetime.fromtimestamp(at // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        words = [self._list.digest(subject).hex().encode(), when.encode()]
        return b" ".join([*words, b2a_base64(sealed, newline=False)] if sealed else words) + b"\n"


def check_list(path: Path, followed: Callable[[], Sequence[int]]) -> None:
    """Look whether lines can be added to a list, or a new one made; nothing is changed.

    Raises ErasureListError where not, and ErasureListMissing where it is not there, though a store has `followed` one
    to these places.
    """
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CLOEXEC))
    except FileNotFoundError as error:
        if not os.access(path.parent, os.W_OK | os.X_OK, effective_ids=True):
            check_is_there(path, followed())
            why = "may not be written" if path.parent.is_dir() else "is not there"
            raise _unwritable(path, f"its folder {why}") from error
    except OSError as error:
        raise _unwritable(path, error.strerror) from error


def check_is_there(path: Path, followed: Iterable[int]) -> None:
    """Raise ErasureListMissing where a list is not there that a store has followed to these places."""
    if not path.exists() and any(SHORTEST <= place < INCOMPLETE for place in followed):
        raise ErasureListMissing(
            f"The erasure list {path} is missing, which this store has followed, and no new one can be made there: put"
            " it back, mount its volume, or correct `[site] erasures`. Without it, somebody who was erased may be back"
            " with a backup."
        )


def _unreadable(path: Path, error: OSError) -> ErasureListError:
    return ErasureListError(
        f"The erasure list {path} cannot be read ({error.strerror}): make it a file of this user's, mode 0600."
    )


def _unwritable(path: Path, why: str | None) -> ErasureListError:
    return ErasureListError(
        f"The erasure list {path} cannot be written ({why}): let this user write it and its folder, or have"
        " `[site] erasures` name another place that lasts, apart from the store."
    )


def _line(text: bytes) -> Line:
    digest, _, *more = text.split(b" ")
    if len(digest) != DIGITS or len(text) < SHORTEST or len(more) > 1:
        raise ValueError("not a line")
    return Line(bytes.fromhex(digest.decode()), a2b_base64(more[0], strict_mode=True) if more else b"")


def _chunks(texts: Iterable[bytes]) -> Iterator[bytes]:
    gathered = bytearray()
    for text in texts:
        gathered += text
        if len(gathered) >= CHUNK:
            yield bytes(gathered)
            gathered.clear()
    if gathered:
        yield bytes(gathered)


def _lock(descriptor: int, patience: float) -> None:
    until = monotonic() + patience
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError as error:
            if monotonic() > until:
                raise StoreLocked(
                    "An erasure or an import of objections is at work: try again when it has finished."
                ) from error
            sleep(0.01)
