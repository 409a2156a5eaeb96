"""The rows behind click links, in people.sqlite."""

from collections.abc import Sequence

from personalize.ports import Handle
from personalize.storage.sqlite.connect import Database


class SqliteHandles:
    """Implement HandleStore."""

    def __init__(self, people: Database) -> None:
        self._people = people

    def add_handles(self, rows: Sequence[tuple[bytes, Handle]]) -> None:
        """Keep these handles (SHA-256 of the handle, row) in one transaction."""
        with self._people.write() as people:
            people.executemany(
                "INSERT INTO handles (digest, subject, mailing, campaign, issued, expires, revoked_at) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    (digest, row.subject, row.mailing, row.campaign, row.issued, row.expires, row.revoked_at)
                    for digest, row in rows
                ],
            )

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
