"""Backup of a store while it is in use: keys apart from what they open, and nothing of the erased."""

import hashlib
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from time import monotonic, sleep

import msgspec
from msgspec import Struct

from personalize.cookbook.indexer import Indexer
from personalize.cookbook.journal import path_of, segments_in
from personalize.errors import StoreError, StoreLocked
from personalize.ports import EntryIndex, Position
from personalize.storage.open import Store
from personalize.storage.sqlite.connect import connect, translated

MANIFEST = "backup.json"
KEYS = "keys.sqlite"
BODY = ("cookbook.sqlite", "people.sqlite")
"""In the order of copying: entries refer to recipes and people, people to keys; what is copied later has more."""
PATIENCE = 60.0
"""Seconds to wait for the indexer and for a sweep."""
CHUNK = 1 << 20


class Copied(Struct, frozen=True, kw_only=True):
    """One file of a backup, as it was written."""

    name: str
    size: int
    sha256: str


class Backup(Struct, frozen=True, kw_only=True):
    """What a backup holds; stands as `backup.json` in its folder. `made_at` is µs since 1970 UTC."""

    made_at: int
    site: str
    files: tuple[Copied, ...]
    format: int = 1


def back_up(
    store: Store, indexer: Indexer, sweep: Callable[[], int | None], folder: Path, keys: Path, *, now: int, site: str
) -> Backup:
    """Copy a store into a folder and its keys into another one. Raises StoreError; then there is no `backup.json`.

    The journal is indexed before, and what is left of erased people swept.
    """
    _check_folders(store.folder, folder, keys)
    _index(indexer, store.folder / "journal", store.entries)
    if sweep() is None:
        raise StoreLocked("Erased data is being cleaned up by another process: try again when that has finished.")
    for target in (folder, keys):
        _make(target)
    files = [copy(store.folder / name, folder / name) for name in BODY]
    files.append(copy(store.folder / KEYS, keys / KEYS))
    backup = Backup(made_at=now, site=site, files=tuple(files))
    write(folder / MANIFEST, msgspec.json.format(msgspec.json.encode(backup), indent=2))
    return backup


def copy(source: Path, target: Path) -> Copied:
    """Copy a database as it is at one moment, while others write, and look whether the copy is whole."""
    write(target, b"")
    try:
        with closing(connect(source)) as live, closing(sqlite3.connect(target)) as new:
            live.backup(new)
            new.execute("PRAGMA journal_mode = DELETE")
            check(new, target)
    except sqlite3.Error as error:
        raise translated(error, target) from error
    return Copied(name=target.name, size=target.stat().st_size, sha256=hash_of(target))


def check(database: sqlite3.Connection, path: Path) -> None:
    """Raise StoreError where a database is damaged."""
    found = [row[0] for row in database.execute("PRAGMA integrity_check(1)")]
    if found != ["ok"]:
        raise StoreError(f"{path} is damaged: {found[0]}. Use another backup.")


def hash_of(path: Path) -> str:
    """Return the SHA-256 of a file. Not for a file that this process has open as a database."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write(path: Path, text: bytes) -> None:
    """Make a file for its owner alone, durably. Raises StoreError where it is there already."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror}. Choose another folder, or make room.") from error


def _check_folders(store: Path, folder: Path, keys: Path) -> None:
    """Raise StoreError where keys would lie with what they open, or something would be written over."""
    places = [path.resolve() for path in (store, folder, keys)]
    for place in places[1:]:
        for other in places:
            if place is not other and (place.is_relative_to(other) or other.is_relative_to(place)):
                raise StoreError(
                    "Store, backup and keys each need a folder of their own, none within another: "
                    "with the keys beside it, a stolen backup can be read."
                )
        if place.exists() and (not place.is_dir() or any(place.iterdir())):
            raise StoreError(f"{place} is not an empty folder: nothing is written over.")


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StoreError(f"{folder} cannot be made: {error.strerror}. Choose another folder.") from error


def _index(indexer: Indexer, journal: Path, index: EntryIndex) -> None:
    """See to it that what is in the journal now is indexed, by us or by the `personalize index` at work."""
    waiting = {reference: _size(journal, reference) for reference in segments_in(journal)}
    try:
        indexer.drain()
        return
    except StoreLocked:
        until = monotonic() + PATIENCE
    while waiting:
        known = index.positions(list(waiting))
        waiting = {
            reference: size
            for reference, size in waiting.items()
            if _size(journal, reference) and known.get(reference, Position()).offset < size
        }
        if monotonic() > until:
            raise StoreLocked("The journal is not indexed: is the indexer's process stopped?")
        sleep(0.1)


def _size(journal: Path, reference: bytes) -> int:
    try:
        return path_of(journal, reference).stat().st_size
    except FileNotFoundError:
        return 0
