"""What people do not want used, and what they say is wrong, in people.sqlite.

A person's restrictions are one more row of their profile: whoever reads the profile reads them with it. Those that
ended stay in it, so that what was decided then can be explained, and so that the erasure list, which names them for
ever, does not bring them back.
"""

from collections.abc import Iterator, Sequence
from sqlite3 import Connection

from msgspec import Struct

from personalize.errors import NotFound, ValueRefused
from personalize.profile.delivered import Ended, Restriction, encode_restrictions, restrictions_in
from personalize.storage.sqlite.connect import Database

HELD = "SELECT body FROM profiles WHERE subject = ? AND source = ?"
ROW = " (restricted)"
"""Stands where a source's name stands in other rows of a profile; no source can be called so."""
MOST_ENDED = 20
"""Restrictions of one attribute of a person that are kept after their end, the latest."""
COLUMNS = "number, subject, attribute, asked_at, sealed, settled_at, outcome"


class CorrectionRow(Struct, frozen=True):
    """One request for a correction; times are µs, `sealed` opens under the person's own key."""

    number: int
    subject: int
    attribute: str
    asked_at: int
    sealed: bytes
    settled_at: int | None
    outcome: str


class SqliteRestrictions:
    """Keeps restrictions by person and attribute, and requests for corrections."""

    def __init__(self, people: Database) -> None:
        self._people = people

    def of(self, subject: int) -> dict[str, Restriction]:
        """Return what may not be used of a person, by attribute."""
        return self._row(subject)[0]

    def ended(self, subject: int) -> list[Ended]:
        """Return what might not be used of a person once, of each attribute in the order in which it ended."""
        return self._row(subject)[1]

    def at(self, subject: int, when: int) -> dict[str, bool]:
        """Return what was restricted of a person at some time (µs), and whether it was a value in dispute."""
        held, ended = self._row(subject)
        then = {each.attribute: each.disputed for each in ended if each.since <= when < each.until}
        return then | {name: value is not None for name, (since, value) in held.items() if since <= when}

    def put(self, subject: int, attribute: str, restriction: Restriction) -> None:
        """Restrict an attribute of a person. Raises ValueRefused for nobody."""
        with self._people.write() as people:
            _put(people, subject, attribute, restriction, restriction[0])

    def lift(self, subject: int, attribute: str, now: int) -> None:
        """Let an attribute of a person be used again. Raises ValueRefused for nobody."""
        with self._people.write() as people:
            _put(people, subject, attribute, None, now)

    def every(self) -> Iterator[tuple[int, str, Restriction, bytes]]:
        """Yield subject, attribute and restriction of everybody, and the sealed request behind it, if there is one."""
        for subject, body in self._people.all("SELECT subject, body FROM profiles WHERE source = ?", (ROW,)):
            asked = {(row.attribute, row.asked_at): row.sealed for row in self.corrections_of(subject)}
            for attribute, restriction in restrictions_in(body)[0].items():
                yield subject, attribute, restriction, asked.get((attribute, restriction[0]), b"")

    def put_back(self, subject: int, attribute: str, restriction: Restriction, sealed: bytes) -> bool:
        """Restrict an attribute as it was at some time, with its request; say whether that was not known here.

        One that is known here to have ended stays ended.
        """
        with self._people.write() as people:
            held, ended = _held(people, subject)
            known = [each.since for each in ended if each.attribute == attribute]
            if attribute in held:
                known.append(held[attribute][0])
            if _is_asked(people, subject, attribute, restriction[0]) or any(at >= restriction[0] for at in known):
                return False
            _put(people, subject, attribute, restriction, restriction[0])
            if sealed:
                _ask(people, subject, attribute, restriction[0], sealed)
        return True

    def refuse_second(self, subject: int, attribute: str) -> None:
        """Raise ValueRefused where a request about an attribute of a person is open."""
        row = self._people.one(
            "SELECT number FROM corrections WHERE subject = ? AND attribute = ? AND settled_at IS NULL",
            (subject, attribute),
        )
        if row is not None:
            raise ValueRefused(
                f"Request {row[0]} about {attribute} is still open: nothing was changed. "
                f"`personalize correct {row[0]}` shows it. Settle it with --outcome corrected or --outcome kept, and "
                "then make the new one."
            )

    def ask(self, subject: int, attribute: str, restriction: Restriction, sealed: bytes, now: int) -> int:
        """Keep a request for a correction, restrict the attribute until then, and return the request's number.

        An open request about the same attribute is replaced; an attribute that is not to be used at all stays so.
        """
        with self._people.write() as people:
            _put(people, subject, attribute, restriction, now)
            return _ask(people, subject, attribute, now, sealed)

    def settle(self, number: int, outcome: str, now: int, *, lift: bool) -> CorrectionRow:
        """Close an open request, and with `lift` end the dispute that it began. Raises NotFound."""
        found = self.correction(number)
        if found.settled_at is not None:
            raise NotFound(f"Request {number} was settled before: {found.outcome}.")
        with self._people.write() as people:
            people.execute(
                "UPDATE corrections SET settled_at = ?, outcome = ? WHERE number = ?", (now, outcome, number)
            )
            if lift:
                _end_dispute(people, found, now)
        return found

    def correction(self, number: int) -> CorrectionRow:
        """Return one request. Raises NotFound."""
        row = self._people.one(f"SELECT {COLUMNS} FROM corrections WHERE number = ?", (number,))  # noqa: S608  # names are ours
        if row is None:
            raise NotFound(f"There is no request {number}: `personalize correct` lists those that are open.")
        return _row(row)

    def waiting(self, limit: int = 1_000) -> list[CorrectionRow]:
        """Return the open requests, oldest first."""
        query = f"SELECT {COLUMNS} FROM corrections WHERE settled_at IS NULL ORDER BY number LIMIT ?"  # noqa: S608  # names are ours
        return [_row(row) for row in self._people.all(query, (limit,))]

    def waiting_since(self) -> tuple[int, int | None]:
        """Return how many requests are open, and when (µs) the oldest of them was made."""
        row = self._people.one("SELECT count(*), min(asked_at) FROM corrections WHERE settled_at IS NULL")
        return row or (0, None)

    def corrections_of(self, subject: int) -> list[CorrectionRow]:
        """Return a person's requests, oldest first."""
        query = f"SELECT {COLUMNS} FROM corrections WHERE subject = ? ORDER BY number"  # noqa: S608  # names are ours
        return [_row(row) for row in self._people.all(query, (subject,))]

    def _row(self, subject: int) -> tuple[dict[str, Restriction], list[Ended]]:
        row = self._people.one(HELD, (subject, ROW))
        return restrictions_in(row[0]) if row else ({}, [])


def _put(people: Connection, subject: int, attribute: str, restriction: Restriction | None, now: int) -> None:
    if people.execute("SELECT 1 FROM subjects WHERE subject = ?", (subject,)).fetchone() is None:
        raise ValueRefused("This person is not known here (any more): nothing was kept.")
    held, ended = _held(people, subject)
    if attribute in held:
        if restriction is not None and _is_weaker(restriction, held[attribute]):
            return
        since, value = held.pop(attribute)
        ended = _with(ended, Ended(attribute, since, max(since, now), value is not None))
    if restriction is not None:
        held[attribute] = restriction
    if held or ended:
        body = encode_restrictions(held, ended)
        people.execute("INSERT OR REPLACE INTO profiles VALUES (?, ?, 0, ?)", (subject, ROW, body))
    people.execute("INSERT INTO changes (subject) VALUES (?)", (subject,))


def _is_weaker(new: Restriction, held: Restriction) -> bool:
    """Say whether a restriction is of one value only, where another is of any."""
    return new[1] is not None and held[1] is None


def _end_dispute(people: Connection, request: CorrectionRow, now: int) -> None:
    """Let a value be used again that is not used for this request alone."""
    since, disputed = _held(people, request.subject)[0].get(request.attribute, (0, None))
    if disputed is not None and since == request.asked_at:
        _put(people, request.subject, request.attribute, None, now)


def _with(ended: Sequence[Ended], new: Ended) -> list[Ended]:
    others = [each for each in ended if each.attribute != new.attribute]
    alike = [each for each in ended if each.attribute == new.attribute]
    return [*others, *alike[1 - MOST_ENDED :], new]


def _held(people: Connection, subject: int) -> tuple[dict[str, Restriction], list[Ended]]:
    row = people.execute(HELD, (subject, ROW)).fetchone()
    return restrictions_in(row[0]) if row else ({}, [])


def _ask(people: Connection, subject: int, attribute: str, at: int, sealed: bytes) -> int:
    people.execute(
        "DELETE FROM corrections WHERE subject = ? AND attribute = ? AND settled_at IS NULL", (subject, attribute)
    )
    row = people.execute(
        "INSERT INTO corrections (subject, attribute, asked_at, sealed) VALUES (?, ?, ?, ?) RETURNING number",
        (subject, attribute, at, sealed),
    ).fetchone()
    return int(row[0])


def _is_asked(people: Connection, subject: int, attribute: str, at: int) -> bool:
    query = "SELECT 1 FROM corrections WHERE subject = ? AND attribute = ? AND asked_at = ?"
    return people.execute(query, (subject, attribute, at)).fetchone() is not None


def _row(row: tuple[int, int, str, int, bytes, int | None, str]) -> CorrectionRow:
    return CorrectionRow(*row)
