"""The outbox of double opt-ins and the links to unsubscribe by, in people.sqlite."""

from collections.abc import Sequence
from typing import Any

from msgspec.structs import astuple, fields

from personalize.errors import NotFound
from personalize.model.consent import ConsentEvent
from personalize.model.opt_in import OptIn
from personalize.storage.sqlite.connect import Database
from personalize.storage.sqlite.consent import append_events

NAMES = tuple(field.name for field in fields(OptIn))
SELECT = f"SELECT {', '.join(NAMES)} FROM opt_ins"  # noqa: S608  # names are ours
INSERT = f"INSERT INTO opt_ins ({', '.join(NAMES)}) VALUES ({', '.join('?' * len(NAMES))})"  # noqa: S608
COUNTS = (
    "SELECT (SELECT count(*) FROM opt_ins WHERE digest = ? AND asked_at > ?), "
    "(SELECT count(*) FROM opt_ins WHERE network = ? AND asked_at > ?)"
)

UNSUBSCRIBE = """
INSERT INTO unsubscribes SELECT ?1, ?2, ?3 WHERE EXISTS (SELECT 1 FROM subjects WHERE subject = ?2)
ON CONFLICT DO NOTHING
"""
"""Nobody who was erased meanwhile is named again (law 11)."""


class SqliteOptIns:
    """Implement OptInStore."""

    def __init__(self, people: Database) -> None:
        self._people = people

    def ask(self, row: OptIn, *, since: int, most: int, network_since: int, network_most: int) -> bool:
        """Keep a request unless its address or its network asked too often since then (µs); say whether it was kept.

        A refusal costs one read: who floods us is not given a write.
        """
        values = (row.digest, since, row.network, network_since)

        def is_full(found: Sequence[Any] | None) -> bool:
            return found is None or found[0] >= most or found[1] >= network_most

        if is_full(self._people.one(COUNTS, values)):
            return False
        with self._people.write() as people:
            if is_full(people.execute(COUNTS, values).fetchone()):
                return False
            people.execute(INSERT, astuple(row))
        return True

    def asked(self, handle: bytes) -> OptIn | None:
        """Return the request behind a mailed link."""
        return _first(self._people.all(f"{SELECT} WHERE handle = ?", (handle,)))

    def by_receipt(self, receipt: bytes) -> OptIn | None:
        """Return the request of this receipt."""
        return _first(self._people.all(f"{SELECT} WHERE receipt = ?", (receipt,)))

    def take_due(self, now: int, lease: int, most: int) -> list[OptIn]:
        """Return requests whose mail is due, oldest first; nobody else is given them for `lease` µs."""
        if self._people.one("SELECT 1 FROM opt_ins WHERE due <= ? LIMIT 1", (now,)) is None:
            return []
        with self._people.write() as people:
            rows = people.execute(f"{SELECT} WHERE due <= ? ORDER BY due LIMIT ?", (now, most)).fetchall()
            people.executemany(
                "UPDATE opt_ins SET due = ?, tries = tries + 1 WHERE handle = ?",
                [(now + lease, row[0]) for row in rows],
            )
        return [_row(row) for row in rows]

    def sent(self, handle: bytes, *, due: int | None, problem: str) -> None:
        """Note how a try ended: `due` is when to try again, None when it need not be."""
        with self._people.write() as people:
            people.execute("UPDATE opt_ins SET due = ?, problem = ? WHERE handle = ?", (due, problem, handle))

    def confirm(self, handle: bytes, subject: int, events: Sequence[ConsentEvent], now: int) -> bool:
        """Keep who confirmed and the events of it, in one transaction; say whether the request still waited for it.

        Nothing is kept where somebody had confirmed or cancelled it. Raises ConsentRefused for an unknown subject.
        """
        with self._people.write() as people:
            done = people.execute(
                "UPDATE opt_ins SET subject = ?, confirmed_at = ?, due = NULL "
                "WHERE handle = ? AND subject = 0 AND expires > 0",
                (subject, now, handle),
            )
            if done.rowcount:
                append_events(people, events)
        return done.rowcount == 1

    def cancel(self, handle: bytes) -> bool:
        """Forget the address of a request and send nothing more; say whether nobody had confirmed it.

        It still counts as asked.
        """
        with self._people.write() as people:
            done = people.execute(
                "UPDATE opt_ins SET address = '', due = NULL, expires = 0 WHERE handle = ? AND subject = 0", (handle,)
            )
        return done.rowcount == 1

    def to_hand_over(self, most: int) -> list[OptIn]:
        """Return confirmed requests whose address is still here."""
        rows = self._people.all(f"{SELECT} WHERE subject <> 0 AND address <> '' LIMIT ?", (most,))
        return [_row(row) for row in rows]

    def handed_over(self, handle: bytes) -> None:
        """Forget the address and the network of a request."""
        with self._people.write() as people:
            people.execute("UPDATE opt_ins SET address = '', network = zeroblob(0) WHERE handle = ?", (handle,))

    def sweep(self, before: int) -> int:
        """Forget the requests from before this time (µs) that nobody confirmed; say how many."""
        expired = "FROM opt_ins WHERE subject = 0 AND asked_at < ?"
        if self._people.one(f"SELECT 1 {expired} LIMIT 1", (before,)) is None:  # text is ours
            return 0
        with self._people.write() as people:
            return people.execute(f"DELETE {expired}", (before,)).rowcount

    def unsubscribe_handle(self, subject: int, purpose: str, fresh: bytes) -> bytes:
        """Return the handle of a person's link for a purpose; where there is none yet, `fresh` becomes it."""
        known = "SELECT handle FROM unsubscribes WHERE subject = ? AND purpose = ?"
        row = self._people.one(known, (subject, purpose))
        if row is None:
            with self._people.write() as people:
                people.execute(UNSUBSCRIBE, (fresh, subject, purpose))
            row = self._people.one(known, (subject, purpose))
        if row is None:
            raise NotFound("This person is not known here (any more): there is no mail to end.")
        return bytes(row[0])

    def unsubscribing(self, handle: bytes) -> tuple[int, str] | None:
        """Return whose mail for which purpose a handle ends."""
        row = self._people.one("SELECT subject, purpose FROM unsubscribes WHERE handle = ?", (handle,))
        return None if row is None else (int(row[0]), str(row[1]))


def _row(values: Sequence[Any]) -> OptIn:
    return OptIn(**dict(zip(NAMES, values, strict=True)))


def _first(rows: Sequence[Sequence[Any]]) -> OptIn | None:
    return _row(rows[0]) if rows else None
