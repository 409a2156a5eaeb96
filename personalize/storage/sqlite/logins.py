"""The visitors whom an identity provider logged in, in people.sqlite."""

from personalize.ports import KeptLogin
from personalize.storage.sqlite.connect import Database

TOUCH_WAIT = 0.05
"""Seconds to wait for another writer before a use is left unnoted."""

EVERY_LOGIN = (
    "UPDATE browsers SET ended_at = :now WHERE subject <> 0 AND device = 0 AND ended_at IS NULL",
    "UPDATE browsers SET subject = 0, assurance = 1 WHERE subject <> 0 AND ended_at IS NULL",
    "DELETE FROM logins",
    "DELETE FROM staff_sessions",
)


def log_everybody_out(people: Database, now: int) -> None:
    """End every log-in of visitors and staff at a time (µs); what a browser itself agreed to stays with it."""
    with people.write() as connection:
        for statement in EVERY_LOGIN:
            connection.execute(statement, {"now": now})


class SqliteLogins:
    """Implement LoginStore."""

    def __init__(self, people: Database) -> None:
        self._people = people

    def begin(self, digest: bytes, login: KeptLogin) -> None:
        """Keep a login."""
        row = (digest, login.person, login.known_as, login.session, login.began_at, login.seen_at, login.sealed)
        with self._people.write() as people:
            people.execute(
                "INSERT INTO logins (digest, person, known_as, session, began_at, seen_at, sealed) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                row,
            )

    def login(self, digest: bytes) -> KeptLogin | None:
        """Return a login, however old; None when it ended or never was."""
        row = self._people.one(
            "SELECT person, known_as, session, began_at, seen_at, sealed FROM logins WHERE digest = ?", (digest,)
        )
        if row is None:
            return None
        return KeptLogin(person=row[0], known_as=row[1], session=row[2], began_at=row[3], seen_at=row[4], sealed=row[5])

    def seen(self, digest: bytes, at: int) -> None:
        """Note that a login was used at this time (µs); one that ended stays so."""
        with self._people.write(TOUCH_WAIT) as people:
            people.execute("UPDATE logins SET seen_at = max(seen_at, ?) WHERE digest = ?", (at, digest))

    def end(self, digest: bytes) -> None:
        """Forget a login."""
        with self._people.write() as people:
            people.execute("DELETE FROM logins WHERE digest = ?", (digest,))

    def end_all(self, *, known_as: bytes = b"", session: bytes = b"") -> int:
        """Forget every login of somebody, or of one session, as the provider calls them; return how many."""
        name, value = ("session", session) if session else ("known_as", known_as)
        with self._people.write() as people:
            return people.execute(f"DELETE FROM logins WHERE {name} = ?", (value,)).rowcount  # noqa: S608  # ours

    def sweep(self, began_before: int, seen_before: int) -> None:
        """Forget the logins that began, or were last used, before these times (µs)."""
        with self._people.write() as people:
            people.execute("DELETE FROM logins WHERE began_at < ? OR seen_at < ?", (began_before, seen_before))
