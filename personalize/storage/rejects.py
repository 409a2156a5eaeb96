"""The lists of what imports left out: they repeat people's data, and cannot tell whose it is.

A list that an import still writes has a hidden name and is locked by its writer. A hidden one that is not locked
was left by an import that died.
"""

import fcntl
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from math import inf
from pathlib import Path

from personalize.errors import StoreError, StoreLocked
from personalize.model.moments import SECOND

FOLDER = "rejects"


def begin_list(store: Path, name: str) -> tuple[int, Path]:
    """Return the descriptor and path of a new list, hidden and locked; those of dead imports go. Raises OSError."""
    folder = store / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    with _alone(folder):
        _remove(folder.glob(".*"))
        descriptor, path = tempfile.mkstemp(dir=folder, prefix=f".{name}.")
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    return descriptor, Path(path)


def remove_rejects(store: Path, before: int | None = None) -> int:
    """Remove the lists that were written before a time (µs), or all; return how many. Raises StoreError.

    One that an import is writing stays; raises StoreLocked for it where all were to go.
    """
    folder = store / FOLDER
    if not folder.is_dir():
        return 0
    try:
        with _alone(folder):
            removed = _remove(folder.iterdir(), inf if before is None else before)
            if before is None and any(_is_written(path) for path in folder.glob(".*")):
                raise StoreLocked("The list of rejected rows of an import goes when that import has finished.")
            return removed
    except OSError as error:
        raise StoreError(f"{folder} cannot be cleared: {error.strerror}. Check the rights of the folder.") from error


@contextmanager
def imports_at_rest(store: Path) -> Iterator[bool]:
    """Say whether no import is at work; where that is so, none begins before the block ends. Raises StoreError."""
    folder = store / FOLDER
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        with _alone(folder):
            yield not any(_is_written(path) for path in folder.glob(".*"))
    except OSError as error:
        raise StoreError(f"{folder} cannot be read: {error.strerror}. Check the rights of the folder.") from error


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let nobody else begin or remove a list meanwhile: a new one is not locked from its first moment."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _is_written(path: Path) -> bool:
    """Say whether an import is writing a list."""
    with suppress(FileNotFoundError), path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _remove(paths: Iterable[Path], before: float = inf) -> int:
    return sum(_remove_one(path, before) for path in paths)


def _remove_one(path: Path, before: float) -> bool:
    with suppress(FileNotFoundError, BlockingIOError):
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(descriptor).st_mtime * SECOND < before:
                path.unlink()
                return True
        finally:
            os.close(descriptor)
    return False
