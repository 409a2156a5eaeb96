"""Look-up: entries by visit code, subject, time or id, opened and checked, from index and open tails."""

import heapq
import logging
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import msgspec

from personalize.cookbook.body import Body, read_body, stored_of
from personalize.cookbook.codes import code_of, number_of, read_code
from personalize.cookbook.frames import CRC, ENTRY, HEADER, REST, Header, frame_of, header_of
from personalize.cookbook.names import Names
from personalize.cookbook.seal import unseal
from personalize.cookbook.tails import Tails
from personalize.model.attributes import Cause
from personalize.model.content import Recipe
from personalize.model.cookbook import CookbookEntry, Ingredient, Withheld
from personalize.model.decisions import Reason
from personalize.ports import Batch, EntryIndex, EntryRow

RecipeOf = Callable[[str], Recipe | None]
KeyOf = Callable[[int], bytes | None]
BatchOf = Callable[[int], Batch | None]

log = logging.getLogger(__name__)


class Damaged(Exception):
    """An entry that is not as it was written, or whose recipe, batch or first entry is gone."""


class Cookbook:
    """Implement CookbookStore over an index and the journal beside it.

    `recipe`, `key_of` and `batch` give a recipe by its hash, a subject's sealing key (None: erased)
    and the header of an import. An entry that is damaged is left out, and its id kept in `quarantine`.
    """

    def __init__(self, store: Path, index: EntryIndex, *, recipe: RecipeOf, key_of: KeyOf, batch: BatchOf) -> None:
        self._index, self._tails = index, Tails(store, index)
        self._recipe, self._key_of, self._batch = recipe, key_of, batch
        self._names: dict[bytes, Names] = {}
        self.quarantine: set[bytes] = set()

    def by_code(self, code: str) -> list[CookbookEntry]:
        """Return the entries under a visit code, oldest first. Raises NotFound (no code), StoreError."""
        number = number_of(read_code(code))
        rows = self._tails.rows(lambda row: row.code == number) + self._index.by_code(number)
        return list(self._opened(sorted(_once(rows), key=_age)))

    def by_subject(self, subject: int, limit: int) -> list[CookbookEntry]:
        """Return a subject's newest entries, newest first. Raises StoreError."""
        rows = self._tails.rows(lambda row: row.subject == subject)
        rows += self._index.by_subject(subject, limit)
        return list(self._opened(sorted(_once(rows), key=_age, reverse=True)[:limit]))

    def by_time(self, start: int, end: int) -> Iterator[CookbookEntry]:
        """Yield the entries of a period (µs, end exclusive), oldest first. Raises StoreError."""
        tail = sorted(self._tails.rows(lambda row: start <= row.at < end), key=_age)
        rows = heapq.merge(tail, self._index.by_time(start, end), key=_age)
        waiting = {row.entry_id for row in tail}
        return self._opened(_left_once(rows, waiting))

    def by_id(self, entry_id: bytes) -> CookbookEntry | None:
        """Return one entry, or None when there is none under this id. Raises StoreError."""
        row = self._row(entry_id)
        return next(self._opened([row]), None) if row else None

    def _row(self, entry_id: bytes) -> EntryRow | None:
        rows = self._tails.rows(lambda row: row.entry_id == entry_id)
        return rows[0] if rows else self._index.by_id(entry_id)

    def _opened(self, rows: Iterable[EntryRow]) -> Iterator[CookbookEntry]:
        for row in rows:
            try:
                yield self._open(row)
            except (Damaged, LookupError, ValueError, TypeError) as error:
                self.quarantine.add(row.entry_id)
                log.warning("Entry %s is damaged and left out: %s", row.entry_id.hex(), error)

    def _open(self, row: EntryRow) -> CookbookEntry:
        frame = frame_of(row)
        if frame is None:
            raise Damaged("its checksum does not fit")
        header, names = header_of(row), self._names_of(row.recipe)
        entry = _headed(row, header, names)
        if header.kind != ENTRY:
            entry = msgspec.structs.replace(entry, same_as=_payload(frame, header))
        key = self._key_of(row.subject)
        if key is None:
            return msgspec.structs.replace(entry, erased=True)
        return self._filled(entry, header, names, self._body(row, frame, header, key))

    def _body(self, row: EntryRow, frame: bytes, header: Header, key: bytes) -> Body:
        if header.kind != ENTRY:
            row, frame, header = self._first(row, _payload(frame, header))
        text = unseal(key, row.entry_id, _payload(frame, header), frame[: _start(header)])
        body = None if text is None else read_body(text)
        if body is None:
            raise Damaged("its seal does not open")
        return body

    def _first(self, repeated: EntryRow, entry_id: bytes) -> tuple[EntryRow, bytes, Header]:
        """Return the entry whose inputs another one repeats: one of the same subject and recipe."""
        row = self._row(entry_id)
        frame = frame_of(row) if row else None
        if row is None or frame is None:
            raise Damaged(f"the entry it repeats, {entry_id.hex()}, is gone or damaged")
        header = header_of(row)
        if header.kind != ENTRY or (row.subject, row.recipe) != (repeated.subject, repeated.recipe):
            raise Damaged(f"it cannot repeat {entry_id.hex()}")
        return row, frame, header

    def _filled(self, entry: CookbookEntry, header: Header, names: Names, body: Body) -> CookbookEntry:
        return msgspec.structs.replace(
            entry,
            ingredients=tuple(self._ingredient(item, names, body.records) for item in body.ingredients),
            absences=tuple(
                Withheld(attribute=names.read(header.slot, code >> 3), cause=Cause(code & 7)) for code in body.absences
            ),
            context=body.context,
            language=body.language,
            failed=tuple(body.failed),
        )

    def _ingredient(self, item: list[object], names: Names, records: dict[int, bytes]) -> Ingredient:
        place = item[0]
        value = stored_of(item, self._observed)
        if value is None or not isinstance(place, int):
            raise Damaged("the header of a batch it refers to is gone")
        purpose, number = names.purpose(place)
        return Ingredient(
            attribute=names.attribute(place), value=value, purpose=purpose, record=records.get(number, b"")
        )

    def _observed(self, batch: int) -> int | None:
        found = self._batch(batch)
        return found.observed_at if found else None

    def _names_of(self, digest: bytes) -> Names:
        names = self._names.get(digest)
        if names is None:
            recipe = self._recipe(digest.hex())
            if recipe is None:
                raise Damaged(f"its recipe {digest.hex()} is gone")
            names = self._names[digest] = Names(recipe)
        return names


def _headed(row: EntryRow, header: Header, names: Names) -> CookbookEntry:
    """Return an entry of which only the clear part is known."""
    return CookbookEntry(
        entry_id=row.entry_id,
        at=row.at,
        code=code_of(row.code),
        slot=names.slot(header.slot),
        subject=row.subject,
        recipe=row.recipe.hex(),
        variant=names.variant(header.slot, header.variant),
        reason=Reason(header.reason),
        outcomes=names.outcomes(header.slot, row.rest[REST.size : REST.size + header.outcomes]),
        assurance=header.assurance,
        epoch=header.epoch,
    )


def _start(header: Header) -> int:
    return HEADER.size + header.outcomes


def _payload(frame: bytes, header: Header) -> bytes:
    return frame[_start(header) : -CRC.size]


def _age(row: EntryRow) -> tuple[int, bytes]:
    return row.at, row.entry_id


def _once(rows: Iterable[EntryRow]) -> list[EntryRow]:
    return list({row.entry_id: row for row in rows}.values())


def _left_once(rows: Iterable[EntryRow], waiting: set[bytes]) -> Iterator[EntryRow]:
    """Yield each row once; those in `waiting` may come a second time, from the index."""
    seen: set[bytes] = set()
    for row in rows:
        if row.entry_id not in waiting:
            yield row
        elif row.entry_id not in seen:
            seen.add(row.entry_id)
            yield row
