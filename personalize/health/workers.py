"""What each worker says of itself: a small file in the store, `workers/<pid>-<4 hex digits>.json`.

It is locked for as long as its worker lives, replaced whole each time, and removed when the worker
closes. One without its lock is of a worker that died; it stays for an hour, to be seen.
"""

import contextlib
import fcntl
import os
import secrets
from pathlib import Path
from time import time

import msgspec
from msgspec import Struct

from personalize.forks import in_each_child
from personalize.health.findings import Finding

FOLDER, SUFFIX, NEW = "workers", ".json", ".new"
REMEMBERED = 3600.0
"""Seconds for which the last word of a dead worker is kept."""


class Decided(Struct, frozen=True, kw_only=True):
    """How often one slot was decided in one way; `causes` are those that kept values away meanwhile."""

    slot: str
    variant: str | None
    reason: str
    causes: tuple[str, ...] = ()
    count: int


class Report(Struct, frozen=True, kw_only=True):
    """One worker's word: since `started`, as of `at` (both µs since 1970 UTC)."""

    worker: str
    pid: int
    started: int
    at: int
    recipe: str = ""
    decided: tuple[Decided, ...] = ()
    counters: dict[str, int] = {}
    indexing_failures: int = 0
    findings: tuple[Finding, ...] = ()


class Heard(Struct, frozen=True):
    """A report that was found, and whether its worker lives."""

    report: Report
    alive: bool


_decoder = msgspec.json.Decoder(Report)


class WorkerFile:
    """This worker's place in a store's `workers` folder."""

    def __init__(self, store: Path) -> None:
        self._folder, self._descriptor = store / FOLDER, -1
        self.worker = _name()
        in_each_child(self._leave_to_parent)

    def write(self, report: Report) -> None:
        """Replace what this worker says. Raises OSError; a store that is gone is not made anew."""
        with contextlib.suppress(FileExistsError):
            self._folder.mkdir(mode=0o700)
        early = self._folder / f"{self.worker}{NEW}"
        descriptor = os.open(early, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _write_all(descriptor, msgspec.json.encode(report))
            early.rename(self._path)
        except OSError:
            os.close(descriptor)
            early.unlink(missing_ok=True)
            raise
        self._let_go()
        self._descriptor = descriptor

    def remove(self) -> None:
        """Take the file away: this worker ends as it should."""
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)
        self._let_go()

    @property
    def _path(self) -> Path:
        return self._folder / f"{self.worker}{SUFFIX}"

    def _let_go(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _leave_to_parent(self) -> None:
        self._let_go()
        self.worker = _name()


def workers_in(store: Path) -> list[Heard]:
    """Return what the workers of a store say, by name; none where nothing can be read."""
    found = []
    with contextlib.suppress(OSError):
        for path in sorted((store / FOLDER).glob(f"*{SUFFIX}")):
            with contextlib.suppress(OSError, msgspec.DecodeError):
                found.append(_heard(path))
    return found


def remove_leftovers(store: Path) -> None:
    """Remove the last words of workers that died more than an hour ago."""
    for path in [*(store / FOLDER).glob(f"*{SUFFIX}"), *(store / FOLDER).glob(f"*{NEW}")]:
        with contextlib.suppress(OSError):
            if time() - path.stat().st_mtime > REMEMBERED and not _locked(path):
                path.unlink()


def _heard(path: Path) -> Heard:
    return Heard(_decoder.decode(path.read_bytes()), _locked(path))


def _locked(path: Path) -> bool:
    """Say whether somebody holds the file's lock."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _write_all(descriptor: int, data: bytes) -> None:
    if os.write(descriptor, data) != len(data):  # the disk filled up half way, and nothing was raised
        raise OSError(28, "No space left on device")


def _name() -> str:
    """Return a name that no other worker has: containers that share a store may share process ids."""
    return f"{os.getpid()}-{secrets.token_hex(2)}"
