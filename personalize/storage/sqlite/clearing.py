"""Delete what was kept long enough, from cookbook.sqlite and people.sqlite."""

from collections.abc import Callable, Collection, Iterable, Sequence

import msgspec

from personalize.cookbook.digests import Digests
from personalize.profile.delivered import decode_body, encode_body
from personalize.profile.identifiers import KINDS
from personalize.storage.sqlite.connect import Database
from personalize.storage.sqlite.content import SqliteContent
from personalize.storage.sqlite.handles import SqliteHandles
from personalize.storage.sqlite.index_batches import delete_pages, forget_place
from personalize.storage.sqlite.profiles import PAGE
from personalize.storage.sqlite.restricting import ROW as RESTRICTIONS
from personalize.storage.sqlite.spans import COUNTER, LOW

AT_ONCE = 500
"""Rows deleted in one transaction, so that the indexer never waits long."""

Between = Callable[[], None]
Place = tuple[int, int, int]
"""Time, subject and visit code's number: together they name the decisions that were made at once."""
CHANGES = """
DELETE FROM changes WHERE seq IN (
    SELECT seq FROM changes WHERE seq <= (SELECT max(seq) FROM changes) - ? ORDER BY seq LIMIT ?)
"""

SEARCHES = f"""
UPDATE looks SET query = substr(query, 1, instr(query, ':') - 1)
WHERE at < ? AND subject = 0 AND substr(query, 1, instr(query, ':') - 1) IN ({", ".join(f"'{kind}'" for kind in KINDS)})
"""  # noqa: S608  # kinds are ours


class SqliteClearing:
    """Deletes by period, and counts rows. Times are µs since 1970 UTC.

    `between` is called between two transactions, and may raise.
    """

    def __init__(
        self, cookbook: Database, people: Database, digests: Digests, journal: Callable[[], Collection[bytes]]
    ) -> None:
        """`journal` gives the references of segments that are still there: without their position they come again."""
        self._cookbook, self._people, self._digests, self._journal = cookbook, people, digests, journal

    def oldest(self) -> int | None:
        """Return a time before which there is no entry; None where there is none at all."""
        row = self._cookbook.one("SELECT min(first_at) FROM segments")
        return row[0] if row else None

    def entries_before(self, end: int, spared: Collection[Place], between: Between) -> int:
        """Delete the entries before a time, and what is known of segments that are empty then; return how many."""
        segments = self._cookbook.all("SELECT number, reference, last_at FROM segments WHERE first_at < ?", (end,))
        there, deleted = set(self._journal()), 0
        for number, reference, last in segments:
            first = number << COUNTER
            rows = self._cookbook.all(
                "SELECT id, at, subject, code FROM entries WHERE id BETWEEN ? AND ? AND at < ?",
                (first, first | LOW, end),
            )
            ids = [row[0] for row in rows if row[1:] not in spared]
            deleted += self._delete(ids, between)
            if last < end and len(ids) == len(rows) and reference not in there:
                with self._cookbook.write() as cookbook:
                    cookbook.execute("DELETE FROM gaps WHERE segment = ?", (number,))
                    forget_place(cookbook, first, first | LOW)
                    cookbook.execute("DELETE FROM served WHERE first BETWEEN ? AND ?", (first, first | LOW))
                    cookbook.execute("DELETE FROM segments WHERE number = ?", (number,))
        return deleted

    def entries_at(self, places: Iterable[Place], between: Between) -> int:
        """Delete the entries at these places; return how many there were."""
        find = "SELECT id FROM entries WHERE at = ? AND subject = ? AND +code = ?"
        return self._delete([row[0] for place in places for row in self._cookbook.all(find, place)], between)

    def counts_before(self, hour: int) -> int:
        """Delete what strangers got before an hour since 1970 UTC; return how many rows."""
        with self._cookbook.write() as cookbook:
            return cookbook.execute("DELETE FROM counts WHERE hour < ?", (hour,)).rowcount

    def recipes_before(self, end: int, in_force: str) -> int:
        """Delete recipes published before a time that no entry and no count refers to; return how many."""
        old = [row[0] for row in self._people.all("SELECT digest FROM recipes WHERE published_at < ?", (end,))]
        idle = set(old) - {in_force, SqliteContent(self._people).in_force()}
        if not idle:
            return 0
        used = self._cookbook.all(
            "SELECT digest FROM recipes WHERE number IN (SELECT recipe FROM entries UNION SELECT recipe FROM counts)"
        )
        idle -= {bytes(row[0]).hex() for row in used}
        with self._people.write() as people:
            people.executemany("DELETE FROM recipes WHERE digest = ?", [(digest,) for digest in idle])
        return len(idle)

    def links_before(self, end: int) -> int:
        """Delete the newsletter links that expired before a time, not the counts of their mailings; return how many."""
        return SqliteHandles(self._people).sweep(end)

    def values(self, is_over: Callable[[str, int], bool], between: Between) -> int:
        """Delete the values for which `is_over(attribute, observed)` holds; return how many."""
        last, deleted = (-1, ""), 0
        while rows := self._people.all(
            "SELECT subject, source, body FROM profiles WHERE (subject, source) > (?, ?) AND source <> ? "
            "ORDER BY subject, source LIMIT ?",
            (*last, RESTRICTIONS, PAGE),
        ):
            between()
            last = rows[-1][:2]
            for subject, source, body in rows:
                kept = _kept(body, is_over)
                if kept is not None:
                    deleted += self._replace(subject, source, body, kept)
        return deleted

    def corrections_before(self, end: int) -> int:
        """Delete the requests for corrections that were settled before a time; return how many."""
        with self._people.write() as people:
            return people.execute("DELETE FROM corrections WHERE settled_at < ?", (end,)).rowcount

    def searches_before(self, end: int) -> int:
        """Take out of the trail what was searched before a time by identifiers that led to nobody; return how many.

        That it was done stays, and by what kind of identifier.
        """
        with self._people.write() as people:
            return people.execute(SEARCHES, (end,)).rowcount

    def changes(self, kept: int, between: Between) -> int:
        """Delete what other processes were told to forget long ago, but the newest ones; return how many rows."""
        deleted, gone = 0, AT_ONCE
        while gone == AT_ONCE:
            between()
            with self._people.write() as people:
                gone = people.execute(CHANGES, (kept, AT_ONCE)).rowcount
            deleted += gone
        return deleted

    def done(self) -> dict[str, tuple[int, int]]:
        """Return what was last deleted: by kind, until when and at what time."""
        return done_in(self._people)

    def note(self, what: str, until: int, now: int) -> None:
        """Keep until when something was deleted."""
        with self._people.write() as people:
            people.execute("INSERT OR REPLACE INTO retention VALUES (?, ?, ?)", (what, until, now))

    def devices_before(self, end: int) -> int:
        """Forget the browsers with a device that were last used before a time; return how many."""
        with self._people.write() as people:
            return people.execute("DELETE FROM browsers WHERE device <> 0 AND seen_at < ?", (end,)).rowcount

    def _replace(self, subject: int, source: str, body: bytes, kept: list[object]) -> int:
        """Put the values that stay in place of a row's body, unless somebody changed it meanwhile."""
        with self._people.write() as people:
            changed = people.execute(
                "UPDATE profiles SET body = ? WHERE subject = ? AND source = ? AND body = ?",
                (encode_body(kept), subject, source, body),
            ).rowcount
            if changed:
                people.execute("INSERT INTO changes (subject) VALUES (?)", (subject,))
        return (len(decode_body(body)) - len(kept)) if changed else 0

    def _delete(self, ids: Sequence[int], between: Between) -> int:
        deleted = 0
        for start in range(0, len(ids), AT_ONCE):
            between()
            with self._cookbook.write() as cookbook:
                deleted += delete_pages(cookbook, ids[start : start + AT_ONCE], self._digests)
        return deleted


def done_in(people: Database) -> dict[str, tuple[int, int]]:
    """Return what was last deleted: by kind, until when and at what time."""
    rows = people.all("SELECT what, until, done_at FROM retention")
    return {what: (until, at) for what, until, at in rows}


def _kept(body: bytes, is_over: Callable[[str, int], bool]) -> list[object] | None:
    """Return the values that stay, or None where all do."""
    try:
        items = decode_body(body)
    except msgspec.MsgspecError:
        return None  # damaged: said where it is read
    kept: list[object] = [item for item in items if not is_over(item[0], item[2])]
    return None if len(kept) == len(items) else kept
