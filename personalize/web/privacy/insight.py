"""The readable document of an insight: what is held of a person, in words, in one file."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from msgspec import Struct

from personalize.explain.dates import local, moment_words
from personalize.explain.explanation import Explanation, spoken
from personalize.explain.language import Language, marked
from personalize.explain.reader import Reader
from personalize.explain.values import value_words
from personalize.house import House
from personalize.model.consent import Action, ConsentEvent
from personalize.model.cookbook import CookbookEntry
from personalize.rights.export import Insight, Known
from personalize.web.privacy.cards import DONE
from personalize.web.shell.pages import Pages

KINDS = {
    "customer_number": marked("Customer number"),
    "email": marked("E-mail address"),
    "phone": marked("Phone number"),
    "address": marked("Postcode and house number"),
    "plate": marked("Licence plate"),
}
OTHER_DONE = {
    Action.refused: marked("On {moment} you did not agree to “{purpose}”."),
    Action.expired: marked("On {moment} your permission for “{purpose}” ended by itself."),
}


class ValueLine(Struct, frozen=True, kw_only=True):
    """One value: what it is called, its words, where it came from and when, what it is for."""

    title: str
    value: str
    source: str
    since: str
    purpose: str


class Told(Struct, frozen=True, kw_only=True):
    """One decision: when, and the sentences about it."""

    when: str
    aloud: str
    used: tuple[str, ...]
    unused: tuple[str, ...]
    others: tuple[str, ...]


def teller(house: House, lang: str) -> Callable[[CookbookEntry], Explanation]:
    """Return what puts a decision into words for the person it was about."""

    def tell(entry: CookbookEntry) -> Explanation:
        return house.explain(entry, lang, Reader.visitor)

    return tell


def document(house: House, insight: Insight, lang: Language) -> str:
    """Return an insight as a page that is complete in itself."""
    settings, zone = house.settings, ZoneInfo(house.settings.site.timezone)
    pages = Pages(settings.site.languages, settings.site.name or settings.site.host, settings.site.url)
    response = pages.render(
        "privacy/insight.html",
        lang,
        made=moment_words(local(insight.made_at, zone), lang),
        since=moment_words(local(insight.known_since, zone), lang),
        kinds=[lang.say(KINDS[kind]) if kind in KINDS else kind for kind in dict.fromkeys(insight.identifiers)],
        values=[_value(house, known, lang, zone) for known in insight.values],
        consents=[_consent(house, event, lang, zone) for event in insight.consents],
        links=[(link.mailing, moment_words(local(link.issued, zone), lang)) for link in insight.links],
        looks=[(moment_words(local(look.at, zone), lang), look.staff, look.reason) for look in insight.looks],
        decisions=[_told(each) for each in insight.decisions],
        controller=settings.site.controller,
        contact=settings.site.privacy_contact,
    )
    return bytes(response.body).decode()


def _value(house: House, known: Known, lang: Language, zone: ZoneInfo) -> ValueLine:
    attribute, sources = known.attribute, house.settings.sources
    plain = known.stored.plain
    name = attribute.source if attribute else known.batch.source if known.batch else ""
    purpose = house.settings.purposes.get(attribute.purpose) if attribute else None
    return ValueLine(
        title=lang.title(attribute.titles, known.name) if attribute else known.name,
        value=value_words(plain, attribute.type, lang, zone) if attribute else str(plain),
        source=lang.title(sources[name].titles, name) if name in sources else name,
        since=moment_words(local(known.stored.observed, zone), lang),
        purpose=lang.title(purpose.titles, purpose.name) if purpose else "",
    )


def _consent(house: House, event: ConsentEvent, lang: Language, zone: ZoneInfo) -> str:
    purpose = house.settings.purposes.get(event.purpose)
    title = lang.title(purpose.titles, purpose.name) if purpose else event.purpose
    words = {**DONE, **OTHER_DONE}[event.action]
    said = lang.say(words, moment=moment_words(local(event.occurred_at, zone), lang), purpose=title)
    return f"{said} ({event.notice})" if event.notice else said


def _told(explanation: Explanation) -> Told:
    return Told(
        when=explanation.when,
        aloud=spoken(explanation),
        used=tuple(line.sentence for line in explanation.ingredients),
        unused=tuple(line.sentence for line in explanation.absences),
        others=tuple(line.sentence for line in explanation.others),
    )
