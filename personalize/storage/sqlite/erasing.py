"""Make a person unreadable and remove their rows; then see to it that no page of a file still holds them."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from msgspec import Struct

from personalize.errors import StoreLocked
from personalize.storage.sqlite.connect import Database, Row, connect, translated

PAGE = 1_000
TABLES = (
    "identifiers",
    "profiles",
    "handles",
    "consent_events",
    "opt_ins",
    "unsubscribes",
    "corrections",
    "browsers",
    "device_links",
    "subjects",
)
WISHES = "DELETE FROM opt_ins WHERE subject = 0 AND digest IN (SELECT digest FROM identifiers WHERE subject = ?)"
"""What somebody asked for with an address of this person, and nobody confirmed yet."""
LOGINS = "DELETE FROM logins WHERE person IN (SELECT digest FROM identifiers WHERE subject = ?)"
"""Where they are logged in by an identity provider."""
TRAIL = """
UPDATE looks SET subject = 0, query = '', reason = iif(what = 'erase', reason, ''),
  case_number = iif(what = 'erase', case_number, '')
WHERE subject = ?1 OR subject IN (SELECT subject FROM erasures)
OR subject = 0 AND query IN (SELECT kind || ':' || lower(hex(digest)) FROM identifiers WHERE subject = ?1)
"""
"""That staff looked stays on record, and why somebody was erased; at whom, and what was typed of them, does not.

Those who were erased before are taken out too: staff may have opened an old address of theirs since.
"""
TRAIL_ASKED = """
UPDATE looks SET reason = ltrim(replace(' ' || reason, ' person=' || ?1 || ' ', ' '))
WHERE what = 'trail' AND instr(' ' || reason, ' person=' || ?1 || ' ')
"""
"""Looks at the trail keep as their reason whose part of it was asked for."""
OF_DEVICE = ("DELETE FROM browsers WHERE device = ?", "DELETE FROM device_links WHERE device = ?")
"""Where a device subject was read, and whom it was linked to."""
UNREACHABLE = """
device = 1
AND NOT EXISTS (SELECT 1 FROM device_links l WHERE l.device = s.subject AND l.cut_at IS NULL)
AND (EXISTS (SELECT 1 FROM device_links l WHERE l.device = s.subject AND l.cut_at IS NOT NULL)
     OR NOT EXISTS (SELECT 1 FROM browsers b WHERE b.device = s.subject AND b.device <> 0 AND b.ended_at IS NULL))
"""
"""Device subjects that no browser and no person leads to any more."""
EMPTY = """
created_at < ?
AND (device = 1 OR EXISTS (SELECT 1 FROM identifiers i WHERE i.subject = s.subject AND i.batch = 0))
AND NOT EXISTS (SELECT 1 FROM consent_events e WHERE e.subject = s.subject)
AND NOT EXISTS (SELECT 1 FROM profiles p WHERE p.subject = s.subject)
AND NOT EXISTS (SELECT 1 FROM identifiers i WHERE i.subject = s.subject AND i.batch <> 0)
AND NOT EXISTS (SELECT 1 FROM handles h WHERE h.subject = s.subject)
"""
"""Made for an answer that was not recorded after all: nothing is known of them, and no import brought them.

Whom a later file left out has no identifier any more, and keeps their entries.
"""
NOBODYS = f"SELECT subject, ({UNREACHABLE}) OR ({EMPTY}) FROM subjects s WHERE subject > ? ORDER BY subject LIMIT ?"  # noqa: S608  # ours
KEYS = """
SELECT k.subject, s.subject IS NULL FROM keys.subject_keys k LEFT JOIN subjects s ON s.subject = k.subject
WHERE k.subject > ? ORDER BY k.subject LIMIT ?
"""
FOLLOWED = """
INSERT INTO erasure_list VALUES (1, ?)
ON CONFLICT DO UPDATE SET followed = max(followed, excluded.followed)
"""
RECEIPT = """
INSERT INTO erasures (subject, at) VALUES (?, ?)
ON CONFLICT DO UPDATE SET swept_at = iif(?, NULL, swept_at)
"""


class Removed(Struct, frozen=True, kw_only=True):
    """How many rows of a person went, by kind."""

    identifiers: int
    values: int
    handles: int
    consents: int


class SqliteErasures:
    """Erase people from people.sqlite and keys.sqlite. Every step may be done again, and changes nothing then.

    `followed` is up to which place (bytes) of the erasure list the file is true to; it moves with the step itself.
    """

    def __init__(self, people: Database, keys: Database) -> None:
        self._people, self._keys = people, keys

    def overwrite_key(self, subject: int, followed: int) -> None:
        """Overwrite a subject's sealing key and remove it: from here on no entry of theirs can be opened."""
        with self._keys.write() as keys:
            keys.execute("UPDATE subject_keys SET sealing_key = zeroblob(32) WHERE subject = ?", (subject,))
            keys.execute("DELETE FROM subject_keys WHERE subject = ?", (subject,))
            keys.execute(FOLLOWED, (followed,))

    def remove(self, subject: int, now: int, followed: int) -> Removed:
        """Remove every row of a person, leave a receipt, and tell all processes; in one transaction."""
        with self._people.write() as people:
            people.execute(WISHES, (subject,))
            people.execute(LOGINS, (subject,))
            for statement in (TRAIL, TRAIL_ASKED, *OF_DEVICE):
                people.execute(statement, (subject,))
            gone = {
                table: people.execute(f"DELETE FROM {table} WHERE subject = ?", (subject,)).rowcount  # noqa: S608  # names are ours
                for table in TABLES
            }
            people.execute(RECEIPT, (subject, now, any(gone.values())))
            people.execute("INSERT INTO changes (subject) VALUES (?)", (subject,))
            people.execute(FOLLOWED, (followed,))
        return Removed(
            identifiers=gone["identifiers"],
            values=gone["profiles"],
            handles=gone["handles"],
            consents=gone["consent_events"],
        )

    def devices_of(self, subject: int) -> list[int]:
        """Return the device subjects that are or were linked to a person: without the link they would be nobody's."""
        query = "SELECT device FROM device_links WHERE subject = ?"
        return [row[0] for row in self._people.all(query, (subject,))]

    def nobodys(self, before: int) -> Iterator[list[int]]:
        """Yield, a thousand at most at a time, the device subjects that nobody can come back to, and the empty ones.

        Those were made before a time (µs), said nothing, and nobody delivered them.
        """
        return self._marked(NOBODYS, (before,))

    def erased_at(self, subject: int) -> int | None:
        """Return when a subject was erased (µs), or None."""
        row = self._people.one("SELECT at FROM erasures WHERE subject = ?", (subject,))
        return None if row is None else int(row[0])

    def is_left(self, subject: int) -> bool:
        """Say whether a key or a row of a subject is still there."""
        if self._keys.one("SELECT 1 FROM subject_keys WHERE subject = ?", (subject,)):
            return True
        each = " UNION ALL ".join(f"SELECT 1 FROM {table} WHERE subject = ?1" for table in TABLES)  # noqa: S608  # names are ours
        return self._people.one(each, (subject,)) is not None

    def receipts(self) -> list[tuple[int, int]]:
        """Return every subject that was erased here, and when (µs)."""
        return [(row[0], row[1]) for row in self._people.all("SELECT subject, at FROM erasures ORDER BY at")]

    def unswept(self) -> list[int]:
        """Return the erased subjects whose bytes may still stand in a file."""
        return [row[0] for row in self._people.all("SELECT subject FROM erasures WHERE swept_at IS NULL")]

    def unswept_since(self) -> int | None:
        """Return when the first of these was erased (µs), or None where there is none."""
        row = self._people.one("SELECT min(at) FROM erasures WHERE swept_at IS NULL")
        return row[0] if row else None

    def leave_the_trail(self) -> None:
        """Take the erased out of the trail once more: staff may have been looking at one of them just then."""
        with self._people.write() as people:
            people.execute(TRAIL, (-1,))

    def note_swept(self, subjects: Sequence[int], now: int) -> None:
        """Keep that no file holds a byte of these subjects any more."""
        with self._people.write() as people:
            people.executemany(
                "UPDATE erasures SET swept_at = ? WHERE subject = ?", [(now, subject) for subject in subjects]
            )

    def followed(self) -> tuple[int, int]:
        """Return up to which places of the list people.sqlite and keys.sqlite have followed it."""
        people, keys = (file.one("SELECT followed FROM erasure_list") for file in (self._people, self._keys))
        return int(people[0]) if people else 0, int(keys[0]) if keys else 0

    def reach(self, place: int) -> None:
        """Keep that people.sqlite, which alone has noes, has followed the list so far."""
        with self._people.write() as people:
            people.execute(FOLLOWED, (place,))

    def follow(self, place: int, before: Sequence[int]) -> None:
        """Keep that both files have followed the list so far; where they stood `before`, it may be less."""
        for file in (self._people, self._keys):
            with file.write() as connection:
                connection.executemany("DELETE FROM erasure_list WHERE followed = ?", [(each,) for each in before])
                connection.execute(FOLLOWED, (place,))

    def subjects(self) -> Iterator[int]:
        """Yield every subject that has a key or a row, some twice."""
        for file, table in ((self._keys, "subject_keys"), (self._people, "subjects")):
            query, last = f"SELECT subject FROM {table} WHERE subject > ? ORDER BY subject LIMIT ?", 0  # noqa: S608  # names are ours
            while rows := file.all(query, (last, PAGE)):
                yield from (row[0] for row in rows)
                last = rows[-1][0]

    def nobodys_keys(self) -> Iterator[list[int]]:
        """Yield, a thousand at most at a time, the subjects that have a sealing key and are nobody, or nobody yet."""
        return self._marked(KEYS)

    def drop_keys(self, subjects: Sequence[int]) -> int:
        """Remove the keys of those of these subjects who are nobody; return how many. Not while an import is at work.

        Whoever makes a subject otherwise lets no other writer in between its key and its row.
        """
        with self._people.write() as people:
            query = "SELECT 1 FROM subjects WHERE subject = ?"
            nobody = [(each,) for each in subjects if people.execute(query, (each,)).fetchone() is None]
            with self._keys.write() as keys:
                return keys.executemany("DELETE FROM subject_keys WHERE subject = ?", nobody).rowcount

    def _marked(self, query: str, values: Row = ()) -> Iterator[list[int]]:
        """Yield the subjects that a query marks; it looks at a page of them at once, for the site's reads wait."""
        last = 0
        while rows := self._people.all(query, (*values, last, PAGE)):
            if found := [subject for subject, is_marked in rows if is_marked]:
                yield found
            last = rows[-1][0]

    def scrub(self) -> None:
        """Write both files anew without what was deleted, and empty their logs. Raises StoreError.

        `secure_delete` overwrites deleted rows and freed pages, but not the copies that remain in the
        gaps of pages which were split or joined. Costs about a second for each 100 MB; readers go on,
        writers wait.
        """
        for file in (self._keys, self._people):
            try:
                with closing(connect(file.path)) as connection:
                    _empty_log(connection, file.path)
                    connection.execute("VACUUM")
                    _empty_log(connection, file.path)
            except sqlite3.Error as error:
                raise translated(error, file.path) from error


def _empty_log(connection: sqlite3.Connection, path: Path) -> None:
    busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise StoreLocked(f"The log of {path.name} is being read: try again when that has finished.")
