"""The readable document of an insight: what is held of a person, in words, in one file."""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from unicodedata import normalize
from zoneinfo import ZoneInfo

from msgspec import Struct

from personalize.explain.dates import local, moment_words
from personalize.explain.explanation import Explanation, spoken
from personalize.explain.language import Language, capital, marked, small
from personalize.explain.phrases import sentence
from personalize.explain.reader import Reader
from personalize.explain.values import value_words
from personalize.house import House
from personalize.model.consent import Purpose
from personalize.model.cookbook import CookbookEntry
from personalize.model.people import Assurance
from personalize.model.spoken import write_day
from personalize.ports import DeviceLink
from personalize.rights.corrections import Correction
from personalize.rights.export import as_json
from personalize.rights.insight import DeviceHeld, Insight, Known
from personalize.settings import Settings
from personalize.settings.tables import Told
from personalize.storage.sqlite.holdings import Link
from personalize.web.privacy.contact import questions
from personalize.web.privacy.history import Agreed, history
from personalize.web.privacy.looks import looks_words
from personalize.web.privacy.mine import asked_words, held_words, source_title
from personalize.web.privacy.terms import basis_words, entries_words, kept_words, recipients_words, terms_words
from personalize.web.privacy.words import IDENTIFIERS
from personalize.web.shell.pages import Pages

MEDIA = {"json": "application/json", "html": "text/html; charset=utf-8"}
"""Of what media type a copy is: for programs, or to read."""

_LETTERS = str.maketrans({"ø": "o", "æ": "ae", "ß": "ss"})
_BETWEEN = re.compile("[^a-z0-9]+")


class ValueLine(Struct, frozen=True, kw_only=True):
    """One value: what it is called, its words, source and time, what for and how long, and why it is not used."""

    title: str
    value: str
    source: str
    since: str
    purpose: str
    kept: str
    held: str


class BrowserTold(Struct, frozen=True, kw_only=True):
    """A browser that is the person's: since when, and what was read and said in it."""

    known: str
    values: tuple[ValueLine, ...]
    corrections: tuple[tuple[str, str], ...]
    consents: tuple[Agreed, ...]


class UseLine(Struct, frozen=True, kw_only=True):
    """One purpose: what allows it, who gets its data, and for how long decisions that used it are kept."""

    title: str
    basis: str
    recipients: str
    kept: str


class ToldEntry(Struct, frozen=True, kw_only=True):
    """One decision: when, its visit code, and the sentences about it."""

    when: str
    code: str
    aloud: str
    used: tuple[str, ...]
    unused: tuple[str, ...]
    others: tuple[str, ...]
    erased: bool


def teller(house: House, lang: str) -> Callable[[CookbookEntry], Explanation]:
    """Return what puts a decision into words for the person it was about."""
    explainer = house.explaining()

    def tell(entry: CookbookEntry) -> Explanation:
        return explainer.explain(entry, lang, Reader.visitor)

    return tell


def copy_of(
    house: House, subject: int, kind: str, lang: Language, assurance: Assurance = Assurance.login
) -> Iterator[str]:
    """Yield a copy of what is held of a person, a key of MEDIA, as far as it may be shown at this assurance.

    Raises NotFound at once, and StoreError.
    """
    insight = house.rights.insights.gather(subject, house.clock.now(), teller(house, lang.name), assurance=assurance)
    return as_json(insight, house.settings) if kind == "json" else document(house, insight, lang)


def document(house: House, insight: Insight, lang: Language) -> Iterator[str]:
    """Yield an insight, piece by piece, as a page that is complete in itself. Raises StoreError."""
    settings, zone = house.settings, house.settings.site.zone
    return Pages(settings.site).pieces(
        "privacy/insight.html",
        lang,
        made=moment_words(local(insight.made_at, zone), lang),
        since=moment_words(local(insight.known_since, zone), lang),
        kinds=_kinds(insight.identifiers, lang),
        values=[_value(house, known, lang, zone) for known in insight.values],
        corrections=[_correction(house, each, lang, zone) for each in insight.corrections],
        consents=history(settings, insight.consents, lang, insight.made_at),
        links=[_link(link, insight.made_at, lang, zone) for link in insight.links],
        browsers=[_browser(each.link, lang, zone) for each in insight.devices],
        read=[_read(house, each, lang, insight.made_at) for each in insight.devices if _has_any(each)],
        looks=looks_words(insight.looks, lang, zone),
        looks_told=settings.staff.told != Told.nobody,
        insight=insight,
        decisions=(_told_entry(each, lang) for each in insight.decisions),
        uses=[_use(settings, purpose, lang) for purpose in settings.purposes.values()],
        terms=terms_words(settings, lang),
        rights=f"{settings.site.pages}/me",
        questions=questions(settings.site, lang),
    )


def file_name(house: House, lang: Language, ending: str) -> str:
    """Return what a copy that is made now is called: the site, what it is, and the day; in ASCII."""
    site, zone = house.settings.site, house.settings.site.zone
    named = _slug(site.name) if site.name != site.host else ""
    name = named or _slug(site.host.partition(":")[0])
    return f"{name}-{_slug(lang.say('Insight'))}-{local(house.clock.now(), zone).date().isoformat()}.{ending}"


def _slug(text: str) -> str:
    plain = normalize("NFKD", text.lower().translate(_LETTERS)).encode("ascii", "ignore").decode()
    return _BETWEEN.sub("-", plain).strip("-")


def _kinds(kinds: Iterable[str], lang: Language) -> str:
    """Return the kinds of identifiers as they stand within a sentence."""
    words = [lang.say(IDENTIFIERS[kind]) if kind in IDENTIFIERS else kind for kind in dict.fromkeys(kinds)]
    return lang.listing([small(each) for each in words])


def _value(house: House, known: Known, lang: Language, zone: ZoneInfo) -> ValueLine:
    attribute = known.attribute
    purpose = house.settings.purposes.get(attribute.purpose) if attribute else None
    return ValueLine(
        title=capital(lang.title(attribute.titles if attribute else {}, known.name)),
        value=value_words(known.stored.plain, attribute, lang, zone),
        source=source_title(known, house.settings, lang),
        since=moment_words(local(known.stored.observed, zone), lang),
        purpose=lang.title(purpose.titles, purpose.name) if purpose else "",
        kept=sentence(kept_words(house.settings, attribute, lang)) if attribute else "",
        held=held_words(known.held, lang, zone),
    )


def _use(settings: Settings, purpose: Purpose, lang: Language) -> UseLine:
    return UseLine(
        title=lang.title(purpose.titles, purpose.name),
        basis=basis_words(purpose, lang),
        recipients=recipients_words(settings, purpose, lang),
        kept=entries_words(settings, purpose, lang),
    )


def _correction(house: House, asked: Correction, lang: Language, zone: ZoneInfo) -> tuple[str, str]:
    """Return what a value is called, and what was said of it: the value itself may be gone since."""
    titles = (each.titles for each in house.settings.attributes if each.name == asked.attribute)
    return capital(lang.title(next(titles, {}), asked.attribute)), asked_words(asked, lang, zone)


def _browser(link: DeviceLink, lang: Language, zone: ZoneInfo) -> str:
    day = write_day(local(link.linked_at, zone).date(), lang.name)
    known = lang.say("A browser, known to be yours since {day}.", day=day)
    return (
        f"{known} {lang.say('What was seen in that browser is not used for you any more.')}" if link.cut_at else known
    )


def _has_any(held: DeviceHeld) -> bool:
    return bool(held.values or held.corrections or held.consents)


def _read(house: House, held: DeviceHeld, lang: Language, now: int) -> BrowserTold:
    settings, zone = house.settings, house.settings.site.zone
    return BrowserTold(
        known=_browser(held.link, lang, zone),
        values=tuple(_value(house, known, lang, zone) for known in held.values),
        corrections=tuple(_correction(house, each, lang, zone) for each in held.corrections),
        consents=history(settings, held.consents, lang, now),
    )


def _link(link: Link, now: int, lang: Language, zone: ZoneInfo) -> str:
    """Return a newsletter link as sentences: its mailing, until when it works or did, and its first visit."""
    issued = moment_words(local(link.issued, zone), lang)
    told = [lang.say("A link in the mailing “{mailing}”, made on {moment}.", mailing=link.mailing, moment=issued)]
    if link.revoked_at is not None:
        told.append(lang.say("It was revoked on {moment}.", moment=moment_words(local(link.revoked_at, zone), lang)))
    else:
        ends = moment_words(local(link.expires, zone), lang)
        line = marked("It works until {moment}.") if now < link.expires else marked("It expired on {moment}.")
        told.append(lang.say(line, moment=ends))
    if link.visited_at is not None:
        day = write_day(local(link.visited_at, zone).date(), lang.name)
        told.append(lang.say("It was first followed on {day}.", day=day))
    return " ".join(told)


def _told_entry(explanation: Explanation, lang: Language) -> ToldEntry:
    return ToldEntry(
        when=capital(moment_words(datetime.fromisoformat(explanation.at), lang)),  # with the year: a file to keep
        code=explanation.code,
        aloud=spoken(explanation),
        used=tuple(line.sentence for line in explanation.ingredients),
        unused=tuple(line.sentence for line in explanation.absences),
        others=explanation.rest,
        erased=explanation.erased,
    )
