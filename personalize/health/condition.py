"""The condition of a store and of a worker: the disk's room, the key file, what waits in the journal."""

import shutil
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from personalize.cookbook.backlog import Backlog, backlog
from personalize.errors import ErasureListError, HeadsError, KeyFileError, StoreError
from personalize.model.moments import SECOND
from personalize.ports import EntryIndex
from personalize.recognition.keys import KeyRing


class Condition(Struct, frozen=True, kw_only=True):
    """What was measured of a store and of the process that measures.

    `idle` is for how long (s) no indexer was at work, None where none is needed. `free` is the disk's room in
    bytes. `store`, `keys`, `erasures`, the erasure list, and `heads` say why one cannot be used. `unswept` is how
    long ago (s) the first of those was erased of whom a file may still hold a byte. `corrections` is how many requests
    for one are open, `waited` for how long (s) the oldest has been. `decided` and `failed` are the decisions of the
    last minute, and those of them that gave the default because of an error. `refused` says that the content files
    as they are now cannot be used, `unfinished` that a restore was killed half way, `overdue` that nothing was
    deleted for so long that a running site no longer does it by itself.
    """

    idle: float | None = None
    backlog: Backlog = Backlog()
    free: int | None = None
    store: str = ""
    keys: str = ""
    askable: bool = True
    erasures: str = ""
    heads: str = ""
    refused: bool = False
    unfinished: bool = False
    unswept: float = 0.0
    overdue: bool = False
    corrections: int = 0
    waited: float = 0.0
    decided: int = 0
    failed: int = 0


def condition_of(
    store: Path,
    index: EntryIndex,
    keys: Path,
    now: int,
    *,
    unswept_since: Callable[[], int | None],
    corrections: Callable[[], tuple[int, int | None]],
    overdue: Callable[[int], bool],
    check_list: Callable[[], None],
    check_heads: Callable[[], None],
) -> Condition:
    """Return the condition of a store and its keys at `now` (µs); never raises.

    `unswept_since` tells when (µs) the first person was erased of whom a file may still hold a byte,
    `corrections` how many requests for one are open, and when (µs) the oldest was made; `overdue` whether
    nothing is deleted any more at a time (µs); `check_list` raises ErasureListError where the erasure list takes no
    line, `check_heads` HeadsError where no head can be kept.
    """
    asked: tuple[int, int | None] = (0, None)
    late = False
    try:
        waiting, erased, asked, trouble = backlog(store, index, now), unswept_since(), corrections(), ""
        late = overdue(now)
    except StoreError as error:
        waiting, erased, trouble = Backlog(), None, advice_of(error)
    free = free_in(store)
    if free is None:
        trouble = advice_of(StoreError())
    return Condition(
        backlog=waiting,
        free=free,
        store=trouble,
        keys=keys_trouble(keys),
        erasures=trouble_of(check_list),
        heads=trouble_of(check_heads),
        unswept=_seconds(erased, now),
        overdue=late,
        corrections=asked[0],
        waited=_seconds(asked[1], now),
    )


def _seconds(since: int | None, now: int) -> float:
    return 0.0 if since is None else (now - since) / SECOND


def free_in(store: Path) -> int | None:
    """Return the room on a store's disk in bytes, None where the folder is gone."""
    try:
        return shutil.disk_usage(store).free
    except OSError:
        return None


def keys_trouble(path: Path) -> str:
    """Return what to do about a key file that cannot be used, or nothing."""
    try:
        KeyRing.load(path)
    except KeyFileError as error:
        return advice_of(error)
    return ""


def trouble_of(check: Callable[[], None], said: Callable[[Exception], str] | None = None) -> str:
    """Return what to do about an erasure list or heads that cannot be used, or nothing; `said` finds the words."""
    try:
        check()
    except (ErasureListError, HeadsError) as error:
        return (said or advice_of)(error)
    except StoreError:
        return ""  # the store cannot be asked, which is a finding of its own
    return ""


def advice_of(error: Exception) -> str:
    """Return what kind of error it is and what to do: anybody may read it, so the log alone says where."""
    return " ".join((type(error).__doc__ or "").partition("\n\n")[0].split())
