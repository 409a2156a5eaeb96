"""What people.sqlite holds of one person beside values and consents, for their insight."""

from msgspec import Struct

from personalize.storage.sqlite.connect import Database

MOST_LOOKS = 10_000


class Link(Struct, frozen=True, kw_only=True):
    """A newsletter link that recognises the person; times are µs."""

    mailing: str
    issued: int
    expires: int
    revoked_at: int | None


class SqliteHoldings:
    """Reads what is held of a subject."""

    def __init__(self, people: Database) -> None:
        self._people = people

    def known_since(self, subject: int) -> int | None:
        """Return when a subject came to be known (µs); None for nobody."""
        row = self._people.one("SELECT created_at FROM subjects WHERE subject = ?", (subject,))
        return None if row is None else int(row[0])

    def kinds(self, subject: int) -> list[str]:
        """Return the kind of each identifier that is kept as a keyed hash."""
        rows = self._people.all("SELECT kind FROM identifiers WHERE subject = ? ORDER BY kind", (subject,))
        return [row[0] for row in rows]

    def links(self, subject: int) -> list[Link]:
        """Return the newsletter links that lead to a subject, oldest first."""
        rows = self._people.all(
            "SELECT mailing, issued, expires, revoked_at FROM handles WHERE subject = ? ORDER BY issued", (subject,)
        )
        return [Link(mailing=row[0], issued=row[1], expires=row[2], revoked_at=row[3]) for row in rows]
