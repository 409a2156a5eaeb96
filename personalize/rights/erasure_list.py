"""The erasure list: who was erased, as keyed hashes, in a file that no backup of the store takes back.

A line is the hash of a subject's random reference (32 hex digits), a blank and the time, 54 bytes with its end.
Lines are only ever added. A line is on disk before anything is erased, so that an erasure which was cut
short is carried on by whoever opens the store next.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep

from personalize.durable import sync_folder
from personalize.errors import StoreError, StoreLocked

WIDTH = 54
PATIENCE = 5.0
"""Seconds to wait for another erasure."""


class ErasureList:
    """One list. `digest` gives the keyed hash (16 bytes) of a subject."""

    def __init__(self, path: Path, digest: Callable[[int], bytes]) -> None:
        self.path, self.digest = path, digest

    def __len__(self) -> int:
        """Return the number of whole lines; none where there is no list yet."""
        try:
            return self.path.stat().st_size // WIDTH
        except FileNotFoundError:
            return 0

    def digests(self, first: int = 0) -> set[bytes]:
        """Return the hashes on the lines from a number on (from 0). Raises StoreError."""
        try:
            with self.path.open("rb") as file:
                file.seek(first * WIDTH)
                text = file.read()
        except FileNotFoundError:
            return set()
        except OSError as error:
            raise self._trouble(f"cannot be read ({error.strerror})") from error
        try:
            return {bytes.fromhex(text[at : at + 32].decode()) for at in range(0, len(text) - WIDTH + 1, WIDTH)}
        except ValueError as error:
            raise self._trouble("is damaged") from error

    @contextmanager
    def locked(self, patience: float = PATIENCE) -> Iterator["Pen"]:
        """Be the only one who erases on this machine. Raises StoreLocked, StoreError."""
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise self._trouble(f"cannot be written ({error.strerror})") from error
        try:
            _lock(descriptor, patience)
            yield Pen(self, descriptor)
        finally:
            os.close(descriptor)

    def _trouble(self, what: str) -> StoreError:
        return StoreError(f"The erasure list {self.path} {what}: put it back, and make it this user's, mode 0600.")


class Pen:
    """The right to add to a list, for as long as its lock is held."""

    def __init__(self, on: ErasureList, descriptor: int) -> None:
        self._list, self._descriptor = on, descriptor

    def add(self, subject: int, at: int) -> None:
        """Put a subject on the list, durably. Raises StoreError."""
        when = datetime.fromtimestamp(at // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        line = f"{self._list.digest(subject).hex()} {when}\n".encode()
        start = len(self._list) * WIDTH  # over half a line, should one have been cut short
        try:
            os.ftruncate(self._descriptor, start)
            if os.pwrite(self._descriptor, line, start) != len(line):
                raise OSError(28, "no room")
            os.fsync(self._descriptor)
            if not start:
                sync_folder(self._list.path.parent)
        except OSError as error:
            raise StoreError(f"The erasure list {self._list.path} took no line: {error.strerror}.") from error


def _lock(descriptor: int, patience: float) -> None:
    until = monotonic() + patience
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError as error:
            if monotonic() > until:
                raise StoreLocked("Another erasure is at work: try again when it has finished.") from error
            sleep(0.01)
