"""Correction and restriction (GDPR 16 and 18): what a person says is wrong, or does not want used, is not read.

A value in dispute counts as absent at once, until its source delivers a newer one that differs, or until
somebody found that it was right after all. The claimed value is for whoever keeps the source: it is kept
sealed under the person's own key, and nothing is ever decided from it.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum

import msgspec
from msgspec import Struct

from personalize.cookbook.seal import seal_alone, unseal_alone
from personalize.errors import ValueRefused
from personalize.model.attributes import Attribute, Stored
from personalize.ports import Clock, Unused
from personalize.profile.delivered import Ended, is_restricted
from personalize.rights.noes import Noes
from personalize.storage.open import Store
from personalize.storage.sqlite.holdings import SqliteHoldings
from personalize.storage.sqlite.restricting import CorrectionRow, SqliteRestrictions

MOST_CLAIMED = 500
"""Characters of a claimed value."""
STAFF = "staff"


class Outcome(StrEnum):
    """How a request ended: the source was corrected, or the value was right and may be used again."""

    corrected = "corrected"
    kept = "kept"


class Correction(Struct, frozen=True, kw_only=True):
    """A request for a correction: times are µs, `login` is how the person was logged in, where they were.

    `entered_by` is `staff` where they wrote it down for the person, who else did so themselves. It, `claimed`
    and `login` are empty where the key is gone, and where only the list was asked for.
    """

    number: int
    subject: int
    attribute: str
    asked_at: int
    claimed: str = ""
    login: str = ""
    entered_by: str = ""
    settled_at: int | None = None
    outcome: str = ""


class Held(Struct, frozen=True, kw_only=True):
    """A restriction in force: since when (µs), and whether because the value is in dispute."""

    since: int
    disputed: bool


class Corrections:
    """Restricts values, and keeps what people say they should be. `changed` is told the person at once."""

    def __init__(
        self,
        store: Store,
        noes: Noes,
        attributes: Sequence[Attribute],
        clock: Clock,
        changed: Callable[[int], None],
    ) -> None:
        self._noes = noes
        self._rows, self._holdings = SqliteRestrictions(store.people), SqliteHoldings(store.people)
        self._key_of, self._clock, self._changed = store.profiles.key_of, clock, changed
        self._attributes = {attribute.name for attribute in attributes}

    def correct(
        self, subject: int, attribute: str, claimed: str, login: str = "", *, entered_by: str = ""
    ) -> Correction:
        """Keep what a value should be, and do not use the one that is held. Raises ValueRefused, StoreError.

        A person's newer request takes the place of an open one; staff's is refused where one is open. What they
        do not want used whatever its value is stays unused, however the request ends.
        """
        claimed = _clean(claimed)
        stored = self._stored(subject, attribute)
        key = self._key_of(subject)
        if not claimed or key is None:
            raise ValueRefused("Say what it should be: nothing was changed.")
        now = self._after_the_last(subject, attribute)
        sealed = seal_alone(key, msgspec.msgpack.encode((claimed, login, entered_by)), attribute.encode())
        held = (now, stored.plain)
        with self._noes.listing() as put:
            if entered_by == STAFF:
                self._rows.refuse_second(subject, attribute)
            put([Unused(subject, attribute, *held, sealed)])
            number = self._rows.ask(subject, attribute, held, sealed, now)
        self._changed(subject)
        return Correction(
            number=number,
            subject=subject,
            attribute=attribute,
            asked_at=now,
            claimed=claimed,
            login=login,
            entered_by=entered_by,
        )

    def restrict(self, subject: int, attribute: str) -> None:
        """Do not use an attribute of a person, whatever its value, until they allow it again."""
        if attribute not in self._attributes:
            raise ValueRefused(f"There is no attribute {attribute[:80]!r}: nothing was changed.")
        now = self._after_the_last(subject, attribute)
        with self._noes.listing() as put:
            put([Unused(subject, attribute, now)])
            self._rows.put(subject, attribute, (now, None))
        self._changed(subject)

    def allow(self, subject: int, attribute: str) -> None:
        """Lift what `restrict` or `correct` put on an attribute; an open request stays for staff to see."""
        self._rows.lift(subject, attribute, self._clock.now())
        self._changed(subject)

    def restricted(self, subject: int) -> dict[str, Held]:
        """Return what is not used of a person now, by attribute."""
        held, values = self._rows.of(subject), self._holdings.values(subject)
        return {
            name: Held(since=since, disputed=disputed is not None)
            for name, (since, disputed) in held.items()
            if disputed is None or name not in values or is_restricted(values[name], since, disputed)
        }

    def ended(self, subject: int) -> list[Ended]:
        """Return what was not used of a person once."""
        return self._rows.ended(subject)

    def of(self, subject: int) -> list[Correction]:
        """Return a person's requests, opened, oldest first."""
        return [self._opened(row) for row in self._rows.corrections_of(subject)]

    def waiting(self) -> list[Correction]:
        """Return the open requests without what is personal in them, oldest first."""
        return [_closed(row) for row in self._rows.waiting()]

    def read(self, number: int) -> Correction:
        """Return one request, opened. Raises NotFound."""
        return self._opened(self._rows.correction(number))

    def about(self, number: int) -> int:
        """Return whom a request is about, for the trail. Raises NotFound."""
        return self._rows.correction(number).subject

    def value(self, subject: int, attribute: str) -> Stored | None:
        """Return what is held of a person, used or not."""
        return self._holdings.values(subject).get(attribute)

    def settle(self, number: int, outcome: Outcome) -> Correction:
        """Close a request; a value in dispute that was right is used again. Raises NotFound, StoreError."""
        row = self._rows.settle(number, outcome, self._clock.now(), lift=outcome is Outcome.kept)
        self._changed(row.subject)
        return self._opened(self._rows.correction(number))

    def _after_the_last(self, subject: int, attribute: str) -> int:
        """Return now, later than what ended whatever became of the clock: else the new one would seem ended too."""
        ended = (each.since + 1 for each in self._rows.ended(subject) if each.attribute == attribute)
        return max(self._clock.now(), *ended, 0)

    def _stored(self, subject: int, attribute: str) -> Stored:
        stored = self.value(subject, attribute)
        if stored is None or attribute not in self._attributes:
            raise ValueRefused(f"Nothing is known as {attribute[:80]!r} of this person: nothing was changed.")
        return stored

    def _opened(self, row: CorrectionRow) -> Correction:
        key = self._key_of(row.subject)
        opened = unseal_alone(key, row.sealed, row.attribute.encode()) if key else None
        if opened is None:
            return _closed(row)
        claimed, login, *by = msgspec.msgpack.decode(opened, type=tuple[str, ...])
        return msgspec.structs.replace(_closed(row), claimed=claimed, login=login, entered_by=by[0] if by else "")


def _closed(row: CorrectionRow) -> Correction:
    return Correction(
        number=row.number,
        subject=row.subject,
        attribute=row.attribute,
        asked_at=row.asked_at,
        settled_at=row.settled_at,
        outcome=row.outcome,
    )


def _clean(text: str) -> str:
    """Return text in one line, without signs that steer a terminal (T32), and not too long."""
    shown = "".join(sign if sign.isprintable() else " " for sign in text)
    return " ".join(shown.split())[:MOST_CLAIMED]
