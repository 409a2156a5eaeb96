"""Who is known and what is known of them, in people.sqlite; sealing keys in keys.sqlite."""

import secrets
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from personalize.errors import StoreError
from personalize.model.attributes import Stored
from personalize.ports import Person
from personalize.storage.sqlite.connect import Database

PAGE = 1_000
BY_SITE = " (site)"
"""Marks the row of values that the site itself observed for a source."""

Plain = str | int | float | bool | list[str] | None
Body = list[tuple[str, Plain, int]]
decode_body = msgspec.msgpack.Decoder(Body).decode
encode_body = msgspec.msgpack.Encoder().encode


class SqliteProfiles:
    """Implement ProfileStore."""

    def __init__(self, people: Database, keys: Database) -> None:
        self._people, self._keys = people, keys

    def subject_of(self, digest: bytes) -> int | None:
        """Return the one subject of a keyed identifier hash; None when unknown or claimed by two."""
        rows = self._people.all("SELECT subject FROM identifiers WHERE digest = ? LIMIT 2", (digest,))
        return rows[0][0] if len(rows) == 1 else None

    def load(self, subject: int) -> Person | None:
        """Return a subject's values, epoch and key; None without a subject or without its key."""
        rows = self._people.all(
            "SELECT s.epoch, p.batch, p.body FROM subjects s LEFT JOIN profiles p ON p.subject = s.subject "
            "WHERE s.subject = ?",
            (subject,),
        )
        key = self.key_of(subject)
        if not rows or key is None:
            return None
        return Person(subject=subject, epoch=rows[0][0], key=key, values=_merged(subject, rows))

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
                raise StoreError(
                    "This identifier is claimed by two people, so it belongs to nobody: correct the source."
                )
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
        own = f"{source}{BY_SITE}"
        with self._people.write() as people:
            row = people.execute(
                "SELECT body FROM profiles WHERE subject = ? AND source = ?", (subject, own)
            ).fetchone()
            kept = [item for item in (decode_body(row[0]) if row else []) if item[0] not in values]
            new = [(name, stored.plain, stored.observed) for name, stored in values.items()]
            people.execute(
                "INSERT OR REPLACE INTO profiles VALUES (?, ?, 0, ?)", (subject, own, encode_body([*kept, *new]))
            )
            people.execute("INSERT INTO changes (subject) VALUES (?)", (subject,))

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


def _merged(subject: int, rows: list[tuple[int, int | None, bytes]]) -> dict[str, Stored]:
    """Return the values of all sources; where two deliver the same attribute the newer observation stays."""
    values: dict[str, Stored] = {}
    try:
        for _, batch, body in rows:
            if batch is None:
                continue
            for attribute, plain, observed in decode_body(body):
                if attribute not in values or values[attribute].observed < observed:
                    values[attribute] = Stored(plain, observed, batch)
    except msgspec.MsgspecError as error:
        raise StoreError(f"A profile of subject {subject} is damaged: import its source again.") from error
    return values
