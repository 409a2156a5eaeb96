"""The gate at the read: a person's values, uncovered by a grant, too old or of the wrong type, become absences.

This is where a withdrawn consent takes effect (law 1). Nothing here can be asked without `Grants`.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from personalize.model.attributes import ABSENCES, Absence, Attribute, Cause, Stored, Value
from personalize.model.consent import Grants
from personalize.model.people import Assurance
from personalize.profile.values import reader_of
from personalize.profile.view import Cell

FOREVER = 1 << 62
OBJECTED, NO_CONSENT, ASSURANCE, MISSING, WRONG_TYPE, STALE = (ABSENCES[cause] for cause in Cause)
"""Looked up here once: the hash of an enum's member is worked out in Python."""


class Admitted(Struct, frozen=True, kw_only=True):
    """What may be read of one person now: a cell for each attribute, and the stored form behind it.

    `since` is when it was admitted, `valid_until` the first moment at which a cell would change by
    itself (µs): before and after it says nothing, also where the clock was set back.
    """

    grants: Grants
    cells: tuple[Cell, ...]
    stored: tuple[Stored | None, ...]
    since: int
    valid_until: int


class Dictionary:
    """The attribute dictionary, made ready for admitting values."""

    def __init__(self, attributes: Sequence[Attribute]) -> None:
        self.attributes = tuple(attributes)
        self.index = {attribute.name: i for i, attribute in enumerate(self.attributes)}
        self._entries = [_Entry(attribute) for attribute in self.attributes]
        self._purposes = frozenset(attribute.purpose for attribute in self.attributes)
        self.nobody: tuple[Cell, ...] = (NO_CONSENT,) * len(self.attributes)

    def admit(self, values: Mapping[str, Stored], grants: Grants, now: int) -> Admitted:
        """Return what these grants make readable of these values at `now` (µs)."""
        cells: list[Cell] = []
        kept: list[Stored | None] = []
        until = grants.valid_until or FOREVER
        withheld = {purpose: _withheld(purpose, grants) for purpose in self._purposes}
        for entry in self._entries:
            cell: Cell | None = withheld[entry.purpose]
            if cell is None:
                stored = values.get(entry.name)
                cell, expires = entry.cell(stored, grants.assurance, now)
                if expires:
                    kept.append(stored)
                    cells.append(cell)
                    until = min(until, expires)
                    continue
            cells.append(cell)
            kept.append(None)
        return Admitted(grants=grants, cells=tuple(cells), stored=tuple(kept), since=now, valid_until=until)


def _withheld(purpose: str, grants: Grants) -> Absence | None:
    """Return the absence of everything under a purpose that is not granted (law 1)."""
    if purpose in grants.objected:
        return OBJECTED
    return None if purpose in grants.in_force else NO_CONSENT


class _Entry:
    """One attribute with its typed reader at hand."""

    __slots__ = ("assurance", "life", "name", "purpose", "read")

    def __init__(self, attribute: Attribute) -> None:
        self.name, self.purpose, self.assurance = attribute.name, attribute.purpose, attribute.assurance
        self.life = None if attribute.shelf_life is None else attribute.shelf_life * 1_000_000
        self.read = reader_of(attribute)

    def cell(self, stored: Stored | None, assurance: Assurance, now: int) -> tuple[Cell, int]:
        """Return the cell under a granted purpose, and the moment it goes stale (0: nothing is readable).

        The causes are tried in the order of law 1: whether the person is sure enough comes before
        the value is looked at.
        """
        if assurance < self.assurance:
            return ASSURANCE, 0
        if stored is None or stored.plain is None:
            return MISSING, 0
        value: Value | None = self.read(stored.plain)
        if value is None:
            return WRONG_TYPE, 0
        if self.life is None:
            return value, FOREVER
        stale_at = stored.observed + self.life
        return (STALE, 0) if now >= stale_at else (value, stale_at)
