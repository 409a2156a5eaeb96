"""Look-up: entries by visit code, subject, time or id, opened and checked, from index and open tails."""

import heapq
import logging
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from itertools import groupby, islice
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from personalize.cookbook.body import Body, read_body, stored_of
from personalize.cookbook.codes import code_of, number_of, read_code
from personalize.cookbook.frames import CRC, Page, entry_id_of, frame_of, page_of, place_of
from personalize.cookbook.headers import Damaged, Header, Headers
from personalize.cookbook.names import Names
from personalize.cookbook.seal import unseal
from personalize.cookbook.served import Served
from personalize.cookbook.tails import Tails
from personalize.model.attributes import Cause
from personalize.model.content import SEGMENTS, Recipe
from personalize.model.cookbook import CookbookEntry, Ingredient, Withheld
from personalize.model.decisions import Reason
from personalize.ports import NO_END, EntryIndex, PageRow

RecipeOf = Callable[[str], Recipe | None]
KeyOf = Callable[[int], bytes | None]
ObservedOf = Callable[[int], int | None]

AT_HAND = 1000
"""Opened pages kept while reading, for those that repeat them."""

log = logging.getLogger("personalize")


class Inputs(Struct, frozen=True, gc=False):
    """What one entry read, and whose it is under which recipe."""

    subject: int
    recipe: bytes
    body: Body


class Cookbook:
    """Implement CookbookStore over an index and the journal beside it.

    `recipe`, `key_of` and `observed_of` give a recipe by its hash, a subject's sealing key (None: erased)
    and when an import's rows were observed (µs). An entry that is damaged is left out, and its id kept in `quarantine`.
    """

    def __init__(
        self, store: Path, index: EntryIndex, *, recipe: RecipeOf, key_of: KeyOf, observed_of: ObservedOf
    ) -> None:
        self._index, self._tails = index, Tails(store, index)
        self._recipe, self._key_of, self._observed_of = recipe, key_of, observed_of
        self._names: dict[bytes, Names] = {}
        self._headers = Headers(self._names_of)
        self.quarantine: set[bytes] = set()

    def by_code(self, code: str) -> list[CookbookEntry]:
        """Return the entries under a visit code, oldest first. Raises NotFound (no code), StoreError."""
        number = number_of(read_code(code))
        rows = self._tails.rows(lambda row: row.code == number) + self._index.by_code(number)
        return list(self._opened(sorted(_once(rows), key=_age)))

    def by_subject(self, subject: int, limit: int, start: int = 0, end: int = NO_END) -> list[CookbookEntry]:
        """Return a subject's newest entries of a period (µs, end exclusive), newest first. Raises StoreError."""
        rows = self._tails.rows(lambda row: row.subject == subject and start <= row.at < end)
        rows += self._index.by_subject(subject, limit, start, end)
        newest = sorted(_once(rows), key=_age, reverse=True)[:limit]
        return list(islice(self._opened(newest, backwards=True), limit))

    def all_of(self, subject: int) -> Iterator[CookbookEntry]:
        """Yield all of a subject's entries, newest first, however many: few are in memory. Raises StoreError."""
        tail = sorted(self._tails.rows(lambda row: row.subject == subject), key=_age, reverse=True)
        rows = heapq.merge(tail, self._index.all_of(subject), key=_age, reverse=True)
        return self._opened(_left_once(rows, {row.page_id for row in tail}), backwards=True)

    def by_time(self, start: int, end: int) -> Iterator[CookbookEntry]:
        """Yield the entries of a period (µs, end exclusive), oldest first. Raises StoreError."""
        return self._opened(self._rows(start, end))

    def readings(self, recipes: Container[bytes], start: int, end: int) -> Iterator[tuple[Header, Body | None]]:
        """Yield the entries of a period under these recipes (32-byte hashes), oldest first, with what they read.

        It stands there as places of the recipe, which costs a third of whole entries; None where the key is gone.
        """
        for row, at_hand in self._at_hand(row for row in self._rows(start, end) if row.recipe in recipes):
            try:
                yield from self._read(row, at_hand)
            except (Damaged, LookupError, ValueError, TypeError) as error:
                self._set_aside(row.page_id, error)

    def headers(self, start: int, end: int) -> Iterator[Header]:
        """Yield the entries of a period likewise as far as they stand in the clear: no key, no body is read."""
        for row in self._rows(start, end):
            try:
                yield from self._headers.of(row)
            except (Damaged, LookupError, ValueError, TypeError) as error:
                self._set_aside(row.page_id, error)

    def marks(self) -> Served:
        """Return what knows, for one reading, which entries were put on their page."""
        return Served(self._index, self._tails)

    def by_ids(self, entry_ids: Iterable[bytes]) -> list[CookbookEntry]:
        """Return those of some entries that are there, in the order of their ids. Raises StoreError."""
        wanted = frozenset(entry_ids)
        rows = filter(None, map(self._row, sorted(wanted)))
        return list(self._opened(_once(rows), wanted=wanted))

    def by_id(self, entry_id: bytes) -> CookbookEntry | None:
        """Return one entry, or None when there is none under this id. Raises StoreError."""
        return next(iter(self.by_ids((entry_id,))), None)

    def _rows(self, start: int, end: int) -> Iterator[PageRow]:
        tail = sorted(self._tails.rows(lambda row: start <= row.at < end), key=_age)
        rows = heapq.merge(tail, self._index.by_time(start, end), key=_age)
        waiting = {row.page_id for row in tail}
        return _left_once(rows, waiting)

    def _row(self, entry_id: bytes) -> PageRow | None:
        """Return the page of an entry. The index is asked first, for most are there: the tails take long."""
        row = self._indexed(entry_id)
        if row is None:
            rows = self._tails.rows(lambda row: place_of(row, entry_id) >= 0)
            row = rows[0] if rows else self._indexed(entry_id)
        return row

    def _indexed(self, entry_id: bytes) -> PageRow | None:
        row = self._index.by_id(entry_id)
        return row if row is not None and place_of(row, entry_id) >= 0 else None

    def _opened(
        self, rows: Iterable[PageRow], *, backwards: bool = False, wanted: frozenset[bytes] = frozenset()
    ) -> Iterator[CookbookEntry]:
        """Yield the entries of pages, in order, or of those only the `wanted` ones.

        What they read is kept at hand for those that repeat them.
        """
        served = self.marks()
        for row, at_hand in self._at_hand(rows):
            try:
                entries = self._entries(row, at_hand, served, wanted)
            except (Damaged, LookupError, ValueError, TypeError) as error:
                self._set_aside(row.page_id, error)
                continue
            yield from reversed(entries) if backwards else entries

    def _at_hand(self, rows: Iterable[PageRow]) -> Iterator[tuple[PageRow, dict[bytes, Inputs]]]:
        """Yield rows with what was read by those before them, as far as it is kept."""
        at_hand: dict[bytes, Inputs] = {}
        for row in rows:
            if len(at_hand) > AT_HAND:
                at_hand.clear()
            yield row, at_hand

    def _read(self, row: PageRow, at_hand: dict[bytes, Inputs]) -> list[tuple[Header, Body | None]]:
        key = self._key_of(row.subject)
        page = self._open(row, key, at_hand)
        headers = self._headers.of_page(row, page)
        if key is None:
            return [(header, None) for header in headers]
        first = page.same_as or row.page_id
        return [
            (header, self._inputs(row, entry_id_of(first, place), at_hand).body) for place, header in enumerate(headers)
        ]

    def _set_aside(self, entry_id: bytes, error: Exception) -> None:
        self.quarantine.add(entry_id)
        log.warning("Entry %s is damaged and left out: %s", entry_id.hex(), error)

    def _entries(
        self, row: PageRow, at_hand: dict[bytes, Inputs], served: Served, wanted: frozenset[bytes]
    ) -> list[CookbookEntry]:
        """Return a page's entries but for those that are damaged on their own."""
        key = self._key_of(row.subject)
        page, names = self._open(row, key, at_hand), self._names_of(row.recipe)
        entries = []
        for place, line in enumerate(page.lines):
            entry_id = entry_id_of(row.page_id, place)
            if wanted and entry_id not in wanted:
                continue
            try:
                entry = _headed(row, place, page, names, served)
                if key is None:
                    entries.append(replace(entry, erased=True))
                else:
                    inputs = self._inputs(row, entry.same_as or entry_id, at_hand)
                    entries.append(self._filled(entry, line.slot, names, inputs.body))
            except (Damaged, LookupError, ValueError, TypeError) as error:
                self._set_aside(entry_id, error)
        return entries

    def _open(self, row: PageRow, key: bytes | None, at_hand: dict[bytes, Inputs]) -> Page:
        """Return a page, and put what its entries read at hand where the person's key is still there."""
        frame = frame_of(row)
        if frame is None:
            raise Damaged("its checksum does not fit")
        page = page_of(frame)
        sealed = frame[page.body_at : -CRC.size]
        if key is not None and not page.same_as:
            text = unseal(key, row.page_id, sealed, frame[: page.body_at])
            bodies = None if text is None else read_body(text)
            if bodies is None:
                raise Damaged("its seal does not open")
            if len(bodies) != len(page.lines):
                raise Damaged("its body has other entries than its lines")
            for place, body in enumerate(bodies):
                at_hand[entry_id_of(row.page_id, place)] = Inputs(row.subject, row.recipe, body)
        return page

    def _inputs(self, row: PageRow, entry_id: bytes, at_hand: dict[bytes, Inputs]) -> Inputs:
        """Return what an entry read: one of the same subject and recipe as the page that refers to it."""
        if entry_id not in at_hand:
            first = self._row(entry_id)
            if first is None or first.page_id == row.page_id:
                raise Damaged(f"the entry it repeats, {entry_id.hex()}, is gone")
            self._open(first, self._key_of(row.subject), at_hand)
        inputs = at_hand.get(entry_id)
        if inputs is None:
            raise Damaged(f"it cannot repeat {entry_id.hex()}, which has no inputs of its own")
        if (inputs.subject, inputs.recipe) != (row.subject, row.recipe):
            raise Damaged(f"it cannot repeat {entry_id.hex()}")
        return inputs

    def _filled(self, entry: CookbookEntry, slot: int, names: Names, body: Body) -> CookbookEntry:
        return replace(
            entry,
            ingredients=tuple(self._ingredient(item, names, body.records) for item in body.ingredients),
            absences=tuple(
                Withheld(attribute=names.read(slot, code >> 3), cause=Cause(code & 7)) for code in body.absences
            ),
            context=body.context,
            language=body.language,
            failed=tuple(body.failed),
        )

    def _ingredient(self, item: Sequence[object], names: Names, records: Mapping[int, bytes]) -> Ingredient:
        place = item[0]
        value = stored_of(item, self._observed_of)
        if value is None or not isinstance(place, int):
            raise Damaged("the header of a batch it refers to is gone")
        purpose, number = names.purpose(place)
        return Ingredient(
            attribute=names.attribute(place), value=value, purpose=purpose, record=records.get(number, b"")
        )

    def _names_of(self, digest: bytes) -> Names:
        names = self._names.get(digest)
        if names is None:
            recipe = self._recipe(digest.hex())
            if recipe is None:
                raise Damaged(f"its recipe {digest.hex()} is gone")
            names = self._names[digest] = Names(recipe)
        return names


def _headed(row: PageRow, place: int, page: Page, names: Names, served: Served) -> CookbookEntry:
    """Return an entry of which only the clear part is known."""
    line, entry_id = page.lines[place], entry_id_of(row.page_id, place)
    return CookbookEntry(
        entry_id=entry_id,
        at=row.at,
        code=code_of(row.code),
        slot=names.slot(line.slot),
        subject=row.subject,
        recipe=row.recipe.hex(),
        variant=names.variant(line.slot, line.variant),
        reason=Reason(line.reason),
        outcomes=names.outcomes(line.slot, line.outcomes),
        assurance=page.assurance,
        epoch=page.epoch,
        same_as=entry_id_of(page.same_as, place) if page.same_as else b"",
        served=served.is_marked(entry_id),
    )


def in_order(entries: Iterable[CookbookEntry]) -> list[CookbookEntry]:
    """Return a page's entries in the order in which its slots were decided; the groups of visitors come last."""
    return sorted(entries, key=lambda entry: (entry.slot == SEGMENTS, entry.at, entry.entry_id))


def page_by_page(entries: Iterable[CookbookEntry]) -> Iterator[CookbookEntry]:
    """Yield entries whose pages stand in any order with those of each page `in_order`; one page is in memory."""
    for _, page in groupby(entries, key=lambda entry: entry.code):
        yield from in_order(page)


def _age(row: PageRow) -> tuple[int, bytes]:
    return row.at, row.page_id


def _once(rows: Iterable[PageRow]) -> list[PageRow]:
    return list({row.page_id: row for row in rows}.values())


def _left_once(rows: Iterable[PageRow], waiting: set[bytes]) -> Iterator[PageRow]:
    """Yield each row once; those in `waiting` may come a second time, from the index."""
    seen: set[bytes] = set()
    for row in rows:
        if row.page_id not in waiting:
            yield row
        elif row.page_id not in seen:
            seen.add(row.page_id)
            yield row
