"""Published recipes and the headers of imports, in people.sqlite."""

from personalize.ports import Batch
from personalize.storage.sqlite.connect import WRITE_WAIT, Database


class SqliteContent:
    """Implement ContentStore."""

    def __init__(self, people: Database) -> None:
        self._people = people

    def save_recipe(self, digest: str, body: bytes, now: int, *, wait: float = WRITE_WAIT) -> None:
        """Keep a recipe under its hash, waiting so long (s) for another writer; doing so again only reads."""
        if self.recipe(digest) is not None:
            return
        with self._people.write(wait) as people:
            people.execute("INSERT OR IGNORE INTO recipes VALUES (?, ?, ?)", (digest, now, body))

    def recipe(self, digest: str) -> bytes | None:
        """Return a recipe's canonical form, or None when it is not kept."""
        row = self._people.one("SELECT body FROM recipes WHERE digest = ?", (digest,))
        return row[0] if row else None

    def put_in_force(self, digest: str, *, wait: float = WRITE_WAIT) -> None:
        """Keep which recipe the content files made last; doing so again only reads."""
        if self.in_force() != digest:
            with self._people.write(wait) as people:
                people.execute("INSERT OR REPLACE INTO in_force VALUES (1, ?)", (digest,))

    def in_force(self) -> str:
        """Return which recipe the content files made last; empty where they made none yet."""
        row = self._people.one("SELECT digest FROM in_force")
        return str(row[0]) if row else ""

    def published(self) -> dict[str, int]:
        """Return the hashes of the kept recipes and when each was first published (µs), oldest first."""
        return dict(self._people.all("SELECT digest, published_at FROM recipes ORDER BY published_at"))


class SqliteBatches:
    """Implement BatchStore."""

    def __init__(self, people: Database) -> None:
        self._people = people

    def batch(self, number: int) -> Batch | None:
        """Return the header of one import."""
        return self._find("number = ?", number)

    def last(self, source: str) -> Batch | None:
        """Return the import of this source that was made last, if there is one."""
        return self._find("source = ? ORDER BY number DESC LIMIT 1", source)

    def newest(self, source: str) -> Batch | None:
        """Return the import of this source that holds the newest observations, if there is one."""
        return self._find("source = ? ORDER BY observed_at DESC, number DESC LIMIT 1", source)

    def newest_of_all(self, limit: int) -> list[Batch]:
        """Return the imports that were made last, newest first."""
        return self._every("ORDER BY number DESC LIMIT ?", limit)

    def _find(self, which: str, value: str | int) -> Batch | None:
        return next(iter(self._every(f"WHERE {which}", value)), None)

    def _every(self, which: str, value: str | int) -> list[Batch]:
        fields = Batch.__struct_fields__
        rows = self._people.all(f"SELECT {', '.join(fields)} FROM batches {which}", (value,))  # noqa: S608  # ours
        return [Batch(**dict(zip(fields, row, strict=True))) for row in rows]
