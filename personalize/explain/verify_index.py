"""Look through the index: each batch against its digest; where one does not fit, which of its pages is to blame."""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from personalize.cookbook.digests import MARK, Digests
from personalize.cookbook.frames import CRC, entry_id_of, frame_of, lines_of, page_of
from personalize.cookbook.seal import unseal
from personalize.errors import StoreError
from personalize.explain.found import MOST, Findings
from personalize.ports import Head, PageRow
from personalize.storage.sqlite.index_batches import BatchRow, SegmentRow, SqliteIndexBatches, is_true, row_number
from personalize.storage.sqlite.spans import COUNTER, LOW

KeyOf = Callable[[int], bytes | None]
CHANGED = "is not as it was written"
GONE = "is gone"
ADDED = "was added behind our back"
_NUMBER = re.compile(r"\brow (\d+)")


class IndexCheck:
    """Looks through the index of one store, and tells what it finds."""

    def __init__(self, batches: SqliteIndexBatches, digests: Digests, key_of: KeyOf, findings: Findings) -> None:
        self._batches, self._digests, self._key_of, self._findings = batches, digests, key_of, findings

    def run(self, start: int, end: int, whole: bool, progress: Callable[[int], None]) -> int:
        """Look through the segments of a period, and return how many batches there are. Raises StoreError."""
        heads = self._heads()
        batches = self._whole(self._batches.batches())
        self._compare_heads(heads, batches)
        self._count_up(batches)
        segments = self._batches.segments()
        held = {number: list(some) for number, some in groupby(sorted(batches, key=_first), key=_segment)}
        pages = 0
        for segment in segments:
            if whole or _meets(segment, start, end):
                pages += self._segment(segment, held.get(segment.number, []))
                progress(self._findings.entries)
        self._orphans({segment.number for segment in segments}, batches)
        if whole:
            self._strays(pages)
            self._complaints()
        return len(batches)

    def _heads(self) -> list[Head]:
        try:
            return self._digests.heads.read()
        except StoreError as error:
            self._findings.tell(str(error), "heads")
            return []

    def _whole(self, batches: Sequence[BatchRow]) -> list[BatchRow]:
        """Return the batches that are in order; tell the others."""
        whole = []
        for batch in batches:
            if isinstance(batch.first, int) and isinstance(batch.last, int) and batch.first <= batch.last:
                whole.append(batch)
            else:
                self._findings.tell("what is known of these entries is damaged", f"batch {batch.number}")
        return whole

    def _compare_heads(self, heads: Sequence[Head], batches: Sequence[BatchRow]) -> None:
        digests = {batch.number: batch.digest for batch in batches}
        newest = max(digests, default=0)
        for head in heads:
            if head.number > newest:
                self._findings.tell(
                    f"the entries after batch {newest} were cut off, up to batch {head.number}",
                    f"batch {newest + 1}",
                    *self._last_of(batches),
                )
            elif digests.get(head.number) not in (None, head.digest):
                self._findings.tell("entries were exchanged: the batch is not the one we kept", f"batch {head.number}")

    def _last_of(self, batches: Sequence[BatchRow]) -> tuple[PageRow | None, bytes]:
        """Return the last page there is, and the id that follows on it."""
        for batch in reversed(batches):
            pages = self._pages(batch.first, batch.last) if batch.last else []
            if pages:
                return pages[-1], _next_id(pages[-1])
        return None, b""

    def _count_up(self, batches: Sequence[BatchRow]) -> None:
        """Tell which numbers are left out."""
        expected = 1
        for place, batch in enumerate(batches):
            if batch.number > expected:
                what = f"all entries of batch {expected} are gone" + f", to batch {batch.number - 1}" * (
                    batch.number - 1 > expected
                )
                self._findings.tell(what, f"batch {expected}", *self._last_of(batches[:place]))
            expected = batch.number + 1

    def _segment(self, segment: SegmentRow, batches: Sequence[BatchRow]) -> int:
        """Look through a segment's batches and what lies between them; return how many pages there are."""
        base, count = segment.number << COUNTER, 0
        at = base
        for batch in batches:
            if batch.first > at:
                count += self._between(segment, at, batch.first - 1)
            pages = self._pages(batch.first, batch.last)
            self._batch(segment, batch, pages)
            count += len(pages)
            at = max(at, batch.last + 1)
        return count + self._between(segment, at, base | LOW)

    def _batch(self, segment: SegmentRow, batch: BatchRow, pages: Sequence[PageRow]) -> None:
        frames = [frame_of(page) for page in pages]
        whole = [frame for frame in frames if frame is not None]
        self._findings.entries += sum(map(lines_of, pages))
        if len(whole) < len(frames) or not is_true(batch, segment.reference, whole, self._digests):
            self._blame(segment, batch, pages, frames)
        times = [page.at for page in pages if isinstance(page.at, int)]
        if times and not (_at_most(segment.first_at, min(times)) and _at_most(max(times), segment.last_at)):
            what = "cannot be found by time: the times of its segment are not true"
            self._findings.tell(what, f"batch {batch.number}", pages[0])

    def _blame(
        self, segment: SegmentRow, batch: BatchRow, pages: Sequence[PageRow], frames: Sequence[bytes | None]
    ) -> None:
        """Tell which pages make a batch's digest wrong."""
        where, before = f"batch {batch.number}", self._findings.total
        for what, page in _differences(pages, frames, self._batches.marks(batch.number)):
            if what is not GONE:
                self._findings.tell(what, where, page)
            else:
                gone = _next_id(page) if page else segment.reference + _low(batch.first)
                self._findings.tell(what, where, page or (pages[0] if pages else None), gone)
        if self._findings.total == before:
            changed = next((page for page in pages if not opens(page, self._key_of)), None)
            what = CHANGED if changed else "begins a batch that is not as it was written, or whose digest is not"
            self._findings.tell(what, where, changed or (pages[0] if pages else None))

    def _between(self, segment: SegmentRow, first: int, last: int) -> int:
        """Tell the pages that lie in no batch, unless one has come about meanwhile."""
        pages = self._pages(first, last) if last >= first else []
        for page in pages:
            if self._batches.holder(row_number(segment.number, page.page_id)) is None:
                self._findings.tell(ADDED, "no batch", page)
        return len(pages)

    def _pages(self, first: int, last: int) -> list[PageRow]:
        """Return the pages between two numbers; of a damaged part of the file those that can still be read."""
        try:
            return [_with_bytes(page) for page in self._batches.pages(first, last)]
        except StoreError as error:
            if first == last:
                return []
            if last - first > 1 << 16:  # no batch is that long
                self._findings.tell(str(error), "cookbook.sqlite")
                return []
            middle = (first + last) // 2
            return self._pages(first, middle) + self._pages(middle + 1, last)

    def _orphans(self, segments: set[int], batches: Sequence[BatchRow]) -> None:
        for batch in batches:
            if batch.last and _segment(batch) not in segments:
                self._findings.tell("the segment of these entries is gone", f"batch {batch.number}")

    def _strays(self, pages: int) -> None:
        if self._batches.count() > pages:
            for page in self._batches.strays(MOST):
                self._findings.tell(ADDED, "no segment", page)

    def _complaints(self) -> None:
        """Tell what SQLite itself finds: pages of the file that are damaged, and entries an index lacks."""
        for line in self._batches.complaints(MOST):
            found = _NUMBER.search(line)
            pages = self._pages(int(found[1]), int(found[1])) if found and "entries" in line else []
            self._findings.tell(line, "cookbook.sqlite", pages[0] if pages else None)


def opens(page: PageRow, key_of: KeyOf) -> bool:
    """Say whether a page's seal opens, or there is nothing to open."""
    frame, key = frame_of(page), key_of(page.subject)
    if frame is None:
        return False
    try:
        clear = page_of(frame)
    except ValueError:
        return False
    sealed = frame[clear.body_at : -CRC.size]
    if key is None or not sealed or clear.same_as:
        return True
    return unseal(key, page.page_id, sealed, frame[: clear.body_at]) is not None


def _differences(
    pages: Sequence[PageRow], frames: Sequence[bytes | None], marks: Sequence[bytes]
) -> Iterator[tuple[str, PageRow | None]]:
    """Yield what differs from the marks of a batch's pages; with a page that is gone the one before it."""
    have = [page.rest[-MARK:] for page in pages]
    at, place, told = 0, 0, -1
    while at < len(marks) or place < len(pages):
        mark, mine = marks[at] if at < len(marks) else None, have[place] if place < len(pages) else None
        if mark == mine and frames[place] is not None:
            at, place = at + 1, place + 1
        elif mine is None or (mark is not None and mine in marks[at + 1 :] and mark not in have[place:]):
            if told != place:  # several in a row are told once
                yield GONE, pages[place - 1] if place else None
            at, told = at + 1, place
        elif mark is None or mark in have[place + 1 :]:
            yield (CHANGED if frames[place] is None else ADDED), pages[place]
            place += 1
        else:
            yield CHANGED, pages[place]
            at, place = at + 1, place + 1


def _with_bytes(page: PageRow) -> PageRow:
    """Return a page in whose columns damage may have left anything."""
    columns: tuple[object, ...] = page.rest, page.recipe
    if all(isinstance(column, bytes) for column in columns):
        return page
    return PageRow(page.page_id, page.at, page.code, page.subject, b"", b"")


def _next_id(page: PageRow) -> bytes:
    return entry_id_of(page.page_id, max(1, lines_of(page)))


def _low(row: int) -> bytes:
    return (row & LOW).to_bytes(4, "big")


def _first(batch: BatchRow) -> int:
    return batch.first


def _segment(batch: BatchRow) -> int:
    return batch.first >> COUNTER


def _meets(segment: SegmentRow, start: int, end: int) -> bool:
    return (
        segment.first_at is not None
        and segment.last_at is not None
        and (segment.last_at >= start and segment.first_at < end)
    )


def _at_most(less: int | None, more: int | None) -> bool:
    return less is not None and more is not None and less <= more
