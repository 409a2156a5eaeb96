"""What a person said over time: every consent, withdrawal and objection, its proof, and the very text it was about."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from personalize.consent.gate import moment
from personalize.consent.receipts import Receipt, receipts_of, show_receipt, text_of
from personalize.explain.dates import local, moment_words
from personalize.explain.language import Language, marked
from personalize.explain.phrases import sentence
from personalize.explain.values import within_sentence
from personalize.model.consent import Action, ConsentEvent
from personalize.settings import Settings
from personalize.web.privacy.words import SAID
from personalize.web.shell.notices import paragraphs_of, version_words

NO_LONGER: Mapping[str, str] = {
    "expired": SAID[Action.expired],
    "outdated": marked("It no longer counts: the text has changed since."),
    "unconfirmed": marked("It does not count yet: it was not confirmed by mail."),
    "ahead": marked("It does not count yet: it is dated later than now."),
}
"""By how a consent ended, where that is no event of its own."""
PAGES: Mapping[str, str] = {
    "page": marked("Your data, your choice"),
    "consent form": marked("What may we use your data for?"),
}
"""By the method of what was said on a page of ours: what that is called."""
HOW: Mapping[str, str] = {
    "consent banner": marked("It was said in the banner of this site."),
    "mail": marked("It was said on the page behind the link in our mail."),
    "unsubscribe": marked("It was said by the unsubscribe link in a mail of ours."),
    "desk": marked("Our staff wrote this down for you."),
    "oidc": marked("It was said when logging in."),
}
ACTS: Mapping[str, str] = {
    "box": marked("A box was ticked for it."),
    "choice": marked("It was chosen among several answers."),
    "spoken": marked("It was spoken."),
    "paper": marked("It stands on paper."),
}
"""By what was done to agree; that a button was pressed goes without saying."""


class Agreed(Struct, frozen=True, kw_only=True):
    """One event: its sentence, the number of its receipt, and the text it was about, in the language of then.

    `proof` are sentences on how it was said, how it ended by itself, and what shows that it was said. `paragraphs` are
    empty where no text belongs to it, or where it is not kept any more.
    """

    sentence: str
    number: str
    proof: tuple[str, ...] = ()
    version: str = ""
    lang: str = ""
    paragraphs: tuple[str, ...] = ()

    @property
    def read_out(self) -> str:
        """Return the number of the receipt in groups, as people read it out."""
        return show_receipt(bytes.fromhex(self.number))


def newest_first(events: Iterable[ConsentEvent]) -> list[ConsentEvent]:
    """Return what was said in the order in which it is told."""
    return sorted(events, key=lambda event: (moment(event), event.recorded_at), reverse=True)


def history(
    settings: Settings,
    events: Iterable[ConsentEvent],
    lang: Language,
    now: int,
    chosen: Sequence[ConsentEvent] | None = None,
) -> tuple[Agreed, ...]:
    """Return all that a person said, newest first, as it stands at a time (µs); of these `events` only the `chosen`."""
    ordered = newest_first(events)
    receipts = {each.receipt: each for each in receipts_of(ordered, settings.purposes, settings.notices, now)}
    told = ordered if chosen is None else chosen
    return tuple(_agreed(settings, event, receipts.get(event.event_id.hex()), lang) for event in told)


def said(settings: Settings, event: ConsentEvent, lang: Language) -> str:
    """Return one event as a sentence."""
    return _told(SAID[event.action], settings, event.purpose, event.occurred_at, lang)


def _told(said: str, settings: Settings, name: str, at: int, lang: Language) -> str:
    purpose = settings.purposes.get(name)
    title = lang.title(purpose.titles, purpose.name) if purpose else name
    moment = moment_words(local(at, settings.site.zone), lang)
    return sentence(lang.say(said, moment=moment, purpose=title))


def _proof(settings: Settings, receipt: Receipt, lang: Language) -> Iterator[str]:
    if not receipt.batch:
        yield _how(receipt.method, lang)
    if (act := receipt.evidence.get("act", "")) in ACTS:
        yield lang.say(ACTS[act])
    if receipt.ended_by in NO_LONGER:
        ended = receipt.ended_at or receipt.occurred_at
        yield _told(NO_LONGER[receipt.ended_by], settings, receipt.purpose, ended, lang)
    if receipt.batch:
        yield _imported(settings, receipt, lang)
    if "means" in receipt.evidence:
        yield lang.say("How it was said, as delivered: {means}.", means=lang.quote(receipt.evidence["means"]))
    if receipt.weak:
        yield lang.say("As proof this is weak: the text that was read, or how it was agreed to, was not delivered.")


def _how(method: str, lang: Language) -> str:
    """Return where and how something was said here; a site's own way by the name that the site gave it."""
    if method in PAGES:
        return lang.say("It was said on the page “{page}”.", page=lang.say(PAGES[method]))
    if method in HOW:
        return lang.say(HOW[method])
    return lang.say("How it was said: {how}.", how=lang.quote(within_sentence(method)))


def _imported(settings: Settings, receipt: Receipt, lang: Language) -> str:
    source, moment = settings.sources.get(receipt.source), local(receipt.recorded_at, settings.site.zone)
    told = lang.say(
        "From {source}, imported on {moment} (import {number}).",
        source=lang.title(source.titles, source.name) if source else receipt.source,
        moment=moment_words(moment, lang),
        number=receipt.batch,
    )
    return sentence(told)


def _agreed(settings: Settings, event: ConsentEvent, receipt: Receipt | None, lang: Language) -> Agreed:
    text = text_of(event, settings.notices)
    version = event.notice.partition("@")[2]
    return Agreed(
        sentence=said(settings, event, lang),
        number=event.event_id.hex(),
        proof=tuple(_proof(settings, receipt, lang)) if receipt else (),
        version=version_words(version, lang) if version else "",
        lang=event.notice_lang,
        paragraphs=paragraphs_of(text),
    )
