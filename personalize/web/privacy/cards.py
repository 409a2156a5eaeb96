"""What the visitor's page says of each purpose: its state, its notice, and the one button that fits."""

from collections.abc import Iterable, Mapping
from zoneinfo import ZoneInfo

from msgspec import Struct

from personalize.consent.gate import AGREEING, ENDINGS, PurposeState, moment
from personalize.consent.receipts import show_receipt
from personalize.explain.dates import local
from personalize.explain.language import Language, marked
from personalize.model.consent import Action, ConsentEvent, Notice, Purpose
from personalize.model.spoken import write_day
from personalize.settings import Settings
from personalize.web.privacy.history import said
from personalize.web.shell.notices import language_of_notice, paragraphs_of, version_words

CHOICES: Mapping[str, tuple[str, str]] = {
    "given": ("withdraw", marked("Withdraw my permission")),
    "not_given": ("give", marked("I agree")),
    "objected": ("lift", marked("Take back my objection")),
    "in_force": ("object", marked("I object")),
}
"""By status: the action on offer, and its button. Stopping takes as many steps as starting (GDPR 7(3))."""

BY_MAIL = ("mail", marked("Agree by mail"))
"""Instead, for a consent that counts only once it was confirmed from the mailbox."""
NOT_AGREED = marked("Not allowed: you have not agreed")
NOT_ALLOWED: Mapping[str, str] = {
    "outdated": marked("Not allowed: the text has changed since you agreed"),
    "unconfirmed": marked("Not allowed yet: it has to be confirmed by mail"),
    "ahead": marked("Not allowed yet: your permission is dated later than now"),
    "expired": marked("Not allowed: your permission has ended by itself"),
}
"""By why a consent that was given does not count."""


class Card(Struct, frozen=True, kw_only=True):
    """One purpose on the page. `state` is empty where it may not be shown."""

    purpose: str
    title: str
    status: str
    state: str
    paragraphs: tuple[str, ...]
    version: str
    notice_lang: str
    digest: str
    action: str
    button: str


class Receipt(Struct, frozen=True, kw_only=True):
    """The proof of one choice: what was recorded, and the number under which."""

    sentence: str
    number: str


def card(
    purpose: Purpose,
    notice: Notice | None,
    state: PurposeState,
    lang: Language,
    zone: ZoneInfo,
    shown: bool,
    events: Iterable[ConsentEvent] = (),
) -> Card:
    """Return what the page says of one purpose; its state only where it may be `shown`.

    `events` are what the person said over time: with them it says when they withdrew.
    """
    by_mail = purpose.double_opt_in and state.status == "not_given"
    action, button = BY_MAIL if by_mail else CHOICES[state.status]
    spoken = language_of_notice(notice, lang) if notice else lang.name
    return Card(
        purpose=purpose.name,
        title=lang.title(purpose.titles, purpose.name),
        status=state.status if shown else "",
        state=_state(state, events, lang, zone) if shown else "",
        paragraphs=paragraphs_of(notice.texts[spoken]) if notice else (),
        version=version_words(notice.version, lang) if notice else "",
        notice_lang=spoken,
        digest=notice.digests.get(spoken, "") if notice else "",
        action=action,
        button=lang.say(button),
    )


def receipt(event: ConsentEvent, settings: Settings, lang: Language) -> Receipt:
    """Return the receipt of a choice."""
    return Receipt(sentence=said(settings, event, lang), number=show_receipt(event.event_id))


def _state(state: PurposeState, events: Iterable[ConsentEvent], lang: Language, zone: ZoneInfo) -> str:
    withdrawn = _withdrawn(state.purpose, events) if state.status == "not_given" and not state.because else None
    at = state.since if withdrawn is None else withdrawn
    day = "" if at is None else write_day(local(at, zone).date(), lang.name)
    match state.status:
        case "given":
            return lang.say("You agreed on {day}", day=day)
        case "objected":
            return lang.say("You objected on {day}", day=day)
        case "in_force":
            return lang.say("Allowed until you object")
        case "not_given" if withdrawn is not None:
            return lang.say("Not allowed: you withdrew it on {day}", day=day)
        case _:
            return lang.say(NOT_ALLOWED.get(state.because, NOT_AGREED))


def _withdrawn(purpose: str, events: Iterable[ConsentEvent]) -> int | None:
    """Return when a consent was withdrawn (µs), where that is the last that was said of it."""
    said = [each for each in events if each.purpose == purpose and each.action in AGREEING | ENDINGS]
    last = max(said, key=moment, default=None)
    return last.occurred_at if last is not None and last.action is Action.withdrawn else None
