"""The gate at the read: a person's values, uncovered by a grant, too old or of the wrong type, become absences.

This is where a withdrawn consent takes effect (law 1). Nothing here can be asked without `Grants`.
"""

from collections.abc import Mapping, Sequence
from itertools import repeat

from msgspec import Struct

from personalize.model.attributes import ABSENCES, Absence, Attribute, Cause, Stored, Value
from personalize.model.consent import Grants
from personalize.ports import Delivery, Plain
from personalize.profile.delivered import merged
from personalize.profile.reading import Reading
from personalize.profile.values import reader_of
from personalize.profile.view import Cell

Stamp = tuple[int, int]
"""When values were observed (µs), and the batch that brought them."""
FOREVER = 1 << 62
MOST_READINGS = 1_024
OBJECTED, NO_CONSENT, ASSURANCE, MISSING, WRONG_TYPE, STALE = (ABSENCES[cause] for cause in Cause)
"""Looked up here once: the hash of an enum's member is worked out in Python."""


class Admitted(Struct, kw_only=True, gc=False):
    """What may be read of one person now, by attribute: the value, or None and the absence in the place of it.

    `absences` says why there is no value where there is none, and nothing else. `plains` has the delivered form
    of each readable value, None for an absence; `stamp` is where all of them come from, None where that differs:
    then `stamps` has one each. `since` is when it was admitted, `valid_until` the first moment at which a cell may
    change by itself (µs): before and after it says nothing, also where the clock was set back. Never changed, but
    for what `stored` keeps.
    """

    grants: Grants
    values: tuple[Value | None, ...]
    absences: tuple[Absence, ...]
    plains: tuple[Plain, ...]
    stamp: Stamp | None
    stamps: tuple[Stamp | None, ...] = ()
    since: int
    valid_until: int
    made: tuple[Stored | None, ...] | None = None

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Return each attribute's value or absence; made each time."""
        each = zip(self.values, self.absences, strict=True)
        return tuple([absence if value is None else value for value, absence in each])

    @property
    def stored(self) -> tuple[Stored | None, ...]:
        """Return what stands behind each cell; made when it is first asked for."""
        if self.made is None:
            stamps = self.stamps or repeat(self.stamp)
            self.made = tuple(
                None if plain is None or stamp is None else Stored(plain, *stamp)
                for plain, stamp in zip(self.plains, stamps, strict=False)
            )
        return self.made


class Dictionary:
    """The attribute dictionary, made ready for admitting values."""

    def __init__(self, attributes: Sequence[Attribute]) -> None:
        self.attributes = tuple(attributes)
        self.index = {attribute.name: i for i, attribute in enumerate(self.attributes)}
        self._entries = [_Entry(attribute) for attribute in self.attributes]
        self._readings: dict[tuple[int, tuple[str, ...], frozenset[str]], Reading] = {}

    def admit(self, values: Mapping[str, Stored], grants: Grants, now: int) -> Admitted:
        """Return what these grants make readable of these values at `now` (µs)."""
        absences = list(self._reading(grants).absences)
        typed: list[Value | None] = [None] * len(absences)
        plains: list[Plain] = [None] * len(absences)
        stamps: list[Stamp | None] = [None] * len(absences)
        until = grants.valid_until or FOREVER
        for place, absence in enumerate(absences):
            stored = values.get(self._entries[place].name) if absence is MISSING else None
            if stored is not None and stored.plain is not None:
                cell, expires = self._entries[place].cell(stored, now)
                if isinstance(cell, Absence):
                    absences[place] = cell
                else:
                    typed[place], plains[place] = cell, stored.plain
                    stamps[place] = stored.observed, stored.batch
                    until = min(until, expires)
        return Admitted(
            grants=grants,
            values=tuple(typed),
            absences=tuple(absences),
            plains=tuple(plains),
            stamp=None,
            stamps=tuple(stamps),
            since=now,
            valid_until=until,
        )

    def admit_delivered(self, delivered: Sequence[Delivery], grants: Grants, now: int) -> Admitted:
        """Return the same of what the store has: at once where it is one source's, fresh and well typed."""
        if len(delivered) != 1:
            return self.admit(merged(grants.subject, delivered), grants, now)
        ((batch, body),) = delivered
        reading = self._reading(grants)
        row = reading.read(body, now)
        if row is None:
            return self.admit(merged(grants.subject, delivered), grants, now)
        until = grants.valid_until or FOREVER
        return Admitted(
            grants=grants,
            values=row.values,
            absences=reading.absences,
            plains=row.plains,
            stamp=(row.observed, batch),
            since=now,
            valid_until=until if row.stale_at is None or row.stale_at > until else row.stale_at,
        )

    def _reading(self, grants: Grants) -> Reading:
        key = (int(grants.assurance), tuple(grants.in_force), grants.objected)
        reading = self._readings.get(key)
        if reading is None:
            if len(self._readings) >= MOST_READINGS:
                self._readings.clear()
            reading = Reading(self.attributes, [_withheld(attribute, grants) for attribute in self.attributes])
            self._readings[key] = reading
        return reading


def _withheld(attribute: Attribute, grants: Grants) -> Absence | None:
    """Return why an attribute may not be read, whatever its value; the causes in the order of law 1."""
    if attribute.purpose in grants.objected:
        return OBJECTED
    if attribute.purpose not in grants.in_force:
        return NO_CONSENT
    return ASSURANCE if grants.assurance < attribute.assurance else None


class _Entry:
    """One attribute with its typed reader at hand."""

    __slots__ = ("life", "name", "read")

    def __init__(self, attribute: Attribute) -> None:
        self.name = attribute.name
        self.life = None if attribute.shelf_life is None else attribute.shelf_life * 1_000_000
        self.read = reader_of(attribute)

    def cell(self, stored: Stored, now: int) -> tuple[Cell, int]:
        """Return the cell under a grant, and the moment it goes stale (0: nothing is readable)."""
        value: Value | None = self.read(stored.plain)
        if value is None:
            return WRONG_TYPE, 0
        if self.life is None:
            return value, FOREVER
        stale_at = stored.observed + self.life
        return (STALE, 0) if now >= stale_at else (value, stale_at)
