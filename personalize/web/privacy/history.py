"""What a person said over time: every consent, withdrawal and objection, with the very text it was about."""

from collections.abc import Iterable, Mapping
from zoneinfo import ZoneInfo

from msgspec import Struct

from personalize.explain.dates import local, moment_words
from personalize.explain.language import Language
from personalize.explain.phrases import sentence
from personalize.model.consent import ConsentEvent, Notice
from personalize.settings import Settings
from personalize.web.privacy.words import SAID
from personalize.web.shell.notices import paragraphs_of, version_words


class Agreed(Struct, frozen=True, kw_only=True):
    """One event: its sentence, the number of its receipt, and the text it was about, in the language of then.

    `paragraphs` are empty where no text belongs to it, or where it is not kept any more.
    """

    sentence: str
    number: str
    version: str = ""
    lang: str = ""
    paragraphs: tuple[str, ...] = ()


def history(settings: Settings, events: Iterable[ConsentEvent], lang: Language) -> tuple[Agreed, ...]:
    """Return what a person said, newest first."""
    ordered = sorted(events, key=lambda event: (event.occurred_at, event.recorded_at), reverse=True)
    return tuple(_agreed(settings, event, lang) for event in ordered)


def said(settings: Settings, event: ConsentEvent, lang: Language) -> str:
    """Return one event as a sentence."""
    purpose = settings.purposes.get(event.purpose)
    title = lang.title(purpose.titles, purpose.name) if purpose else event.purpose
    moment = moment_words(local(event.occurred_at, ZoneInfo(settings.site.timezone)), lang)
    return sentence(lang.say(SAID[event.action], moment=moment, purpose=title))


def text_of(notices: Mapping[str, Notice], event: ConsentEvent) -> str:
    """Return exactly what was agreed to, found by its hash among the versions that are kept; empty where it is not."""
    notice = notices.get(event.notice.partition("@")[0])
    if notice is None or not event.notice_sha256:
        return ""
    for each in (notice, *notice.earlier):
        if each.digests.get(event.notice_lang) == event.notice_sha256:
            return each.texts[event.notice_lang]
    return ""


def _agreed(settings: Settings, event: ConsentEvent, lang: Language) -> Agreed:
    text = text_of(settings.notices, event)
    version = event.notice.partition("@")[2]
    return Agreed(
        sentence=said(settings, event, lang),
        number=event.event_id.hex(),
        version=version_words(version, lang) if version else "",
        lang=event.notice_lang,
        paragraphs=paragraphs_of(text),
    )
