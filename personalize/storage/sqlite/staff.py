"""The trail, the local accounts of staff and their sessions, in people.sqlite.

Of an account that was removed name and time stay, without password: so its end can be listed again.
"""

from collections.abc import Iterator
from sqlite3 import Connection

from msgspec import structs

from personalize.model.staff import BY_IDENTIFIER, REFUSED, Account, Look, Role, Session
from personalize.ports import Closing
from personalize.storage.sqlite.connect import Database

TOUCH_WAIT = 0.25
"""Seconds that noting a session's use may wait for another writer: it holds up a page."""


ACCOUNTS = "SELECT name, roles, password, made_at FROM staff_accounts WHERE password <> ''"
CLOSE = "UPDATE staff_accounts SET roles = '', password = '' WHERE name = ? AND made_at < ? AND password <> ''"
KEEP = """
INSERT INTO staff_accounts (name, roles, password, made_at) VALUES (?, '', '', ?)
ON CONFLICT DO UPDATE SET made_at = excluded.made_at WHERE made_at < excluded.made_at
"""
"""Of an account that nobody knows yet too: a backup that is put back later may."""


class SqliteStaff:
    """Implement StaffStore."""

    def __init__(self, people: Database) -> None:
        self._people = people

    def note(self, look: Look) -> int:
        """Keep a look durably before returning its number in the trail."""
        with self._people.write() as people:
            return _insert(people, look)

    def note_within(self, look: Look, since: int, most: int) -> int:
        """Keep a look and return how many different subjects its staff looked up since then (µs), this included.

        Where that is more than `most` the look is kept as refused. Counting and keeping are one transaction:
        no other look comes in between, of this process or another. Identifiers under which nobody was found
        count too, or guessing would cost nothing; looks that were refused do not.
        """
        who = look.subject or look.query
        with self._people.write() as people:
            count, known = people.execute(
                "SELECT count(DISTINCT who), coalesce(max(who = ?), 0) FROM ("
                "SELECT CASE subject WHEN 0 THEN query ELSE subject END AS who FROM looks "
                "WHERE staff = ? AND at >= ? AND what <> ? AND (subject <> 0 OR what IN (?, ?)))",
                (who, look.staff, since, REFUSED, *BY_IDENTIFIER),
            ).fetchone()
            if not known and (look.subject or look.what in BY_IDENTIFIER):
                count += 1
            _insert(people, structs.replace(look, what=REFUSED) if count > most else look)
        return int(count)

    def looks(self, *, since: int, until: int, staff: str = "", subject: int = 0, limit: int = 200) -> list[Look]:
        """Return the looks of a period (µs, end exclusive), newest first; empty and 0 mean anybody."""
        rows = self._people.all(
            "SELECT at, staff, role, what, reason, case_number, subject, query FROM looks "
            "WHERE at >= ?1 AND at < ?2 AND (?3 = '' OR staff = ?3) AND (?4 = 0 OR subject = ?4) "
            "ORDER BY at DESC, seq DESC LIMIT ?5",
            (since, until, staff, subject, limit),
        )
        names = ("at", "staff", "role", "what", "reason", "case", "subject", "query")
        return [Look(**dict(zip(names, row, strict=True))) for row in rows]


class SqliteAccounts:
    """Keeps accounts, and which were closed; those who make and remove them list it first."""

    def __init__(self, people: Database) -> None:
        self._people = people

    def put(self, account: Account) -> None:
        """Make an account, or replace the one of that name and end its sessions."""
        roles = " ".join(sorted(account.roles))
        with self._people.write() as people:
            people.execute("DELETE FROM staff_sessions WHERE name = ?", (account.name,))
            people.execute(
                "INSERT OR REPLACE INTO staff_accounts (name, roles, password, made_at) VALUES (?, ?, ?, ?)",
                (account.name, roles, account.password, account.made_at),
            )

    def account(self, name: str) -> Account | None:
        """Return the account of this name."""
        row = self._people.one(f"{ACCOUNTS} AND name = ?", (name,))
        return _account(*row) if row else None

    def accounts(self) -> list[Account]:
        """Return every account, by name."""
        rows = self._people.all(f"{ACCOUNTS} ORDER BY name")
        return [_account(*row) for row in rows]

    def close(self, closing: Closing) -> bool:
        """Close the account of a name that was made before a time, and end its sessions; say whether there was one."""
        with self._people.write() as people:
            closed = people.execute(CLOSE, (closing.name, closing.before)).rowcount == 1
            people.execute(KEEP, (closing.name, closing.before))
            if closed:
                people.execute("DELETE FROM staff_sessions WHERE name = ? AND roles IS NULL", (closing.name,))
        return closed

    def closings(self) -> Iterator[Closing]:
        """Yield which accounts are closed: those of a name before its present one, or before it was removed."""
        for name, before in self._people.all("SELECT name, made_at FROM staff_accounts"):
            yield Closing(name=name, before=before)

    def changed_at(self, name: str) -> int:
        """Return when the account of a name was made or removed (µs); -1 where there never was one."""
        row = self._people.one("SELECT made_at FROM staff_accounts WHERE name = ?", (name,))
        return -1 if row is None else int(row[0])


class SqliteSessions:
    """Implement SessionStore."""

    def __init__(self, people: Database) -> None:
        self._people = people

    def begin(self, digest: bytes, session: Session) -> None:
        """Keep a session."""
        roles = None if session.roles is None else " ".join(sorted(session.roles))
        with self._people.write() as people:
            people.execute(
                "INSERT INTO staff_sessions (digest, name, began_at, seen_at, roles) VALUES (?, ?, ?, ?, ?)",
                (digest, session.name, session.began_at, session.seen_at, roles),
            )

    def session(self, digest: bytes) -> Session | None:
        """Return a session, however old; None when it ended or never was."""
        row = self._people.one("SELECT name, began_at, seen_at, roles FROM staff_sessions WHERE digest = ?", (digest,))
        if row is None:
            return None
        roles = None if row[3] is None else frozenset(Role(role) for role in row[3].split())
        return Session(name=row[0], began_at=row[1], seen_at=row[2], roles=roles)

    def seen(self, digest: bytes, at: int) -> None:
        """Note that a session was used at this time (µs); one that ended stays so."""
        with self._people.write(TOUCH_WAIT) as people:
            people.execute("UPDATE staff_sessions SET seen_at = max(seen_at, ?) WHERE digest = ?", (at, digest))

    def end(self, digest: bytes) -> None:
        """Forget a session."""
        with self._people.write() as people:
            people.execute("DELETE FROM staff_sessions WHERE digest = ?", (digest,))

    def sweep(self, before: int) -> None:
        """Forget the sessions that began before this time (µs)."""
        with self._people.write() as people:
            people.execute("DELETE FROM staff_sessions WHERE began_at < ?", (before,))


def _insert(people: Connection, look: Look) -> int:
    row = people.execute(
        "INSERT INTO looks (at, staff, role, what, reason, case_number, subject, query) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (look.at, look.staff, look.role, look.what, look.reason, look.case, look.subject, look.query),
    )
    return int(row.lastrowid or 0)


def _account(name: str, roles: str, password: str, made_at: int) -> Account:
    return Account(name=name, roles=frozenset(Role(role) for role in roles.split()), password=password, made_at=made_at)
