"""Rows about objections and consents into consent events."""

import hashlib
from collections.abc import Iterator, Sequence

import msgspec
from msgspec import Struct

from personalize.consent.ledger import event_id
from personalize.model.consent import Action, ConsentEvent, Notice
from personalize.model.people import Assurance
from personalize.onboarding.cells import BadCell
from personalize.onboarding.mapping import Cells, Report
from personalize.settings.tables import Settings, Source
from personalize.settings.toml_file import listed
from personalize.storage.sqlite.staging import Staging

UNKNOWN = "nobody is known under this identifier: import the customers first, then this file again"
CLAIMED = "two people claim this identifier: neither can be said to have consented"
MOST_MEANS = 200

_encode = msgspec.msgpack.Encoder().encode


class Proof(Struct, frozen=True, array_like=True):
    """What a row says of how a consent was given: the text's version, language and hash, and the means."""

    notice: str = ""
    lang: str = ""
    sha256: str = ""
    means: str = ""


Body = tuple[list[str], int, Proof]
_decode = msgspec.msgpack.Decoder(Body).decode


class EventMapping:
    """Reads which purposes a row is about and when it was said; body: msgpack `[[purpose, ...], moment, proof]`."""

    def __init__(self, source: Source, settings: Settings, columns: tuple[str, ...]) -> None:
        self.source, self.settings = source, settings
        self._place = _place(columns, source.purpose_column)
        self._version, self._hash = _place(columns, source.version_column), _place(columns, source.hash_column)
        self._means = _place(columns, source.means_column)
        self._always = _encode(list(source.purposes))
        self.action = Action.objected if source.kind == "objections" else Action.given
        notice = settings.notices.get(source.notice)
        self._notice = f"{notice.name}@{notice.version}" if notice else ""

    def body(self, line: int, cells: Cells, observed: bytes, report: Report) -> bytes:
        """Return the body of a row; raises BadCell for a purpose or a text that is not in the settings."""
        if self._place is None:
            purposes, named = self._always, self.source.purposes
        else:
            name = cells[self._place].strip()
            if name not in self.settings.purposes:
                known = listed(self.settings.purposes)
                raise BadCell(f"column `{self.source.purpose_column}`: not a purpose, such as {known}", name)
            purposes, named = _encode([name]), (name,)
        return b"\x93" + purposes + observed + _encode(self._proof(cells, named))

    def _proof(self, cells: Cells, purposes: Sequence[str]) -> Proof:
        """Return what a row proves; a hash must be that of a text of the notice, or it proves another one."""
        means = self.source.means if self._means is None else cells[self._means].strip()[:MOST_MEANS]
        version = "" if self._version is None else cells[self._version].strip()
        digest = "" if self._hash is None else cells[self._hash].strip().lower()
        if not version and not digest:
            return Proof(notice=self._notice, means=means)
        for notice in self._versions(purposes):
            if version in ("", str(notice.version)):
                if not digest:
                    return Proof(notice=f"{notice.name}@{notice.version}", means=means)
                for lang, known in notice.digests.items():
                    if known == digest:
                        return Proof(notice=f"{notice.name}@{notice.version}", lang=lang, sha256=digest, means=means)
        said = f"{version} {digest}".strip()
        raise BadCell("no version of the consent text that the settings know has this number or hash", said)

    def _versions(self, purposes: Sequence[str]) -> Iterator[Notice]:
        """Yield the versions that rows about these purposes can be about; of several purposes, those of the source."""
        name = self.source.notice or (self.settings.purposes[purposes[0]].notice if len(purposes) == 1 else "")
        if name:
            notice = self.settings.notices[name]
            yield notice
            yield from notice.earlier

    def trouble(self, subjects: list[int]) -> str:
        """Return why nothing follows from a row; an objection holds for all who share the identifier."""
        if not subjects:
            return UNKNOWN
        return CLAIMED if len(subjects) > 1 and self.action is Action.given else ""

    def is_over(self, body: bytes, now: int) -> bool:
        """Say whether what was agreed to in a row, by its body, has run out already."""
        if self.action is not Action.given:
            return False
        purposes, at, _ = _decode(body)
        return any(self._until(purpose, at) <= now for purpose in purposes)

    def _until(self, purpose: str, at: int) -> int:
        return at + self.settings.purposes[purpose].valid * 1_000_000

    def event(
        self, purpose: str, at: int, subject: int, digest: bytes, batch: int, now: int, file: str, proof: Proof
    ) -> ConsentEvent:
        """Return one event; the same statement in the same or another file has the same id."""
        definition = self.settings.purposes[purpose]
        said = f"{at}" if self.source.time_column else file
        seed = f"{self.source.name}\0{self.action}\0{purpose}\0{subject}\0{said}\0".encode() + digest
        return ConsentEvent(
            event_id=event_id(at if self.source.time_column else 0, hashlib.sha256(seed).digest()[:10]),
            subject=subject,
            purpose=purpose,
            action=self.action,
            basis=definition.basis,
            method="import",
            actor="import",
            assurance=Assurance.none,
            occurred_at=at,
            recorded_at=now,
            valid_until=self._until(purpose, at) if self.action is Action.given else None,
            notice=proof.notice,
            notice_lang=proof.lang,
            notice_sha256=proof.sha256,
            site=self.settings.site.url,
            source=self.source.name,
            batch=batch,
            evidence={"means": proof.means} if proof.means else {},
        )


def claimed_events(staging: Staging, mapping: EventMapping, file: str, batch: int, now: int) -> Iterator[ConsentEvent]:
    """Yield the events that follow from the staged rows."""
    for _, digest, body, subjects in staging.claimants():
        if mapping.trouble(subjects):
            continue
        purposes, at, proof = _decode(body)
        for subject in subjects:
            for purpose in purposes:
                yield mapping.event(purpose, at, subject, digest, batch, now, file, proof)


def _place(columns: tuple[str, ...], name: str) -> int | None:
    return columns.index(name) if name else None
