"""Verify: look whether every entry is as it was written, in index and journal, and name those that are not."""

from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from personalize.cookbook.digests import Digests
from personalize.errors import StoreError
from personalize.explain.found import FARTHEST, Findings, Found
from personalize.explain.verify_index import IndexCheck, KeyOf
from personalize.explain.verify_journal import JournalCheck
from personalize.storage.sqlite.cookbook import SqliteEntries
from personalize.storage.sqlite.index_batches import SqliteIndexBatches


class Verified(Struct, frozen=True, kw_only=True):
    """What a look through showed: how many entries there are, and what is wrong, the first thing first.

    `total` counts what is beyond `found`, too. `remarks` are about what may be harmless.
    """

    entries: int
    batches: int
    total: int
    found: tuple[Found, ...]
    remarks: tuple[Found, ...]


def beyond_reading(error: StoreError) -> Verified:
    """Return what is to say of a store that cannot even be opened."""
    return Verified(entries=0, batches=0, total=1, found=(Found(what=str(error), where="store"),), remarks=())


def verify(
    store: Path,
    index: SqliteEntries,
    batches: SqliteIndexBatches,
    digests: Digests,
    key_of: KeyOf,
    *,
    start: int = 0,
    end: int = FARTHEST,
    progress: Callable[[int], None] = lambda done: None,
) -> Verified:
    """Look through the entries of a period (µs, end exclusive); without one also through the file itself.

    A segment that the period touches is looked through as a whole. Reads only, also while the site runs.
    """
    findings, count = Findings(), 0
    whole = start <= 0 and end >= FARTHEST
    try:
        count = IndexCheck(batches, digests, key_of, findings).run(start, end, whole, progress)
    except (StoreError, TypeError, ValueError) as error:  # a damaged database gives columns of other types
        findings.tell(str(error), "cookbook.sqlite")
    try:
        JournalCheck(store, index, batches, key_of, findings).run()
    except (StoreError, TypeError, ValueError) as error:
        findings.tell(str(error), "journal")
    return Verified(
        entries=findings.entries,
        batches=count,
        total=findings.total,
        found=tuple(findings.found),
        remarks=tuple(findings.remarks),
    )
