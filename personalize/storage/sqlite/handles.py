"""The rows behind click links, and the mailings they belong to, in people.sqlite."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from itertools import groupby

from msgspec.structs import astuple

from personalize.model.moments import HOUR
from personalize.ports import FirstVisit, Handle, MailingCount, Revocation
from personalize.storage.sqlite.connect import Database

ADD = """
INSERT INTO handles (digest, subject, mailing, campaign, issued, expires, revoked_at)
SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7
WHERE EXISTS (SELECT 1 FROM subjects WHERE subject = ?2)
"""
"""Nobody who was erased meanwhile is named again (law 11); their link then leads to nobody."""
NEW_PEOPLE = """
SELECT count(DISTINCT value) FROM json_each(?1)
WHERE EXISTS (SELECT 1 FROM subjects WHERE subject = value)
AND NOT EXISTS (SELECT 1 FROM handles WHERE mailing = ?2 AND subject = value)
"""
COUNT_PEOPLE = """
INSERT INTO mailings (mailing, began_at, people, visitors) VALUES (?, ?, ?, 0)
ON CONFLICT DO UPDATE SET people = people + excluded.people
"""
MAILINGS = """
SELECT m.mailing, m.began_at, m.people, m.visitors, count(h.digest), count(h.revoked_at), coalesce(max(h.expires), 0)
FROM mailings AS m LEFT JOIN handles AS h ON h.mailing = m.mailing
GROUP BY m.mailing ORDER BY m.began_at DESC, m.mailing
"""
REVOKE = """
UPDATE handles SET revoked_at = ?1
WHERE revoked_at IS NULL AND (?2 IS NULL OR subject = ?2) AND (?3 IS NULL OR mailing = ?3)
AND (?4 IS NULL OR issued <= ?4)
"""
NEWEST = """
SELECT coalesce(max(issued), 0) FROM handles WHERE (?1 IS NULL OR subject = ?1) AND (?2 IS NULL OR mailing = ?2)
"""
REVOKED = """
SELECT revoked_at, iif(min(subject) = max(subject), min(subject), NULL), iif(min(mailing) = max(mailing), mailing, NULL)
FROM handles WHERE revoked_at IS NOT NULL GROUP BY revoked_at
"""
"""What ended at one moment (µs) was revoked by one word."""
VISITED = "SELECT mailing, visited_at FROM handles WHERE digest = ? AND subject = ?"
VISITED_BEFORE = "SELECT 1 FROM handles WHERE mailing = ? AND subject = ? AND visited_at IS NOT NULL"
"""To how many µs the time of a visit is kept: it is there to be counted, not to be looked at."""
AT_ONCE = 500
"""Links forgotten in one transaction."""


class SqliteHandles:
    """Implement HandleStore and MailingStore."""

    def __init__(self, people: Database) -> None:
        self._people = people

    def add_handles(self, rows: Sequence[tuple[bytes, Handle]]) -> None:
        """Keep these handles (SHA-256 of the handle, row) in one transaction, and count who has links now."""
        with self._people.write() as people:
            for mailing, some in groupby(rows, lambda each: each[1].mailing):
                chunk = list(some)
                subjects = json.dumps([row.subject for _, row in chunk])
                new = people.execute(NEW_PEOPLE, (subjects, mailing)).fetchone()[0]
                people.execute(COUNT_PEOPLE, (mailing, chunk[0][1].issued, new))
                people.executemany(ADD, [_values(digest, row) for digest, row in chunk])

    def handle(self, digest: bytes) -> Handle | None:
        """Return the row of a handle's hash, revoked or not; None when there is none."""
        row = self._people.one(
            "SELECT subject, mailing, campaign, issued, expires, revoked_at FROM handles WHERE digest = ?",
            (digest,),
        )
        if row is None:
            return None
        subject, mailing, campaign, issued, expires, revoked_at = row
        return Handle(
            subject=subject,
            mailing=mailing,
            campaign=campaign,
            issued=issued,
            expires=expires,
            revoked_at=revoked_at,
        )

    def newest(self, subject: int | None, mailing: str | None) -> int:
        """Return when the newest of the links was made that a revocation of these would end (µs); 0 for none."""
        row = self._people.one(NEWEST, (subject, mailing))
        return int(row[0]) if row else 0

    def mailings(self) -> list[MailingCount]:
        """Return every mailing, the newest first."""
        fields = MailingCount.__struct_fields__
        return [MailingCount(**dict(zip(fields, row, strict=True))) for row in self._people.all(MAILINGS)]

    def revoke(self, revocation: Revocation) -> int:
        """End links durably, and tell all processes; return how many ended now."""
        return self._revoke(revocation, None)

    def put_back(self, revocation: Revocation) -> bool:
        """End the links that were revoked at some time, and none made since; say whether any was not known to be."""
        return self._revoke(revocation, revocation.at) > 0

    def revocations(self) -> Iterator[Revocation]:
        """Yield every revocation of links that are still kept."""
        for at, subject, mailing in self._people.all(REVOKED):
            yield Revocation(at=at, subject=subject, mailing=mailing)

    def count_visits(self, visits: Sequence[FirstVisit]) -> int:
        """Count people who came by a mailing, each once per mailing; return how many are new.

        Writes nothing where nobody is new, so that no other worker is disturbed.
        """
        fresh = [visit for visit in visits if self._is_fresh(visit)]
        if not fresh:
            return 0
        with self._people.write() as people:
            return sum(_count(people, visit) for visit in fresh)

    def sweep(self, before: int) -> int:
        """Forget the links that expired before this time (µs), not the counts; return how many."""
        swept = 0
        while True:
            with self._people.write() as people:
                gone = people.execute(
                    "DELETE FROM handles WHERE digest IN (SELECT digest FROM handles WHERE expires < ? LIMIT ?)",
                    (before, AT_ONCE),
                ).rowcount
            swept += gone
            if gone < AT_ONCE:
                return swept

    def _revoke(self, revocation: Revocation, issued_until: int | None) -> int:
        with self._people.write() as people:
            ended = people.execute(REVOKE, (*astuple(revocation), issued_until)).rowcount
            if ended:
                people.execute("INSERT INTO changes (subject) VALUES (?)", (revocation.subject,))
        return ended

    def _is_fresh(self, visit: FirstVisit) -> bool:
        row = self._people.one(VISITED, (visit.digest, visit.subject))
        return row is not None and row[1] is None


def _values(digest: bytes, row: Handle) -> tuple[object, ...]:
    return digest, row.subject, row.mailing, row.campaign, row.issued, row.expires, row.revoked_at


def _count(people: sqlite3.Connection, visit: FirstVisit) -> bool:
    """Note a visit, and say whether it is the person's first by this mailing."""
    row = people.execute(VISITED, (visit.digest, visit.subject)).fetchone()
    if row is None or row[1] is not None:
        return False
    first = people.execute(VISITED_BEFORE, (row[0], visit.subject)).fetchone() is None
    people.execute("UPDATE handles SET visited_at = ? WHERE digest = ?", (visit.at - visit.at % HOUR, visit.digest))
    if first:
        people.execute("UPDATE mailings SET visitors = visitors + 1 WHERE mailing = ?", (row[0],))
    return first
