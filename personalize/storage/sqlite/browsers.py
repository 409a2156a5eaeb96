"""The rows behind our cookies, device subjects and their links, in people.sqlite."""

import secrets
import sqlite3
from collections.abc import Iterator, Sequence

from msgspec.structs import astuple

from personalize.errors import NotFound
from personalize.ports import Browser, DeviceLink
from personalize.storage.sqlite.connect import Database
from personalize.storage.sqlite.profiles import new_subject

TOUCH_WAIT = 0.1
"""Seconds that a note of use waits for another writer: it can be left out."""
ROW = (
    "SELECT b.subject, b.device, b.assurance, b.began_at, b.seen_at, b.ended_at, l.subject, l.cut_at "
    "FROM browsers b LEFT JOIN device_links l ON l.device = b.device WHERE b.digest = ?"
)
INSERT = """
INSERT INTO browsers (digest, subject, device, assurance, began_at, seen_at) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING
"""
END_UNSEEN = "INSERT INTO browsers VALUES (?1, 0, 0, 0, ?2, ?2, ?2) ON CONFLICT DO NOTHING"
"""A login may wait in another process to be written: by this row it has ended before."""
LINK = """
INSERT INTO device_links (device, subject, means, linked_at) SELECT ?1, ?2, ?3, ?4
WHERE (SELECT count(*) FROM subjects WHERE subject IN (?1, ?2)) = 2 ON CONFLICT DO NOTHING
"""
"""Only while both are there: what waited while one of them was erased leaves no trace of them (law 11)."""
CUT = """
INSERT INTO device_links (device, subject, means, linked_at, cut_means, cut_at) SELECT ?1, ?2, ?3, ?4, ?5, ?6
WHERE (SELECT count(*) FROM subjects WHERE subject IN (?1, ?2)) = 2
ON CONFLICT DO UPDATE SET cut_means = excluded.cut_means, cut_at = excluded.cut_at
WHERE subject = excluded.subject AND cut_at IS NULL
"""
LINKED = "SELECT 1 FROM device_links WHERE device = ? AND subject = ? AND cut_at IS NULL"
SWEEP = """
DELETE FROM browsers WHERE ended_at < ? OR (device = 0 AND began_at < ?)
"""
LINKS = "SELECT device, subject, means, linked_at, cut_means, cut_at FROM device_links WHERE"


class SqliteBrowsers:
    """Implement BrowserStore. A page waits while somebody logs in or out: for `wait` seconds and no longer."""

    def __init__(self, people: Database, keys: Database) -> None:
        self._people, self._keys, self.wait = people, keys, 0.05

    def browser(self, digest: bytes) -> Browser | None:
        """Return a row, ended or not; None when there is none."""
        row = self._people.one(ROW, (digest,))
        if row is None:
            return None
        subject, device, assurance, began_at, seen_at, ended_at, linked, cut_at = row
        return Browser(
            subject=subject,
            device=device,
            assurance=assurance,
            began_at=began_at,
            seen_at=seen_at,
            ended_at=ended_at,
            linked=linked or 0,
            cut=cut_at is not None,
        )

    def begin_device(self, digest: bytes, now: int, ends: bytes | None = None) -> int:
        """Make a device subject with its sealing key and the row of its browser; end the row `ends`; return it.

        The key is committed first, so that no subject is ever without one.
        """
        device = new_subject()
        with self._people.write() as people:
            with self._keys.write() as keys:
                keys.execute("INSERT INTO subject_keys VALUES (?, ?)", (device, secrets.token_bytes(32)))
            people.execute("INSERT INTO subjects (subject, created_at, device) VALUES (?, ?, 1)", (device, now))
            people.execute(INSERT, (digest, 0, device, 1, now, now))
            _tell(people, device)
            if ends is not None:
                _end(people, ends, now)
        return device

    def begin(self, digest: bytes, subject: int, assurance: int, now: int, *, ends: bytes | None, means: str) -> int:
        """Keep the row of a person at this browser and end the row `ends`, in one transaction; return the device.

        Raises NotFound where the person was erased.
        """
        with self._people.write(self.wait) as people:
            if people.execute("SELECT 1 FROM subjects WHERE subject = ?", (subject,)).fetchone() is None:
                raise NotFound("This person is not known here (any more): nobody was logged in.")
            device = max(0, _end(people, ends, now)) if ends is not None else 0
            if device and means and not _link(people, device, subject, means, now):
                device = 0
            people.execute(INSERT, (digest, subject, device, assurance, now, now))
        return device

    def end(self, digest: bytes, now: int) -> bool:
        """End a row for good, also one that is yet to be written; say whether it was there and had not ended."""
        with self._people.write(self.wait) as people:
            return _end(people, digest, now) >= 0

    def seen(self, rows: Sequence[tuple[bytes, int]]) -> None:
        """Note when these rows (digest, µs) were used last; waits for no other writer."""
        with self._people.write(TOUCH_WAIT) as people:
            people.executemany(
                "UPDATE browsers SET seen_at = max(seen_at, ?) WHERE digest = ?", [(at, digest) for digest, at in rows]
            )

    def link(self, device: int, subject: int, means: str, now: int) -> bool:
        """Link a device that never was linked; say whether it is linked to this person now."""
        with self._people.write() as people:
            return _link(people, device, subject, means, now)

    def cut(self, link: DeviceLink) -> bool:
        """Keep for good that a link was cut, and end every row of that device without a login; say whether it is new.

        One that was made and cut after a backup of this store is kept too, while both are there.
        """
        with self._people.write() as people:
            is_new = people.execute(CUT, astuple(link)).rowcount == 1
            if is_new:
                people.execute(
                    "UPDATE browsers SET ended_at = ? WHERE device = ? AND subject = 0 AND ended_at IS NULL",
                    (link.cut_at, link.device),
                )
                _tell(people, link.device, link.subject)
        return is_new

    def links_of(self, subject: int) -> list[DeviceLink]:
        """Return the devices that are or were linked to a person, oldest first."""
        return [_device_link(*row) for row in self._people.all(f"{LINKS} subject = ? ORDER BY linked_at", (subject,))]

    def cuts(self) -> Iterator[DeviceLink]:
        """Yield every link that was cut."""
        yield from (_device_link(*row) for row in self._people.all(f"{LINKS} cut_at IS NOT NULL"))

    def sweep(self, before: int) -> int:
        """Forget rows that ended, or without a device began, before this time (µs); return how many."""
        with self._people.write() as people:
            return people.execute(SWEEP, (before, before)).rowcount


def _device_link(
    device: int, subject: int, means: str, linked_at: int, cut_means: str, cut_at: int | None
) -> DeviceLink:
    return DeviceLink(
        device=device, subject=subject, means=means, linked_at=linked_at, cut_means=cut_means, cut_at=cut_at
    )


def _end(people: sqlite3.Connection, digest: bytes, now: int) -> int:
    """End a row and return its device, 0 for none; -1 where it had ended, or is yet to be written."""
    asked = people.execute("SELECT subject, device FROM browsers WHERE digest = ? AND ended_at IS NULL", (digest,))
    row = asked.fetchone()
    if row is None:
        people.execute(END_UNSEEN, (digest, now))
        return -1
    people.execute("UPDATE browsers SET ended_at = ? WHERE digest = ?", (now, digest))
    _tell(people, *row)
    return int(row[1])


def _link(people: sqlite3.Connection, device: int, subject: int, means: str, now: int) -> bool:
    if people.execute(LINK, (device, subject, means, now)).rowcount:
        _tell(people, device, subject)
    return people.execute(LINKED, (device, subject)).fetchone() is not None


def _tell(people: sqlite3.Connection, *subjects: int) -> None:
    """Have every process forget what it keeps warm of these subjects."""
    people.executemany("INSERT INTO changes (subject) VALUES (?)", [(subject,) for subject in subjects if subject])
