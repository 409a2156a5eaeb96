"""What people.sqlite holds of one person beside values and consents, for their insight."""

from msgspec import Struct

from personalize.model.attributes import Stored
from personalize.profile.delivered import merged
from personalize.storage.sqlite.connect import Database
from personalize.storage.sqlite.restricting import ROW

DELIVERED = """
SELECT batch, body FROM profiles
WHERE (subject = ?1 OR subject IN (SELECT device FROM device_links WHERE subject = ?1 AND cut_at IS NULL))
AND source <> ?2 ORDER BY subject <> ?1, source
"""


class Link(Struct, frozen=True, kw_only=True):
    """A newsletter link that recognises the person; times are µs, `visited_at` to the hour."""

    mailing: str
    issued: int
    expires: int
    revoked_at: int | None
    visited_at: int | None = None


class Visit(Struct, frozen=True, kw_only=True):
    """A login or a browser that is kept behind our cookie; times are µs."""

    began_at: int
    seen_at: int
    ended_at: int | None


class Wish(Struct, frozen=True, kw_only=True):
    """Something that was to be confirmed by mail, and was; times are µs."""

    purpose: str
    asked_at: int


class SqliteHoldings:
    """Reads what is held of a subject."""

    def __init__(self, people: Database) -> None:
        self._people = people

    def known_since(self, subject: int) -> int | None:
        """Return when a subject came to be known (µs); None for nobody."""
        row = self._people.one("SELECT created_at FROM subjects WHERE subject = ?", (subject,))
        return None if row is None else int(row[0])

    def values(self, subject: int) -> dict[str, Stored]:
        """Return what is held of a subject by attribute: also what may not be used, for it is held all the same.

        What was observed on a device that is linked to a person is among it.
        """
        return merged(subject, self._people.all(DELIVERED, (subject, ROW)))

    def is_device(self, subject: int) -> bool:
        """Say whether a subject is a browser, and no person."""
        return self._people.one("SELECT 1 FROM subjects WHERE subject = ? AND device = 1", (subject,)) is not None

    def kinds(self, subject: int) -> list[str]:
        """Return the kind of each identifier that is kept as a keyed hash."""
        rows = self._people.all("SELECT kind FROM identifiers WHERE subject = ? ORDER BY kind", (subject,))
        return [row[0] for row in rows]

    def links(self, subject: int) -> list[Link]:
        """Return the newsletter links that lead to a subject, oldest first."""
        rows = self._people.all(
            "SELECT mailing, issued, expires, revoked_at, visited_at FROM handles WHERE subject = ? ORDER BY issued",
            (subject,),
        )
        return [
            Link(mailing=row[0], issued=row[1], expires=row[2], revoked_at=row[3], visited_at=row[4]) for row in rows
        ]

    def visits(self, subject: int) -> list[Visit]:
        """Return the browsers in which a subject is or was known, or logged in by a provider, oldest first."""
        rows = self._people.all(
            "SELECT began_at, seen_at, ended_at FROM browsers WHERE ?1 IN (subject, device) "
            "UNION ALL SELECT began_at, seen_at, NULL FROM logins "
            "WHERE person IN (SELECT digest FROM identifiers WHERE subject = ?1) ORDER BY 1",
            (subject,),
        )
        return [Visit(began_at=row[0], seen_at=row[1], ended_at=row[2]) for row in rows]

    def wishes(self, subject: int) -> list[Wish]:
        """Return what a subject confirmed by mail, oldest first."""
        rows = self._people.all("SELECT purpose, asked_at FROM opt_ins WHERE subject = ? ORDER BY asked_at", (subject,))
        return [Wish(purpose=row[0], asked_at=row[1]) for row in rows]
