"""Whose turn it is to index a store: whoever holds `index.lock`, unless somebody who asked comes first.

`personalize index` asks by locking `index.wanted` for as long as it lives. The holder sees that and
lets go, and no other thread takes the turn meanwhile. A process that dies gives up both by dying.
"""

import contextlib
import fcntl
import os
from pathlib import Path
from time import time

from personalize.errors import StoreError, StoreLocked
from personalize.forks import in_each_child

LOCK, WANTED = "index.lock", "index.wanted"


class Turn:
    """This process's claim on the indexing of a store. Use it from one thread."""

    def __init__(self, store: Path) -> None:
        self._lock, self._wanted = store / LOCK, store / WANTED
        self._holding: int | None = None
        self._asking: int | None = None
        in_each_child(self.give_up)

    def ask(self) -> None:
        """Come before every thread, until `give_up`. Raises StoreLocked where another process asked first."""
        if self._asking is None:
            self._asking = _try_lock(self._wanted)
        if self._asking is None:
            raise StoreLocked("Another `personalize index` runs on this store: one is enough.")

    def take(self) -> bool:
        """Say whether it is our turn now, taking it where nobody has it."""
        if self._holding is not None and not _is_at(self._holding, self._lock):
            self._let_go()  # removed or replaced: that lock guards nothing
        if self._asking is None and self._is_wanted():
            self._let_go()
            return False
        if self._holding is None:
            self._holding = _try_lock(self._lock)
        if self._holding is not None:
            os.utime(self._holding)
        return self._holding is not None

    def give_up(self) -> None:
        """Let others have their turn."""
        self._let_go()
        _close(self._asking)
        self._asking = None

    def _let_go(self) -> None:
        _close(self._holding)
        self._holding = None

    def _is_wanted(self) -> bool:
        if not self._wanted.exists():
            return False
        descriptor = _try_lock(self._wanted, fcntl.LOCK_SH)
        _close(descriptor)
        return descriptor is None


def last_turn(store: Path) -> float | None:
    """Return how many seconds ago an indexer was at work here, or None when none ever was."""
    try:
        return max(0.0, time() - (store / LOCK).stat().st_mtime)
    except FileNotFoundError:
        return None


def _try_lock(path: Path, kind: int = fcntl.LOCK_EX) -> int | None:
    """Return a descriptor that holds the lock, or None where somebody else does. Raises StoreError."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreError(f"{path} cannot be opened: {error.strerror}. Check the store's folder.") from error
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except OSError:
        _close(descriptor)
        return None
    if not _is_at(descriptor, path):
        _close(descriptor)
        return None
    return descriptor


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except OSError:
        return False


def _close(descriptor: int | None) -> None:
    if descriptor is not None:
        with contextlib.suppress(OSError):
            os.close(descriptor)
