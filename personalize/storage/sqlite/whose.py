"""Whose rows these are: looked up before the write lock is taken, and put right for what changed meanwhile under it."""

import sqlite3
from collections.abc import Sequence

from personalize.settings.tables import PERSONAL

DIGEST = 16
NONE = bytes(DIGEST)

LOOK_UP = """
    UPDATE staged SET (known, subject) = (
        SELECT count(*), coalesce(min(i.subject), staged.fresh)
        FROM main.identifiers i WHERE i.digest = staged.digest)
"""
OUTRUN = """
    WITH changed AS (SELECT DISTINCT subject FROM main.changes WHERE seq > ?)
    SELECT 1 FROM changed WHERE subject IS NULL
    UNION ALL
    SELECT 1 FROM changed c CROSS JOIN staged s ON s.subject = c.subject WHERE NOT EXISTS (
        SELECT 1 FROM main.identifiers i WHERE i.digest = s.digest AND i.subject = s.subject)
    AND NOT EXISTS (
        SELECT 1 FROM temp.adopted a CROSS JOIN main.identifiers i ON i.digest = a.digest AND i.subject = a.subject
        WHERE a.line = s.line)
    UNION ALL
    SELECT 1 FROM changed c CROSS JOIN main.identifiers i ON i.subject = c.subject
    CROSS JOIN staged s ON s.digest = i.digest WHERE s.known = 1 AND s.subject <> i.subject
    LIMIT 1
"""
NEWCOMERS = """
    CREATE TEMP TABLE newcomers AS
    SELECT DISTINCT s.line, s.fresh FROM (SELECT DISTINCT subject FROM main.changes WHERE seq > ?) c
    CROSS JOIN main.identifiers i ON i.subject = c.subject
    CROSS JOIN staged s ON s.digest = i.digest WHERE s.known = 0
"""
OF_NEWCOMERS = " WHERE line IN (SELECT line FROM temp.newcomers)"
ADDRESSED = f"""
    SELECT 1 FROM (SELECT DISTINCT subject FROM main.changes WHERE seq > ?) c
    CROSS JOIN main.identifiers i ON i.subject = c.subject AND i.kind IN {PERSONAL}
    CROSS JOIN temp.sorted d ON d.digest = i.digest
    CROSS JOIN staged s ON s.subject = d.subject WHERE s.known = 0 AND d.subject <> i.subject LIMIT 1
"""  # noqa: S608  # the kinds are ours
SORTED = """
    CREATE TEMP TABLE sorted (digest BLOB, subject INTEGER, kind TEXT, PRIMARY KEY (digest, subject)) WITHOUT ROWID
"""


class Outrun(Exception):
    """What was looked up is no longer true, and only a new look-up tells what is."""


class Whose:
    """The people behind the rows of `staged`. Raises sqlite3.Error."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def newest_change(self) -> int:
        """Return the number of the newest change: what is looked up afterwards has seen it."""
        return int(self._db.execute("SELECT coalesce(max(seq), 0) FROM main.changes").fetchone()[0])

    def look_up(self) -> None:
        """Say of each row whom it is about; somebody erased since the last time counts as new again."""
        if self._db.execute("SELECT 1 FROM main.identifiers LIMIT 1").fetchone():
            self._db.execute(LOOK_UP)
        else:
            self._db.execute("UPDATE staged SET known = 0, subject = fresh WHERE known")

    def sort(self, kinds: Sequence[str]) -> None:
        """Lay subjects and identifiers in the order of their trees: it halves the time of the lock."""
        self._db.execute("CREATE INDEX IF NOT EXISTS temp.staged_subject ON staged (subject)")
        self._db.execute("DROP TABLE IF EXISTS temp.sorted")
        self._db.execute(SORTED)
        self._lay(kinds, "")

    def take_in_newcomers(self, seen: int, kinds: Sequence[str]) -> None:
        """Give the rows of people who came to be known after a change to them, under the write lock.

        A consent, a visit or a device changes nobody's identifiers, and so nothing here. Raises Outrun where
        somebody of these rows was erased or is claimed by two people now, and after another import.
        """
        db = self._db
        if db.execute(OUTRUN, (seen,)).fetchone():
            raise Outrun
        db.execute("DROP TABLE IF EXISTS temp.newcomers")
        db.execute(NEWCOMERS, (seen,))
        if not db.execute("SELECT 1 FROM temp.newcomers").fetchone():
            return
        db.execute(LOOK_UP + OF_NEWCOMERS)
        if db.execute("SELECT 1 FROM staged WHERE known > 1").fetchone():
            raise Outrun
        db.execute("DELETE FROM sorted WHERE subject IN (SELECT fresh FROM temp.newcomers)")
        self._lay(kinds, OF_NEWCOMERS)
        db.execute("DELETE FROM keys.subject_keys WHERE subject IN (SELECT fresh FROM temp.newcomers)")

    def check_addresses(self, seen: int) -> None:
        """Raise Outrun where somebody new may be known by their address alone, since a change."""
        if self._db.execute(ADDRESSED, (seen,)).fetchone():
            raise Outrun

    def _lay(self, kinds: Sequence[str], which: str) -> None:
        each = "SELECT substr(ids, ?, 16) AS one, subject, ? FROM (SELECT ids, subject FROM staged{}) WHERE one <> ?"
        values = [value for at, kind in enumerate(kinds) for value in (DIGEST * at + 1, kind, NONE)]
        every = " UNION ALL ".join([each.format(which)] * len(kinds))
        self._db.execute(f"INSERT OR IGNORE INTO sorted {every} ORDER BY 1", values)
