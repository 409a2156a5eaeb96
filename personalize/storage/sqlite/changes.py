"""What other processes changed in people.sqlite, noticed for some 5 µs."""

import os
import sqlite3

from personalize.ports import Changes
from personalize.storage.sqlite.connect import READ_WAIT, Database, connect, identity_of, translated

MOST = 10_000
"""Above this many changes at once it is cheaper to forget everything."""


class SqliteChanges:
    """Implement ChangeFeed.

    `PRAGMA data_version` rises for commits of other connections only, so it is asked on a connection
    that does nothing else: then it tells the commits of this process too. It says nothing about a file
    that was replaced, hence the look at device and inode: those of the watched file, for whoever writes first
    after the replacement has the database follow before.
    """

    def __init__(self, people: Database) -> None:
        self._people, self._name = people, str(people.path)
        self._seen: int | None = None
        self._anew = self._replaced = False
        self._open()
        self._inherited: list[sqlite3.Connection] = []

    def poll(self, since: int) -> Changes | None:
        """Return the changes after `since`, or None when nothing was committed since that concerns anybody.

        Everything counts as changed when the file was replaced, when its numbers went back (a
        backup was restored), or when the list is long. Raises StoreError when it cannot tell.
        """
        try:
            if os.getpid() != self._pid or self._identity != identity_of(self._name):
                self._follow()
            self._people.check_log()
            version: int = self._watch.execute("PRAGMA data_version").fetchone()[0]
        except sqlite3.Error as error:
            raise translated(error, self._people.path) from error
        if version == self._seen:
            return None
        changes = self._after(since)
        self._seen, self._anew, self._replaced = version, False, False
        return changes if changes.everything or changes.subjects else None

    def close(self) -> None:
        """Close the watching connection."""
        if os.getpid() == self._pid:
            self._watch.close()

    def _follow(self) -> None:
        self._anew = True  # until somebody was told
        self._replaced = self._replaced or self._identity != identity_of(self._name)
        if os.getpid() != self._pid:
            self._inherited.append(self._watch)  # the parent's: left alone
        else:
            if self._people.replaced():
                self._people.reopen()
            self._watch.close()
        self._seen = None
        self._open()

    def _open(self) -> None:
        self._identity, self._pid = identity_of(self._name), os.getpid()
        self._watch = connect(self._people.path, wait=READ_WAIT)

    def _after(self, since: int) -> Changes:
        rows = self._people.all(
            "SELECT seq, subject FROM changes WHERE seq > ? ORDER BY seq LIMIT ?", (since, MOST + 1)
        )
        last = self._people.one("SELECT coalesce(max(seq), 0) FROM changes")
        newest: int = last[0] if last else 0
        subjects = {subject for _, subject in rows}
        everything = self._anew or newest < since or len(rows) > MOST or None in subjects
        if everything:
            return Changes(seq=newest, everything=True, replaced=self._replaced)
        return Changes(seq=rows[-1][0] if rows else since, subjects=frozenset(subjects))
