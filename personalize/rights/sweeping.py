"""That one process at a time sweeps a store."""

import fcntl
import os
from pathlib import Path
from time import monotonic, sleep

from personalize.errors import StoreError


class Turn:
    """The right to sweep a store, as a `with` block; true where it is ours.

    It is a lock on the store's folder itself: no file remains, and a process that dies gives it up.
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


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
