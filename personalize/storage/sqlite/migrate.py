"""Bring a database to the newest schema: numbered SQL files, `user_version`, one transaction each."""

import re
import sqlite3
from collections.abc import Iterator
from importlib import resources

from personalize.errors import StoreNewer


def migrate(connection: sqlite3.Connection, schema: str) -> None:
    """Apply the migrations of a schema that this database has not seen; each wholly or not at all.

    Two processes may do this at once: the version is read again inside the write lock.
    """
    scripts = migrations(schema)
    if _version(connection) == len(scripts):
        return
    for number, script in enumerate(scripts, start=1):
        connection.execute("BEGIN IMMEDIATE")
        try:
            _apply(connection, number, script)
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
    if _version(connection) > len(scripts):
        raise StoreNewer(f"{schema}.sqlite was written by a newer version of personalize: install that version again.")


def migrations(schema: str) -> list[str]:
    """Return the SQL texts of a schema in the order of their numbers."""
    folder = resources.files(__package__)
    names = sorted(item.name for item in folder.iterdir() if re.fullmatch(rf"{schema}_\d{{3}}\.sql", item.name))
    return [folder.joinpath(name).read_text("utf-8") for name in names]


def _apply(connection: sqlite3.Connection, number: int, script: str) -> None:
    if _version(connection) >= number:
        return
    for statement in _statements(script):
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {number}")


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _statements(script: str) -> Iterator[str]:
    """Cut a script into statements; `executescript` would commit our transaction first."""
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""
