"""Receipts: for every choice of a person what it was to, which text they read, how, when, and how it ended.

The fields follow ISO/IEC TS 27560 and the W3C's Data Privacy Vocabulary.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from personalize.consent.gate import AGREEING, LIFTED, NOES, OBJECTED, ends, fold, moment, why_not
from personalize.model.consent import Action, Basis, ConsentEvent, Notice, Purpose

_DIGITS = re.compile("[0-9A-Fa-f]{32}")
GONE = Purpose(name="", basis=Basis.consent, valid=1 << 40)
"""Stands for a purpose that the settings no longer have: it ends no consent."""

_BETWEEN = str.maketrans("", "", " \t-\u2010\u2011\u2013")
After = tuple[ConsentEvent | None, ConsentEvent | None]
"""What follows an event: the next yes or lasting no to the same purpose, and the next that lifts an objection to it."""


class Receipt(Struct, frozen=True, kw_only=True):
    """The proof of one choice. Times are µs since 1970 UTC, None where there is none.

    `text` is exactly what was shown, where a version with the recorded hash is still in the settings.
    `ended_by` is empty while it is in force, else `withdrawn`, `objected`, `refused`, `expired`,
    `replaced` (by a newer consent), `outdated` (the text changed in substance), `unconfirmed`,
    `ahead` (of the clock, so that it is yet to begin) or `objection_lifted`. `weak` says that it was
    taken elsewhere and lacks the text or how it was given: then it is not for proof towards others.
    `withdraw_path` is where it is ended, below the site's own pages.
    """

    receipt: str
    subject: str
    purpose: str
    dpv: str
    basis: Basis
    recipients: tuple[str, ...]
    site: str
    action: Action
    method: str
    actor: str
    assurance: str
    occurred_at: int
    recorded_at: int
    valid_until: int | None
    notice: str
    notice_lang: str
    notice_sha256: str
    text: str
    evidence: dict[str, str]
    source: str
    batch: int
    weak: bool
    requested_at: int | None
    ended_at: int | None
    ended_by: str
    supersedes: str
    withdraw_path: str = "/me"
    schema: int = 1


def receipt_number(text: str) -> bytes | None:
    """Return the number of a receipt as somebody types it, in one piece or in groups; None for what can be none."""
    digits = text.translate(_BETWEEN)
    return bytes.fromhex(digits) if _DIGITS.fullmatch(digits) else None


def show_receipt(event_id: bytes) -> str:
    """Return the number of a receipt in groups that can be read aloud."""
    return event_id.hex(" ", 2)


def receipts_of(
    events: Iterable[ConsentEvent], purposes: Mapping[str, Purpose], notices: Mapping[str, Notice], now: int
) -> list[Receipt]:
    """Return a receipt for every choice, oldest first. A wish that was confirmed stands with its confirmation."""
    told: list[Receipt] = []
    by_purpose: dict[str, list[ConsentEvent]] = {}
    for event in sorted(events, key=moment):
        by_purpose.setdefault(event.purpose, []).append(event)
    for name, said in by_purpose.items():
        purpose = purposes.get(name, GONE)
        asked: dict[str, int] = {}
        before = ""
        for event, after in zip(said, _what_follows(said, fold(said)[1].get(name)), strict=True):
            request = event.evidence.get("request", "")
            if event.action is not Action.requested:
                told.append(_receipt(event, before, asked.get(request), after, purpose, notices, now))
                before = event.event_id.hex()
            if request:
                asked.setdefault(request, event.occurred_at)
    return sorted(told, key=lambda receipt: receipt.occurred_at)


def _what_follows(said: Sequence[ConsentEvent], standing: ConsentEvent | None) -> list[After]:
    """Return for each event the next yes or lasting no, and the next that lifts an objection.

    An objection that is `standing` answers what was agreed to after it as well: it is stronger than any consent.
    """
    found: list[After] = []
    answer, lifted = standing, None
    for event in reversed(said):
        found.append((answer, lifted))
        if event.action is LIFTED:
            lifted = event
        elif event.action in AGREEING or (event.action in NOES and not (event.action is OBJECTED and lifted)):
            answer = event  # what was agreed to before an objection counts again once that is taken back
    return found[::-1]


def _receipt(
    event: ConsentEvent,
    before: str,
    asked: int | None,
    after: After,
    purpose: Purpose,
    notices: Mapping[str, Notice],
    now: int,
) -> Receipt:
    ended_at, ended_by = _end(event, after, purpose, now)
    return Receipt(
        receipt=event.event_id.hex(),
        subject=str(event.subject),
        purpose=event.purpose,
        dpv=purpose.dpv,
        basis=event.basis,
        recipients=purpose.recipients,
        site=event.site,
        action=event.action,
        method=event.method,
        actor=event.actor,
        assurance=event.assurance.name,
        occurred_at=event.occurred_at,
        recorded_at=event.recorded_at,
        valid_until=event.valid_until,
        notice=event.notice,
        notice_lang=event.notice_lang,
        notice_sha256=event.notice_sha256,
        text=text_of(event, notices),
        evidence=event.evidence,
        source=event.source,
        batch=event.batch,
        weak=is_weak(event),
        requested_at=asked,
        ended_at=ended_at,
        ended_by=ended_by,
        supersedes=before,
    )


def is_weak(event: ConsentEvent) -> bool:
    """Say whether a consent was taken elsewhere and its import does not prove the text, or how it was given."""
    return event.batch != 0 and event.action in AGREEING and not (event.notice_sha256 and event.evidence.get("means"))


def text_of(event: ConsentEvent, notices: Mapping[str, Notice]) -> str:
    """Return the very text of the recorded hash; empty where it is not kept, never another one."""
    notice = notices.get(event.notice.partition("@")[0])
    version = notice.reading(event.notice_lang, event.notice_sha256) if notice else None
    return version.texts[event.notice_lang] if version else ""


def _end(event: ConsentEvent, after: After, purpose: Purpose, now: int) -> tuple[int | None, str]:
    """Return when and how a consent or an objection ended; other events are an end themselves."""
    answer, lifted = after
    if event.action is OBJECTED:
        return (lifted.occurred_at, lifted.action) if lifted else (None, "")
    if event.action not in AGREEING:
        return None, ""
    if answer is not None:
        ended = max(answer.occurred_at, event.occurred_at)
        return ended, answer.action if answer.action in NOES else "replaced"
    because = why_not(purpose, event, now)
    return (ends(purpose, event) if because == "expired" else None), because
