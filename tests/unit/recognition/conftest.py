"""A ring, a site and a small store for everything about recognition."""

from collections.abc import Sequence

import pytest

from personalize.ports import Handle
from personalize.profile.identifiers import parse
from personalize.recognition.keys import KeyRing
from personalize.recognition.recognise import Recogniser

NOW = 1_800_000_000_000_000
SITE = "https://example.org"


class People:
    """People and handles in memory, counting every read."""

    def __init__(self) -> None:
        self.subjects: dict[bytes, int] = {}
        self.rows: dict[bytes, Handle] = {}
        self.reads = 0

    def subject_of(self, digest: bytes) -> int | None:
        self.reads += 1
        return self.subjects.get(digest)

    def add_handles(self, rows: Sequence[tuple[bytes, Handle]]) -> None:
        self.rows.update(rows)

    def handle(self, digest: bytes) -> Handle | None:
        self.reads += 1
        return self.rows.get(digest)


@pytest.fixture(scope="session")
def ring() -> KeyRing:
    return KeyRing.new(NOW)


@pytest.fixture
def people() -> People:
    return People()


@pytest.fixture
def recogniser(ring: KeyRing, people: People) -> Recogniser:
    return Recogniser(ring=ring, site=SITE, profiles=people, handles=people, parse=parse)
