"""That one process at a time sweeps a store, and that what a restore that was killed left behind goes."""

import fcntl
import os
import shutil
from pathlib import Path
from time import monotonic, sleep

from personalize.errors import StoreError


class Turn:
    """The right to sweep a store, or to restore one into a folder, as a `with` block; true where it is ours.

    It is a lock on that folder itself: no file remains, and a process that dies gives it up.
    """

    def __init__(self, folder: Path, patience: float) -> None:
        self._folder, self._until = folder, monotonic() + patience
        self._descriptor = -1

    def __enter__(self) -> bool:
        try:
            self._descriptor = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise StoreError(f"{self._folder} cannot be opened: {error.strerror}. Check the store's folder.") from error
        while not _locked(self._descriptor):
            if monotonic() > self._until:
                return False
            sleep(0.05)
        return True

    def __exit__(self, *_: object) -> None:
        """Let others have their turn."""
        os.close(self._descriptor)


def restoring_place(store: Path) -> Path:
    """Return where a store is put together before it is in its place."""
    return store.with_name(f".{store.name}.restoring")


def is_restore_unfinished(store: Path) -> bool:
    """Say whether a restore was killed and left people's data, and the keys to it, beside the store's place."""
    if not restoring_place(store).exists():
        return False
    with Turn(store.parent, 0.0) as mine:
        return mine


def remove_unfinished_restore(store: Path) -> None:
    """Remove what a restore that was killed left beside the store's place. Raises StoreError."""
    place = restoring_place(store)
    if not place.exists():
        return
    with Turn(store.parent, 0.0) as mine:
        if mine:
            try:
                shutil.rmtree(place)
            except OSError as error:
                raise StoreError(f"{place}, left by a restore, cannot be removed: {error.strerror}.") from error


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
