"""Who is known and what is known of them, in people.sqlite; sealing keys in keys.sqlite."""

import secrets
import sqlite3
from collections.abc import Iterator, Mapping, Sequence

from personalize.errors import IdentifierClaimed, StoreError, ValueRefused
from personalize.model.attributes import Stored
from personalize.ports import Item, Observed, Person, Sight
from personalize.profile.delivered import decode_body, encode_body, merged
from personalize.storage.sqlite.connect import Database
from personalize.storage.sqlite.consent import decoded_events

PAGE = 1_000
MOST_CLAIMANTS = 20
BY_SITE = " (site)"
"""Marks the row of values that the site itself observed for a source."""

SIGHT = (
    "SELECT w.subject, s.epoch, k.sealing_key, p.source, p.batch, p.body, e.seq, e.body FROM {} w "
    "LEFT JOIN subjects s ON s.subject = w.subject "
    "LEFT JOIN keys.subject_keys k ON k.subject = w.subject "
    "LEFT JOIN profiles p ON p.subject = w.subject "
    "LEFT JOIN consent_events e ON e.subject = w.subject "
    "WHERE w.{} = ?"
)
"""One statement, so that epoch, consent, values and key are of one moment, for less than half of several."""
SIGHT_OF_SUBJECT = SIGHT.format("subjects", "subject")
SIGHT_OF_DIGEST = SIGHT.format("identifiers", "digest")

Seen = tuple[int, int | None, bytes | None, str | None, int, bytes, int | None, bytes]


class SqliteProfiles:
    """Implement ProfileStore."""

    def __init__(self, people: Database, keys: Database) -> None:
        self._people, self._keys = people, keys

    def subject_of(self, digest: bytes) -> int | None:
        """Return the one subject of a keyed identifier hash; None when unknown or claimed by two."""
        rows = self._people.all("SELECT subject FROM identifiers WHERE digest = ? LIMIT 2", (digest,))
        return rows[0][0] if len(rows) == 1 else None

    def claimants(self, digest: bytes) -> list[int]:
        """Return who has an identifier, 20 at most: it counts for nobody where they are several."""
        rows = self._people.all("SELECT subject FROM identifiers WHERE digest = ? LIMIT ?", (digest, MOST_CLAIMANTS))
        return [row[0] for row in rows]

    def load(self, subject: int) -> Person | None:
        """Return a subject's values, epoch and key; None without a subject or without its key."""
        seen = self.sight(subject)
        if seen is None:
            return None
        return Person(subject=subject, epoch=seen.epoch, key=seen.key, values=merged(subject, seen.delivered))

    def sight(self, subject: int) -> Sight | None:
        """Return what deciding about a subject takes; None without a subject or without its key."""
        return _sight(self._seen(SIGHT_OF_SUBJECT, subject))

    def sight_of(self, digest: bytes) -> tuple[int | None, Sight | None]:
        """Return what `subject_of` does, and the `sight` of that subject, by one read."""
        rows = self._seen(SIGHT_OF_DIGEST, digest)
        if not rows or (len(rows) > 1 and any(row[0] != rows[0][0] for row in rows)):
            return None, None
        return rows[0][0], _sight(rows)

    def _seen(self, sql: str, value: int | bytes) -> list[Seen]:
        try:
            return self._people.all(sql, (value,))
        except StoreError:
            self.key_of(0)  # if it is keys.sqlite that fails, this says so
            raise

    def key_of(self, subject: int) -> bytes | None:
        """Return a subject's sealing key, or None when there is none: the person was erased."""
        row = self._keys.one("SELECT sealing_key FROM subject_keys WHERE subject = ?", (subject,))
        return None if row is None else row[0]

    def create(self, digests: Sequence[tuple[str, bytes]], now: int) -> int:
        """Make a subject with its sealing key and its identifiers (kind, keyed hash); return its reference.

        Somebody else may have just done so for the first identifier: then that subject is returned.
        The key is committed first, so that no subject is ever without one.
        """
        with self._people.write() as people:
            known = people.execute("SELECT subject FROM identifiers WHERE digest = ?", digests[0][1:]).fetchall()
            if len(known) > 1:
                raise IdentifierClaimed
            if known:
                return int(known[0][0])
            subject = new_subject()
            with self._keys.write() as keys:
                keys.execute("INSERT INTO subject_keys VALUES (?, ?)", (subject, secrets.token_bytes(32)))
            people.execute("INSERT INTO subjects (subject, created_at) VALUES (?, ?)", (subject, now))
            people.executemany(
                "INSERT INTO identifiers (digest, subject, kind) VALUES (?, ?, ?)",
                [(digest, subject, kind) for kind, digest in digests],
            )
            people.execute("INSERT INTO changes (subject) VALUES (?)", (subject,))
        return subject

    def remember(self, subject: int, source: str, values: Mapping[str, Stored]) -> None:
        """Put these values beside what a source delivered about a subject, in one transaction.

        They stand in a row of their own, without batch: no import brought them.
        """
        with self._people.write() as people:
            if _epoch(people, subject) is None:
                raise ValueRefused("This person is not known here (any more): nothing was kept.")
            held = [item for item in _held(people, subject, source) if item[0] not in values]
            new = [(name, stored.plain, stored.observed) for name, stored in values.items()]
            _put(people, subject, source, [*held, *new])

    def keep(self, observed: Sequence[Observed], by: int, wait: float) -> list[int]:
        """Put these values, where nobody concerned said anything since, beside what is there, in one transaction.

        A value that was observed later meanwhile stays, unless by a clock that was ahead.
        """
        kept = []
        with self._people.write(wait) as people:
            for each in observed:
                if by >= each.until or any(_epoch(people, subject) != epoch for subject, epoch in each.under):
                    continue
                name, stored = each.name, each.stored
                held = {item[0]: item for item in _held(people, each.subject, each.source)}
                if name not in held or not stored.observed < held[name][2] <= by:
                    held[name] = (name, stored.plain, stored.observed)
                    _put(people, each.subject, each.source, list(held.values()))
                kept.append(each.subject)
        return kept

    def subjects(self) -> Iterator[int]:
        """Yield every known subject, in order."""
        last = 0
        while rows := self._people.all(
            "SELECT subject FROM subjects WHERE subject > ? ORDER BY subject LIMIT ?", (last, PAGE)
        ):
            yield from (row[0] for row in rows)
            last = rows[-1][0]


def new_subject() -> int:
    """Return a random reference: a positive number of 63 bits that says nothing about the person."""
    return secrets.randbits(63) or 1


def _epoch(people: sqlite3.Connection, subject: int) -> int | None:
    """Return the consent epoch of a subject inside a transaction; None for nobody."""
    row = people.execute("SELECT epoch FROM subjects WHERE subject = ?", (subject,)).fetchone()
    return None if row is None else int(row[0])


def _held(people: sqlite3.Connection, subject: int, source: str) -> list[Item]:
    """Return what the site itself observed for a source."""
    asked = people.execute("SELECT body FROM profiles WHERE subject = ? AND source = ?", (subject, source + BY_SITE))
    row = asked.fetchone()
    return decode_body(row[0]) if row else []


def _put(people: sqlite3.Connection, subject: int, source: str, items: Sequence[Item]) -> None:
    people.execute(
        "INSERT OR REPLACE INTO profiles VALUES (?, ?, 0, ?)", (subject, source + BY_SITE, encode_body(items))
    )
    people.execute("INSERT INTO changes (subject) VALUES (?)", (subject,))


def _sight(rows: Sequence[Seen]) -> Sight | None:
    """Return what the rows say: each delivery once for each event, each event once for each delivery."""
    if not rows:
        return None
    subject, epoch, key, source, batch, body, seq, event = rows[0]
    if epoch is None or key is None:
        return None
    if len(rows) == 1:
        delivered, told = [(batch, body)], [event]
    else:
        delivered = [body for _, body in sorted({row[3]: (row[4], row[5]) for row in rows}.items())]
        told = [event for _, event in sorted({row[6]: row[7] for row in rows}.items())]
    events = [] if seq is None else decoded_events(subject, told)
    return Sight(subject, epoch, key, events, [] if source is None else delivered)
