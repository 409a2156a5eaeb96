"""Whom a row with an unknown key is about where somebody was known before by their mail address or number alone.

It makes the order of files and sign-ups not matter: the outcome is as if this file had come first.
"""

import sqlite3
from collections.abc import Collection, Sequence

from msgspec import Struct

from personalize.storage.sqlite.whose import DIGEST

MOST_LINES = 10
CANDIDATES = "CREATE TEMP TABLE adopted (line INTEGER, subject INTEGER, digest BLOB)"
NAMED = """
    INSERT INTO adopted SELECT s.line, i.subject, i.digest
    FROM staged s CROSS JOIN main.identifiers i ON i.digest = substr(s.ids, ?, 16) WHERE s.known = 0
"""
KNOWN_TOO = """
    DELETE FROM adopted WHERE digest IN (
        SELECT substr(ids, ?1, 16) FROM staged
        WHERE known = 1 AND substr(ids, ?1, 16) IN (SELECT digest FROM adopted))
"""
TWO_PEOPLE = """
    DELETE FROM adopted WHERE line IN (
        SELECT line FROM adopted GROUP BY line HAVING min(subject) < max(subject))
"""
TWO_ROWS = """
    DELETE FROM adopted WHERE subject IN (
        SELECT subject FROM adopted GROUP BY subject HAVING min(line) < max(line))
"""
HAS_A_KEY = """
    DELETE FROM adopted WHERE EXISTS (
        SELECT 1 FROM main.identifiers i WHERE i.subject = adopted.subject AND i.kind = ?)
"""
ADOPT = "UPDATE staged SET known = 1, subject = a.subject FROM temp.adopted a WHERE a.line = staged.line"


class Adopted(Struct, frozen=True):
    """How many people an import knows by their key from now on who were known another way; the first lines of it."""

    count: int = 0
    lines: tuple[int, ...] = ()


def adopt(db: sqlite3.Connection, kinds: Sequence[str], proved: Collection[str]) -> Adopted:
    """Give rows of `staged` whose key is unknown the one subject that their other identifiers name.

    That subject must have no identifier of the key's kind, or they would be two people, and no other row
    of the file may share the identifier, of a kind that the source has `proved`. `kinds` are those of the digests
    in `ids`, the key's first.
    """
    db.execute("DROP TABLE IF EXISTS temp.adopted")
    db.execute(CANDIDATES)
    places = [DIGEST * at + 1 for at, kind in enumerate(kinds) if at and kind in proved]
    if not sum(db.execute(NAMED, (place,)).rowcount for place in places):
        return Adopted()
    db.execute(TWO_PEOPLE)
    db.execute(TWO_ROWS)
    db.executemany(KNOWN_TOO, [(place,) for place in places])
    db.execute(HAS_A_KEY, kinds[:1])
    count = db.execute(ADOPT).rowcount
    lines = db.execute("SELECT DISTINCT line FROM adopted ORDER BY line LIMIT ?", (MOST_LINES,))
    return Adopted(count, tuple(line for (line,) in lines))
