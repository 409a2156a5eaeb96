"""A small store and journal, and ways to damage them, each told apart into what touches an entry and what does not."""

import random
import sqlite3
import struct
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple
from zlib import crc32

from personalize.cookbook.frames import line
from personalize.errors import StoreError
from personalize.explain.verify import Verified, beyond_reading, verify
from personalize.storage.sqlite.index_batches import SqliteIndexBatches
from tests.kitchen import BODY, KEY, LINE, NOON, Kitchen

ROWS = """
SELECT entries.id, segments.reference, at, code, subject, recipes.digest, rest FROM entries
LEFT JOIN segments ON segments.number = entries.id >> 32 LEFT JOIN recipes ON recipes.number = entries.recipe
"""
BY_CODE = "SELECT id, code FROM entries INDEXED BY entries_by_code ORDER BY code, id"
BY_SUBJECT = "SELECT id, subject FROM entries INDEXED BY entries_by_subject ORDER BY subject, id"
BY_TIME = f"{ROWS} WHERE at BETWEEN first_at AND last_at"


class Sound(NamedTuple):
    """The files of an undamaged store by name, and what its index tells of entries."""

    files: dict[str, bytes]
    rows: list[tuple[Any, ...]]
    batches: list[tuple[int, int, int]]
    told: object


def lay_down(store: Path) -> Sound:
    """Write some 200 pages in several segments, index most of them, and leave a dead writer's journal."""
    kitchen = Kitchen(store)
    for part in range(6):
        for number in range(30):
            at = NOON + part * 10**9 + number * 10**6
            lines = [line(**LINE)] * (1 + number % 3)
            kitchen.page(lines, BODY, at=at, code=at % 2**35, subject=4711 + number % 2)
        kitchen.recorder.close()
        if part < 5:
            kitchen.indexer.drain()
    kitchen.database.close()
    files = {str(path.relative_to(store)): path.read_bytes() for path in store.rglob("*") if path.is_file()}
    with closing(sqlite3.connect(store / "cookbook.sqlite")) as database:
        rows = database.execute(f"{ROWS} ORDER BY entries.id").fetchall()
        batches = database.execute("SELECT number, first, last FROM batches").fetchall()
    return Sound(files, rows, batches, told(store))


def put_back(sound: Sound, store: Path) -> None:
    for path in [path for path in store.rglob("*") if path.is_file()]:
        path.unlink(missing_ok=True)
    for name, data in sound.files.items():
        (store / name).write_bytes(data)


def looked_through(store: Path) -> Verified:
    try:
        kitchen = Kitchen(store)
    except StoreError as error:
        return beyond_reading(error)
    try:
        keys = {4711: KEY, 4712: KEY}
        return verify(store, kitchen.index, SqliteIndexBatches(kitchen.database), kitchen.digests, keys.get)
    finally:
        kitchen.close()


def told(store: Path) -> object:
    """Return what look-ups find, by the file's own indices; damage that they stumble over is an answer too."""
    try:
        with closing(sqlite3.connect(store / "cookbook.sqlite")) as database:
            queries = (f"{ROWS} ORDER BY entries.id", BY_CODE, BY_SUBJECT, BY_TIME)
            return [database.execute(query).fetchall() for query in queries]
    except (sqlite3.Error, UnicodeDecodeError) as error:
        return str(error)


def flip(store: Path, chance: random.Random) -> None:
    """Flip a bit of the index's file."""
    file = store / "cookbook.sqlite"
    data = bytearray(file.read_bytes())
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    file.write_bytes(data)


def truncate(store: Path, chance: random.Random) -> None:
    """Cut the index's file anywhere."""
    file = store / "cookbook.sqlite"
    data = file.read_bytes()
    file.write_bytes(data[: chance.randrange(1, len(data))])


def by_hand(change: Callable[[sqlite3.Connection, random.Random], None]) -> Callable[[Path, random.Random], None]:
    """Return a change that somebody makes who knows SQL, and puts checksums right again."""

    def damage(store: Path, chance: random.Random) -> None:
        with closing(sqlite3.connect(store / "cookbook.sqlite")) as database, database:
            change(database, chance)

    damage.__name__ = change.__name__
    return damage


def _some(database: sqlite3.Connection, chance: random.Random, count: int = 1) -> list[int]:
    return chance.sample([row[0] for row in database.execute("SELECT id FROM entries")], count)


def delete(database: sqlite3.Connection, chance: random.Random) -> None:
    for row in _some(database, chance, chance.choice((1, 1, 2, 20))):
        database.execute("DELETE FROM entries WHERE id = ?", (row,))


def delete_batch(database: sqlite3.Connection, chance: random.Random) -> None:
    """Delete a batch with all its pages, be it the newest."""
    number, first, last = chance.choice(database.execute("SELECT number, first, last FROM batches").fetchall())
    database.execute("DELETE FROM entries WHERE id BETWEEN ? AND ?", (first, last))
    database.execute("DELETE FROM batches WHERE number = ?", (number,))


def cut_off(database: sqlite3.Connection, chance: random.Random) -> None:
    """Delete the newest batches and what is known of their segments."""
    (number,) = database.execute("SELECT max(number) FROM batches").fetchone()
    (first,) = database.execute(
        "SELECT first FROM batches WHERE number = ?", (number - chance.randrange(2),)
    ).fetchone()
    database.execute("DELETE FROM batches WHERE first >= ?", (first,))
    database.execute("DELETE FROM entries WHERE id >= ?", (first,))
    database.execute("DELETE FROM segments WHERE number >= ?", (first >> 32,))


def swap(database: sqlite3.Connection, chance: random.Random) -> None:
    """Exchange two pages, or one column of theirs."""
    one, other = _some(database, chance, 2)
    column = chance.choice(("rest", "at", "code", "id"))
    if column == "id":
        for old, new in ((one, -1), (other, one), (-1, other)):
            database.execute("UPDATE entries SET id = ? WHERE id = ?", (new, old))
        return
    values = [
        database.execute(f"SELECT {column} FROM entries WHERE id = ?", (row,)).fetchone()[0] for row in (one, other)
    ]
    for row, value in zip((other, one), values, strict=True):
        database.execute(f"UPDATE entries SET {column} = ? WHERE id = ?", (value, row))


def edit(database: sqlite3.Connection, chance: random.Random) -> None:
    """Change a page, and put its checksum right."""
    (row,) = _some(database, chance)
    _, reference, at, code, subject, recipe, rest = database.execute(f"{ROWS} WHERE entries.id = ?", (row,)).fetchone()
    what = chance.choice(("at", "code", "subject", "rest"))
    at, code, subject = at + (what == "at"), code + (what == "code"), subject + (what == "subject")
    if what == "rest":
        place = chance.randrange(7, len(rest) - 4)
        rest = rest[:place] + bytes([rest[place] ^ 1 + chance.randrange(255)]) + rest[place + 1 :]
    clear = struct.pack(">IIQQq32s", 64 + len(rest), row & 0xFFFFFFFF, at, code, subject, recipe) + rest[:-4]
    rest = rest[:-4] + crc32(clear, crc32(reference)).to_bytes(4, "big")
    values = (at, code, subject, rest, row)
    database.execute("UPDATE entries SET at = ?, code = ?, subject = ?, rest = ? WHERE id = ?", values)


def add(database: sqlite3.Connection, chance: random.Random) -> None:
    """Add a page behind another one, or in a segment that never was."""
    (row,) = _some(database, chance)
    new = chance.choice((row + 1_000, 99 << 32))
    database.execute(f"INSERT INTO entries SELECT {new}, at, code, subject, recipe, rest FROM entries WHERE id = {row}")


IN_THE_INDEX = (flip, truncate, *map(by_hand, (delete, delete_batch, cut_off, swap, edit, add)))


def journal_of(sound: Sound) -> tuple[str, bytes]:
    return next((name, data) for name, data in sound.files.items() if name.startswith("journal/"))


def frames_in(data: bytes) -> list[bytes]:
    """Return the frames of an undamaged segment."""
    frames = []
    while data:
        length = int.from_bytes(data[:4], "big")
        frames.append(data[:length])
        data = data[length:]
    return frames


def in_the_journal(data: bytes, chance: random.Random) -> tuple[bytes, int]:
    """Return a segment damaged in one way, and the place of the first page that is touched."""
    frames = frames_in(data)
    pages = frames[:-1]  # the last one says that nothing more comes
    place, other = sorted(chance.sample(range(len(pages)), 2))
    way = chance.choice(("flip", "cut", "cut between", "delete", "swap", "twice"))
    if way == "flip":
        damaged, start = bytearray(data), sum(map(len, frames[:place]))
        damaged[start + chance.randrange(len(frames[place]))] ^= 1 << chance.randrange(8)
        return bytes(damaged), place
    if way == "cut":
        start = sum(map(len, frames[:place]))
        return data[: start + chance.randrange(1, len(frames[place]))], place
    if way == "cut between":
        return b"".join(frames[: place + 1]), place + 1
    if way == "delete":
        return b"".join(frames[:place] + frames[place + chance.randrange(1, 5) :]), place
    if way == "twice":
        return b"".join([*frames[: other + 1], frames[place], *frames[other + 1 :]]), other + 1
    frames[place], frames[other] = frames[other], frames[place]
    return b"".join(frames), place
