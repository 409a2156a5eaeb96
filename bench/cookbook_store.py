"""A cookbook of many entries: pages as a site decides them, over a whole month, put into its journal and indexed."""

import os
import random
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

from bench.site import build, login_of, seed, write_csv
from bench.workload import SLOTS, Complaints, Person, people
from personalize.cookbook.frames import CRC, END, PREFIX, TAG, frame_of, note_of, page_of, seed_of
from personalize.cookbook.journal import path_of
from personalize.cookbook.seal import Cipher, cipher_of, unseal
from personalize.house import House
from personalize.model.moments import DAY, SECOND
from personalize.onboarding.importing import import_file
from personalize.personalizer import Personalizer
from personalize.ports import PageRow
from personalize.recognition.recognise import Credentials

DAYS = 30
PAGES_IN_SEGMENT = 5_000
HEARD = 0.25
"""Seconds within which a process hears of what another part of it wrote."""
TOGETHER = 8
"""Segments indexed in one go."""
PLANTED = ("Quirinus-of-the-bench", "Plantedville-by-the-Bench")
"""What only the first person is called and where only they live."""
ENTRIES_OF_PAGE = 4
"""On average."""
SPREAD = 2.0
"""Pages go to few people mostly: the share of a person falls with the root of their place."""


class Hands:
    """A clock that is set."""

    def __init__(self, at: int) -> None:
        self.at = at

    def now(self) -> int:
        """Return the time that was set."""
        return self.at


class Pattern(NamedTuple):
    """A page of one person as it was decided: its clear part after the columns, its body, and how to seal one."""

    subject: int
    recipe: bytes
    rest: bytes
    entries: int
    body: bytes
    cipher: Cipher


class Built(NamedTuple):
    """A store that was built: the site over it, its clock, what was written, and a sample to look up."""

    personalizer: Personalizer
    clock: Hands
    entries: int
    pages: int
    codes: list[int]
    subjects: list[int]
    planted: Person
    seconds: float


def built(folder: Path, entries: int) -> Built:
    """Build a site with so many entries (and few more), opened, with the clock at the end of its month."""
    clock = Hands(time.time_ns() // 1000 - DAYS * DAY)
    build(folder).close()
    personalizer = Personalizer.from_toml(folder / "personalize.toml", plugins=[Complaints()], clock=clock)
    house, dice = personalizer.open(), random.Random(1)
    persons = _persons(max(100, min(entries // 250, 40_000)))
    begun, started = clock.at, time.monotonic()
    seed(house, persons)
    clock.at = begun + 1
    early = _patterns(house, persons, clock, dice)
    clock.at = begun + DAYS * DAY // 2
    _import_again(house, persons)
    late = _patterns(house, persons, clock, dice)
    codes: list[int] = []
    written = pages = 0
    step = DAYS * DAY * ENTRIES_OF_PAGE // entries
    while written < entries:
        share = written / entries
        patterns = early if share < 0.5 else late
        at = begun + 2 + int(share * DAYS * DAY)
        reference, data, made = _segment(patterns, at, step, dice, codes)
        path_of(house.store.folder / "journal", reference).write_bytes(data)
        written, pages = written + made, pages + PAGES_IN_SEGMENT
        if written >= entries or pages % (PAGES_IN_SEGMENT * TOGETHER) == 0:
            house.indexer.drain()
            _say(written, entries)
    clock.at = begun + DAYS * DAY + 60 * SECOND
    subjects = [_one_of(late, dice).subject for _ in range(len(codes))]
    return Built(personalizer, clock, written, pages, codes, subjects, persons[0], time.monotonic() - started)


def _persons(count: int) -> list[Person]:
    persons = people(1, count, date.today())  # noqa: DTZ011  # the machine's own day; no rule turns near it
    name, city = PLANTED
    planted = persons[0]._replace(values={**persons[0].values, "first_name": name, "city": city}, consent=True)
    return [planted, *persons[1:]]


def _import_again(house: House, persons: list[Person]) -> None:
    """Let the CRM deliver everybody once more, half a month later."""
    path = house.settings.site.store / "again.csv"
    changed = [each._replace(values={**each.values, "visits": each.values.get("visits", 0) + 1}) for each in persons]
    write_csv(path, changed)
    import_file(path, "crm", house.settings, house.store, house.ring, house.clock, noes=house.rights.noes)
    path.unlink()
    time.sleep(2 * HEARD)


def _patterns(house: House, persons: list[Person], clock: Hands, dice: random.Random) -> list[Pattern]:
    """Decide one page of a few slots for everybody, and take it from the index again."""
    for person in persons:
        clock.at += 1
        prepared = house.pipeline.prepare(Credentials(login=login_of(person)))
        house.pipeline.decide_all(prepared, tuple(dice.sample(SLOTS, dice.choice((3, 4, 5)))), code=1)
    house.recorder.close()
    house.indexer.drain()
    rows = [house.store.entries.by_subject(house.subject_of(login_of(person)), 1)[0] for person in persons]
    return [_pattern(row, house.store.profiles.key_of(row.subject) or b"") for row in rows]


def _pattern(row: PageRow, key: bytes) -> Pattern:
    frame = frame_of(row)
    if frame is None:
        raise ValueError("a page that was just written is damaged")
    page = page_of(frame)
    body = unseal(key, row.page_id, frame[page.body_at : -CRC.size], frame[: page.body_at])
    if body is None:
        raise ValueError("a page that was just sealed does not open")
    rest = frame[PREFIX.size : page.body_at]
    return Pattern(row.subject, row.recipe, rest, len(page.lines), body, cipher_of(key))


def _one_of(patterns: list[Pattern], dice: random.Random) -> Pattern:
    return patterns[int(dice.random() ** SPREAD * len(patterns))]


def _segment(
    patterns: list[Pattern], at: int, step: int, dice: random.Random, codes: list[int]
) -> tuple[bytes, bytes, int]:
    """Return a segment's reference and bytes, and how many entries are in it; one code in it goes to `codes`."""
    reference = os.urandom(8)
    frames, counter = [], 0
    for frame, entries in _frames(patterns, at, step, dice, reference, codes):
        frames.append(frame)
        counter += entries
    frames.append(note_of(END, counter, seed_of(reference)))
    return reference, b"".join(frames), counter


def _frames(
    patterns: list[Pattern], at: int, step: int, dice: random.Random, reference: bytes, codes: list[int]
) -> Iterator[tuple[bytes, int]]:
    seed, counter = seed_of(reference), 0
    for place in range(PAGES_IN_SEGMENT):
        each = _one_of(patterns, dice)
        code = dice.getrandbits(35)
        if place % 500 == 0:
            codes.append(code)
        length = PREFIX.size + len(each.rest) + len(each.body) + TAG + CRC.size
        header = PREFIX.pack(length, counter, at + place * step, code, each.subject, each.recipe) + each.rest
        nonce = reference + counter.to_bytes(4, "big")
        frame = header + each.cipher.encrypt(nonce, each.body, header)
        yield frame + crc32(frame, seed).to_bytes(4, "big"), each.entries
        counter += each.entries


def _say(done: int, total: int) -> None:
    print(f"\r{done:,} of {total:,} entries", end="" if done < total else "\n", file=sys.stderr, flush=True)
