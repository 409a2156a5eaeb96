"""The append-only ledger of consent events, in people.sqlite."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from personalize.errors import ConsentRefused, StoreError
from personalize.model.consent import ConsentEvent
from personalize.storage.sqlite.connect import Database

_encode = msgspec.msgpack.Encoder().encode
_NAMING = "SELECT seq, subject, body FROM consent_events WHERE seq > ? AND instr(body, ?) ORDER BY seq LIMIT 1"
_PAGE = "SELECT seq, subject, body FROM consent_events WHERE seq > ? ORDER BY seq LIMIT 1000"
_decode = msgspec.msgpack.Decoder(ConsentEvent).decode


class SqliteConsents:
    """Implement ConsentStore."""

    def __init__(self, people: Database) -> None:
        self._people = people

    def append(self, events: Sequence[ConsentEvent]) -> None:
        """Add events durably and raise the epoch of each subject, in one transaction; idempotent by event id.

        Raises ConsentRefused, and keeps nothing, where a subject is unknown.
        """
        with self._people.write() as people:
            append_events(people, events)

    def events_of(self, subject: int) -> list[ConsentEvent]:
        """Return every event of a subject in the order they were recorded."""
        rows = self._people.all("SELECT body FROM consent_events WHERE subject = ? ORDER BY seq", (subject,))
        return decoded_events(subject, [body for (body,) in rows])

    def event(self, event_id: bytes) -> ConsentEvent | None:
        """Return one event; None where there is none, as after an erasure. Raises StoreError."""
        row = self._people.one("SELECT subject, body FROM consent_events WHERE event_id = ?", (event_id,))
        return decoded_events(row[0], [row[1]])[0] if row else None

    def every(self) -> Iterator[ConsentEvent]:
        """Yield the events of everybody in the order they were recorded."""
        last = 0
        while rows := self._people.all(_PAGE, (last,)):
            for _, subject, body in rows:
                yield from decoded_events(subject, [body])
            last = rows[-1][0]

    def first_under(self, notice: str) -> ConsentEvent | None:
        """Return the event that was recorded first under a notice (`name@version`); reads the ledger up to there."""
        seq, asked = 0, notice.encode()
        while rows := self._people.all(_NAMING, (seq, asked)):
            seq, subject, body = rows[0]
            (event,) = decoded_events(subject, [body])
            if event.notice == notice:
                return event
        return None


def decoded_events(subject: int, bodies: Sequence[bytes]) -> list[ConsentEvent]:
    """Return a subject's events as they were recorded. Raises StoreError."""
    try:
        return [_decode(body) for body in bodies]
    except msgspec.MsgspecError as error:
        raise StoreError(f"A consent event of subject {subject} is damaged: put a backup back.") from error


def append_events(people: sqlite3.Connection, events: Iterable[ConsentEvent]) -> int:
    """Add events inside a transaction that is open, and return how many were not there yet."""
    new = 0
    for event in events:
        added = people.execute(
            "INSERT OR IGNORE INTO consent_events (event_id, subject, body) VALUES (?, ?, ?)",
            (event.event_id, event.subject, _encode(event)),
        )
        if not added.rowcount:
            continue
        raised = people.execute("UPDATE subjects SET epoch = epoch + 1 WHERE subject = ?", (event.subject,))
        if not raised.rowcount:
            raise ConsentRefused("This person is not known here (any more): nothing was recorded.")
        people.execute("INSERT INTO changes (subject) VALUES (?)", (event.subject,))
        new += 1
    return new
