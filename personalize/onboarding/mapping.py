"""The columns of a source laid over the header of a file: from cells to identifiers and a profile's body."""

from collections.abc import Callable
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from personalize.errors import IdentifierProblem
from personalize.model.attributes import Attribute
from personalize.onboarding.cells import BadCell, Read, instant_reader, reader_of
from personalize.profile.identifiers import normalise
from personalize.recognition.keys import KeyRing
from personalize.settings.tables import Column, Settings, Source

MOST_KEPT = 20_000
NONE = bytes(16)
Cells = list[str]
Report = Callable[[int, str, str, str], None]
"""Told of a cell that was left out: line, what it fills, reason, the cell's text."""

encode = msgspec.msgpack.Encoder().encode


def wanted_columns(source: Source) -> list[str]:
    """Return the names of the columns that a file of this source must have."""
    names = [name for parts in source.identifiers.values() for name in parts]
    for column in source.columns:
        names += [column.column] if column.column else [member.column for member in column.members.values()]
    extra = (
        *(source.observed, source.purpose_column, source.time_column),
        *(source.version_column, source.hash_column, source.means_column),
    )
    return [*names, *(name for name in extra if name)]


class Fragments(dict[Any, bytes | str]):
    """From the cells of one attribute to the bytes they add to a body, kept as long as they repeat.

    Empty bytes: nothing known. A str: the cell cannot be typed, and why.
    """

    def __init__(self, attribute: str, read: Callable[[Any], Any]) -> None:
        super().__init__()
        self.attribute = attribute
        self._start = encode(attribute)
        self._read = read

    def __missing__(self, cells: Any) -> bytes | str:
        try:
            plain = self._read(cells)
            piece: bytes | str = b"" if plain is None else self._start + encode(plain)
        except BadCell as problem:
            piece = str(problem)
        if len(self) < MOST_KEPT:
            self[cells] = piece
        return piece


class ProfileMapping:
    """Reads the attributes of a row into a body: msgpack `[observed, {attribute: plain}]`."""

    def __init__(self, source: Source, settings: Settings, columns: tuple[str, ...]) -> None:
        zone = settings.site.zone
        by_name = {attribute.name: attribute for attribute in settings.attributes}
        self._parts = [_part(column, by_name[column.attribute], columns, zone) for column in source.columns]
        count = len(self._parts) + 1
        self._heads = [bytes([0x80 | n]) if n < 16 else b"\xde" + n.to_bytes(2, "big") for n in range(count)]

    def body(self, line: int, cells: Cells, observed: bytes, report: Report) -> bytes:
        """Return the body of a row; `observed` is the moment as msgpack writes it."""
        pieces = []
        for pick, fragments in self._parts:
            cell = pick(cells)
            piece = fragments[cell]
            if not piece:
                continue
            if isinstance(piece, str):
                report(line, fragments.attribute, piece, cell if isinstance(cell, str) else " | ".join(cell))
            else:
                pieces.append(piece)
        return b"\x92" + observed + self._heads[len(pieces)] + b"".join(pieces)


def _part(
    column: Column, attribute: Attribute, columns: tuple[str, ...], zone: ZoneInfo
) -> tuple[Callable[[Cells], Any], Fragments]:
    if not column.members:
        read = reader_of(attribute, column, zone)
        return itemgetter(columns.index(column.column)), Fragments(attribute.name, _unless_empty(read))
    places = [columns.index(member.column) for member in column.members.values()]
    absent = [frozenset(cell.strip() for cell in member.absent) for member in column.members.values()]
    names = list(column.members)

    def members(cells: tuple[str, ...]) -> list[str]:
        return sorted(name for name, cell, none in zip(names, cells, absent, strict=True) if cell.strip() not in none)

    pick = itemgetter(*places)
    if len(places) == 1:
        return (lambda cells: (cells[places[0]],)), Fragments(attribute.name, members)
    return pick, Fragments(attribute.name, members)


def _unless_empty(read: Read) -> Callable[[str], Any]:
    return lambda cell: read(cell) if cell and not cell.isspace() else None


class IdentifierMapping:
    """Reads the identifiers of a row into their keyed hashes; the key comes first."""

    def __init__(self, source: Source, ring: KeyRing, columns: tuple[str, ...]) -> None:
        others = [kind for kind in source.identifiers if kind != source.key]
        self.kinds = [source.key, *others]
        self._country, self._digest = source.country, ring.identifier_digest
        places = {kind: [columns.index(name) for name in source.identifiers[kind]] for kind in self.kinds}
        self._key, self._key_places = source.key, places[source.key]
        self._others = [(kind, places[kind][0], tuple(places[kind][1:])) for kind in others]

    def key(self, cells: Cells) -> bytes:
        """Return the hash of the identifier a row is about; raises IdentifierProblem."""
        parts = [cells[place] for place in self._key_places]
        return self._digest(self._key, normalise(self._key, parts, self._country))

    def others(self, line: int, cells: Cells, report: Report) -> bytes:
        """Return the hashes of all further identifiers, joined; zeros for one that is not there."""
        digests = []
        for kind, place, further in self._others:
            cell = cells[place]
            if not cell or cell.isspace():
                digests.append(NONE)
                continue
            parts = (cell, *[cells[each] for each in further]) if further else (cell,)
            if further and not parts[1].strip():
                digests.append(NONE)
                continue
            try:
                digests.append(self._digest(kind, normalise(kind, parts, self._country)))
            except IdentifierProblem as problem:
                report(line, kind, str(problem), " ".join(parts))
                digests.append(NONE)
        return b"".join(digests)


class MomentMapping:
    """Reads the column that says when a row was true, or was said."""

    def __init__(self, source: Source, settings: Settings, columns: tuple[str, ...], otherwise: int) -> None:
        self._name = name = source.observed or source.time_column
        self._place = columns.index(name) if name else None
        self._read = instant_reader(source.time_format, settings.site.zone)
        self._otherwise = otherwise
        self._known: dict[str, int] = {}

    def moment(self, cells: Cells) -> int:
        """Return the moment of a row in µs; raises BadCell."""
        if self._place is None:
            return self._otherwise
        cell = cells[self._place]
        moment = self._known.get(cell)
        if moment is None:
            moment = self._typed(cell)
            if len(self._known) < MOST_KEPT:
                self._known[cell] = moment
        return moment

    def _typed(self, cell: str) -> int:
        try:
            return self._read(cell)
        except BadCell as problem:
            raise BadCell(f"column `{self._name}`: {problem}", cell) from None

    def too_late(self, cells: Cells) -> BadCell:
        """Return what is wrong with a row whose moment has not come yet."""
        if self._place is None:
            return BadCell("the row is from the future")
        return BadCell(f"column `{self._name}`: the row is from the future", cells[self._place])
