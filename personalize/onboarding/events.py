"""Rows about objections and consents into consent events."""

import hashlib
from collections.abc import Iterator

import msgspec

from personalize.model.consent import Action, ConsentEvent
from personalize.model.people import Assurance
from personalize.onboarding.cells import BadCell
from personalize.onboarding.mapping import Cells, Report
from personalize.settings.tables import Settings, Source
from personalize.storage.sqlite.staging import Staging

UNKNOWN = "nobody is known under this identifier: import the customers first, then this file again"
CLAIMED = "two people claim this identifier: neither can be said to have consented"
Body = tuple[list[str], int]

_decode = msgspec.msgpack.Decoder(Body).decode
_encode = msgspec.msgpack.Encoder().encode


class EventMapping:
    """Reads which purposes a row is about and when it was said; body: msgpack `[[purpose, ...], moment]`."""

    def __init__(self, source: Source, settings: Settings, columns: tuple[str, ...]) -> None:
        self.source, self.settings = source, settings
        self._place = columns.index(source.purpose_column) if source.purpose_column else None
        self._always = _encode(list(source.purposes))
        self.action = Action.objected if source.kind == "objections" else Action.given
        notice = settings.notices.get(source.notice)
        self._notice = f"{notice.name}@{notice.version}" if notice else ""

    def body(self, line: int, cells: Cells, observed: bytes, report: Report) -> bytes:
        """Return the body of a row; raises BadCell for a purpose that is not in the settings."""
        if self._place is None:
            return b"\x92" + self._always + observed
        name = cells[self._place].strip()
        if name not in self.settings.purposes:
            raise BadCell(f"'{name[:60]}' is not a purpose")
        return b"\x92" + _encode([name]) + observed

    def trouble(self, subjects: list[int]) -> str:
        """Return why nothing follows from a row; an objection holds for all who share the identifier."""
        if not subjects:
            return UNKNOWN
        return CLAIMED if len(subjects) > 1 and self.action is Action.given else ""

    def event(
        self, purpose: str, at: int, subject: int, digest: bytes, batch: int, now: int, file: str
    ) -> ConsentEvent:
        """Return one event; the same statement in the same or another file has the same id."""
        definition = self.settings.purposes[purpose]
        said = f"{at}" if self.source.time_column else file
        seed = f"{self.source.name}\0{self.action}\0{purpose}\0{subject}\0{said}\0".encode() + digest
        return ConsentEvent(
            event_id=_event_id(at if self.source.time_column else 0, seed),
            subject=subject,
            purpose=purpose,
            action=self.action,
            basis=definition.basis,
            method="import",
            actor="import",
            assurance=Assurance.none,
            occurred_at=at,
            recorded_at=now,
            valid_until=at + definition.valid * 1_000_000 if self.action is Action.given else None,
            notice=self._notice,
            site=self.settings.site.url,
            source=self.source.name,
            batch=batch,
        )


def claimed_events(staging: Staging, mapping: EventMapping, file: str, batch: int, now: int) -> Iterator[ConsentEvent]:
    """Yield the events that follow from the staged rows."""
    for _, digest, body, subjects in staging.claimants():
        if mapping.trouble(subjects):
            continue
        purposes, at = _decode(body)
        for subject in subjects:
            for purpose in purposes:
                yield mapping.event(purpose, at, subject, digest, batch, now, file)


def _event_id(at: int, seed: bytes) -> bytes:
    """Return 16 bytes of the shape of a UUIDv7: milliseconds, then a hash in the place of chance."""
    chance = int.from_bytes(hashlib.sha256(seed).digest()[:10], "big")
    high = (at // 1000 & (1 << 48) - 1) << 16 | 0x7000 | chance >> 68
    low = 0b10 << 62 | chance & (1 << 62) - 1
    return (high << 64 | low).to_bytes(16, "big")
