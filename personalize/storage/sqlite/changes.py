"""What other processes changed in people.sqlite, noticed for 3-4 µs."""

import os
import sqlite3

from personalize.ports import Changes
from personalize.storage.sqlite.connect import READ_WAIT, Database, connect, translated

MOST = 10_000
"""Above this many changes at once it is cheaper to forget everything."""


class SqliteChanges:
    """Implement ChangeFeed.

    `PRAGMA data_version` rises for commits of other connections only, so it is asked on a connection
    that does nothing else: then it tells the commits of this process too. It says nothing about a file
    that was replaced, hence the look at device and inode.
    """

    def __init__(self, people: Database) -> None:
        self._people = people
        self._watch, self._pid = connect(people.path, wait=READ_WAIT), os.getpid()
        self._seen: int | None = None
        self._inherited: list[sqlite3.Connection] = []

    def poll(self, since: int) -> Changes | None:
        """Return the changes after `since`, or None when nothing was committed since that concerns anybody.

        Everything counts as changed when the file was replaced, when its numbers went back (a
        backup was restored), or when the list is long. Raises StoreError when it cannot tell.
        """
        try:
            replaced = os.getpid() != self._pid or self._people.replaced()
            if replaced:
                self._follow()
            version: int = self._watch.execute("PRAGMA data_version").fetchone()[0]
        except sqlite3.Error as error:
            raise translated(error, self._people.path) from error
        if version == self._seen:
            return None
        changes = self._after(since, replaced)
        self._seen = version
        return changes if changes.everything or changes.subjects else None

    def close(self) -> None:
        """Close the watching connection."""
        if os.getpid() == self._pid:
            self._watch.close()

    def _follow(self) -> None:
        if os.getpid() == self._pid:
            self._people.reopen()
            self._watch.close()
        else:
            self._inherited.append(self._watch)  # the parent's: left alone
        self._watch, self._pid = connect(self._people.path, wait=READ_WAIT), os.getpid()
        self._seen = None

    def _after(self, since: int, replaced: bool) -> Changes:
        rows = self._people.all(
            "SELECT seq, subject FROM changes WHERE seq > ? ORDER BY seq LIMIT ?", (since, MOST + 1)
        )
        last = self._people.one("SELECT coalesce(max(seq), 0) FROM changes")
        newest: int = last[0] if last else 0
        subjects = {subject for _, subject in rows}
        everything = replaced or newest < since or len(rows) > MOST or None in subjects
        if everything:
            return Changes(seq=newest, everything=True)
        return Changes(seq=rows[-1][0] if rows else since, subjects=frozenset(subjects))
