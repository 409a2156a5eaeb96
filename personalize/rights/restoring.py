"""Restore a backup: beside the store's place first, without the erased, with every no, and nobody logged in."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
from msgspec import Struct

from personalize.cookbook.digests import Heads
from personalize.durable import sync_folder
from personalize.errors import StoreError, StoreLocked
from personalize.ports import Head
from personalize.recognition.keys import KeyRing
from personalize.rights.backup import KEYS, MANIFEST, Backup, check, hash_of
from personalize.rights.erasure import Followed
from personalize.rights.rights import erasure_of
from personalize.rights.sweeping import Turn, restoring_place
from personalize.settings import Settings
from personalize.storage.open import open_store
from personalize.storage.sqlite.connect import translated
from personalize.storage.sqlite.logins import log_everybody_out


class Restored(Struct, frozen=True, kw_only=True):
    """What was put back: from when (µs), how many people were erased and noes said since, how many are known now.

    Where `list_missing`, nothing told who was erased since the backup, or said no: they are known again, it is lost.
    """

    made_at: int
    erased: int
    noes: int
    people: int
    list_missing: bool


def restore(settings: Settings, ring: KeyRing, folder: Path, keys: Path, *, now: int) -> Restored:
    """Put a backup in the place of a store that is not there. Raises StoreError; then nothing is there.

    People on the erasure list are erased, and noes on it kept, before the store is in its place. Where the list
    itself is not there, the store is put back all the same, for a site where nobody said no has none.
    """
    store = settings.site.store
    if store.exists() and (not store.is_dir() or any(store.iterdir())):
        raise StoreError(f"There is a store in {store}: stop the site and move it away first.")
    try:
        store.parent.mkdir(parents=True, exist_ok=True)
        with Turn(store.parent, 0.0) as mine:
            if not mine:
                raise StoreLocked(f"Another restore is at work in {store.parent}: try again when it has finished.")
            return _restored(settings, ring, _manifest(folder), folder, keys, now)
    except OSError as error:
        raise StoreError(f"The backup cannot be put back: {error}. Check folders, rights and room.") from error


def _restored(settings: Settings, ring: KeyRing, backup: Backup, folder: Path, keys: Path, now: int) -> Restored:
    store, heads = settings.site.store, Heads(settings.site.heads)
    beside = restoring_place(store)
    try:
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir(mode=0o700)
        _copy(backup, folder, keys, beside)
        list_missing = not settings.site.erasures.exists()  # asked first: erasing makes one of what the backup knows
        followed, people, newest = _followed(settings, ring, beside, now)
        heads.begin(newest)  # what was indexed after the backup is gone, knowingly
        beside.rename(store)
        sync_folder(store.parent)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return Restored(
        made_at=backup.made_at,
        erased=followed.erased,
        noes=followed.noes,
        people=people,
        list_missing=list_missing,
    )


def _manifest(folder: Path) -> Backup:
    try:
        backup = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Backup)
    except (OSError, msgspec.MsgspecError) as error:
        raise StoreError(f"{folder} holds no complete backup: its {MANIFEST} is missing or cut.") from error
    if backup.format != 1:
        raise StoreError(f"{folder} was written by a newer version of personalize: install that version.")
    return backup


def _copy(backup: Backup, folder: Path, keys: Path, target: Path) -> None:
    for file in backup.files:
        source = (keys if file.name == KEYS else folder) / Path(file.name).name
        if not source.is_file():
            raise StoreError(f"{source} is missing. `--keys` names the folder that the keys were backed up to.")
        new = target / source.name
        shutil.copyfile(source, new)
        new.chmod(0o600)
        if hash_of(new) != file.sha256:
            raise StoreError(f"{source} is not the file that was backed up then: it is damaged, or of another backup.")
        try:
            with closing(sqlite3.connect(new)) as database:
                check(database, source)
        except sqlite3.Error as error:
            raise translated(error, source) from error


def _followed(settings: Settings, ring: KeyRing, folder: Path, now: int) -> tuple[Followed, int, Head | None]:
    """Let the copy follow the list, bytes and all; return what that was, who is left, and the newest batch."""
    store = open_store(folder)
    try:
        log_everybody_out(store.people, now)  # who logged out since the backup is not known
        erasure = erasure_of(settings, store, ring, lambda subject: None)
        followed = erasure.follow_anew(now)
        erasure.sweep(now)
        row, newest = store.people.one("SELECT count(*) FROM subjects"), store.entries.head()
    finally:
        store.close()
    return followed, int(row[0]) if row else 0, newest
