"""The gate at the read: a person's values, uncovered by a grant, too old or of the wrong type, become absences.

This is where a withdrawn consent takes effect (law 1). Nothing here can be asked without `Grants`.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from personalize.model.attributes import ABSENCES, Absence, Attribute, Cause, Stored, Value
from personalize.model.consent import Grants
from personalize.profile.values import reader_of
from personalize.profile.view import Cell

FOREVER = 1 << 62


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
        self.nobody: tuple[Cell, ...] = (ABSENCES[Cause.no_consent],) * len(self.attributes)

    def admit(self, values: Mapping[str, Stored], grants: Grants, now: int) -> Admitted:
        """Return what these grants make readable of these values at `now` (µs)."""
        cells: list[Cell] = []
        kept: list[Stored | None] = []
        until = grants.valid_until or FOREVER
        for entry in self._entries:
            stored = values.get(entry.name)
            cell, expires = entry.cell(stored, grants, now)
            readable = cell.__class__ is not Absence
            cells.append(cell)
            kept.append(stored if readable else None)
            until = min(until, expires)
        return Admitted(grants=grants, cells=tuple(cells), stored=tuple(kept), since=now, valid_until=until)


class _Entry:
    """One attribute with its typed reader at hand."""

    __slots__ = ("assurance", "life", "name", "purpose", "read")

    def __init__(self, attribute: Attribute) -> None:
        self.name, self.purpose, self.assurance = attribute.name, attribute.purpose, attribute.assurance
        self.life = None if attribute.shelf_life is None else attribute.shelf_life * 1_000_000
        self.read = reader_of(attribute)

    def cell(self, stored: Stored | None, grants: Grants, now: int) -> tuple[Cell, int]:
        """Return the cell and the moment it goes stale; the causes are tried in the order of law 1."""
        withheld = self._withheld(grants)
        if withheld is not None:
            return ABSENCES[withheld], FOREVER
        if stored is None or stored.plain is None:
            return ABSENCES[Cause.missing], FOREVER
        value: Value | None = self.read(stored.plain)
        if value is None:
            return ABSENCES[Cause.wrong_type], FOREVER
        if self.life is None:
            return value, FOREVER
        stale_at = stored.observed + self.life
        return (ABSENCES[Cause.stale], FOREVER) if now >= stale_at else (value, stale_at)

    def _withheld(self, grants: Grants) -> Cause | None:
        """Return the cause that is decided before the value is looked at."""
        if self.purpose in grants.objected:
            return Cause.objected
        if self.purpose not in grants.in_force:
            return Cause.no_consent
        return Cause.assurance if grants.assurance < self.assurance else None
