"""Look through the journal: what no reader takes for an entry any more, and what the index should have and has not."""

import contextlib
from pathlib import Path

from personalize.cookbook.frames import lines_of, read_stretch
from personalize.cookbook.journal import LARGEST, path_of, read_segment, segments_in
from personalize.errors import StoreError
from personalize.explain.found import Findings
from personalize.explain.verify_index import CHANGED, KeyOf, opens
from personalize.ports import Gap, PageRow, Position
from personalize.storage.sqlite.cookbook import SqliteEntries
from personalize.storage.sqlite.index_batches import SqliteIndexBatches

ENDLESS = "the segment was not closed: its process was killed, or entries were cut off behind this one"


class JournalCheck:
    """Looks through the segments that lie in the journal, and through what was noted of earlier ones."""

    def __init__(
        self, store: Path, index: SqliteEntries, batches: SqliteIndexBatches, key_of: KeyOf, findings: Findings
    ) -> None:
        self._folder = store / "journal"
        self._index, self._batches, self._key_of, self._findings = index, batches, key_of, findings

    def run(self) -> None:
        """Tell what is wrong. Raises StoreError where the journal or the index cannot be read."""
        for reference, gap in self._index.gaps():
            self._gap(reference, gap, None)
        try:
            for reference in segments_in(self._folder):
                with contextlib.suppress(FileNotFoundError):  # indexed and removed meanwhile
                    self._segment(reference, path_of(self._folder, reference))
        except OSError as error:
            raise StoreError(f"The journal cannot be read: {error.strerror}. Check its rights.") from error

    def _segment(self, reference: bytes, path: Path) -> None:
        position = self._index.positions([reference]).get(reference, Position())
        piece = read_segment(path, 0, 2 * LARGEST)
        stretch = read_stretch(reference, piece.data, 0, 0, final=piece.final)
        tail = read_stretch(
            reference, piece.data[position.offset :], position.offset, position.counter, final=False
        ).pages
        waiting = {page.page_id for page in tail}
        for gap in stretch.gaps:
            before = [page for page in stretch.pages if page.page_id[8:] < gap.counter.to_bytes(4, "big")]
            self._gap(reference, gap, before[-1] if before else None)
        for page in stretch.pages:
            if page.page_id not in waiting:
                self._indexed(reference, page)
            elif not opens(page, self._key_of):
                self._findings.tell(CHANGED, f"journal {reference.hex()}", page)
        self._findings.entries += sum(map(lines_of, tail))

    def _indexed(self, reference: bytes, page: PageRow) -> None:
        """Tell an entry that was indexed and is not there."""
        found = self._index.by_id(page.page_id)
        if found != page and not self._batches.was_cleared(page.page_id):
            self._findings.tell("was indexed, and is not in the cookbook as it was", f"journal {reference.hex()}", page)

    def _gap(self, reference: bytes, gap: Gap, before: PageRow | None) -> None:
        where = f"journal {reference.hex()}, byte {gap.start:,}"
        if not gap.length and not gap.missing:
            self._findings.remark(ENDLESS, where, before)
            return
        what = f"{gap.missing} or more are missing from here on, or stand elsewhere"
        if gap.length:
            what = f"{gap.length} bytes are damaged; {gap.missing} or more are lost from here on"
        self._findings.tell(what, where, before, reference + gap.counter.to_bytes(4, "big"))
