"""What the visitor's page tells of one person: their values, what they were shown, who looked, and so on."""

from collections.abc import Iterable
from itertools import groupby, islice
from zoneinfo import ZoneInfo

from msgspec import Struct

from personalize.consent.gate import states
from personalize.cookbook.codes import show_code
from personalize.cookbook.lookup import in_order
from personalize.errors import NotFound
from personalize.explain.dates import age_words, local
from personalize.explain.explanation import spoken
from personalize.explain.language import Language, capital
from personalize.explain.phrases import sentence
from personalize.explain.reader import Reader
from personalize.explain.values import value_words, within_sentence
from personalize.house import House
from personalize.model.content import SEGMENTS
from personalize.model.cookbook import CookbookEntry
from personalize.model.people import Visitor
from personalize.model.spoken import write_day
from personalize.rights.corrections import STAFF, Correction, Held
from personalize.rights.insight import Known, may_see, may_tell
from personalize.settings import Settings
from personalize.settings.tables import Told
from personalize.web.privacy.answers import Answers, newest
from personalize.web.privacy.looks import Seen, looks_words

MOST_SHOWN, MOST_LOOKS = 12, 50
MOST_READ = 1000
"""Decisions that are looked through for the pages to show: some sites record many that no page is told by."""


class ValueCard(Struct, frozen=True, kw_only=True):
    """One value: its words, where it came from and how old it is, what for, and whether it is used.

    `hidden` is one that takes a surer sign of who asks: nothing of it is shown. `held` says why it is not
    used, `asked` what the person said it should be.
    """

    name: str
    title: str
    value: str
    origin: str
    purpose: str
    hidden: bool
    held: str
    asked: str
    disputed: bool
    can_change: bool


class Shown(Struct, frozen=True, kw_only=True):
    """One page: its code, and of each place on it when, what was shown and why."""

    code: str
    sentences: tuple[str, ...]


class Device(Struct, frozen=True, kw_only=True):
    """One browser that is or was linked to the person."""

    number: str
    linked: str
    cut: str
    this: bool


class Mine(Struct, frozen=True, kw_only=True):
    """Everything that is kept of one person, as the page tells it."""

    since: str = ""
    values: tuple[ValueCard, ...] = ()
    shown: tuple[Shown, ...] = ()
    more_shown: bool = False
    answers: Answers = Answers()
    devices: tuple[Device, ...] = ()
    looks: tuple[Seen, ...] = ()
    more_looks: bool = False
    looks_told: bool = True


def held_words(held: Held | None, lang: Language, zone: ZoneInfo) -> str:
    """Return since when a value is not used, and why; nothing of one that is."""
    if held is None:
        return ""
    day = _day(held.since, lang, zone)
    if held.disputed:
        return lang.say("Not used since {day}, because you say that it is wrong.", day=day)
    return lang.say("Not used since {day}, because you asked us not to.", day=day)


def asked_words(asked: Correction, lang: Language, zone: ZoneInfo) -> str:
    """Return what a person said that a value should be, and what became of that."""
    by = lang.say("Our staff wrote this down for you.") if asked.entered_by == STAFF else ""
    return f"{_became(asked, lang, zone)} {by}".rstrip()


def _became(asked: Correction, lang: Language, zone: ZoneInfo) -> str:
    claimed = lang.quote(within_sentence(asked.claimed))
    said = {"claimed": claimed, "number": asked.number, "day": _day(asked.asked_at, lang, zone)}
    if asked.outcome == "kept":
        return lang.say(
            "On {day} you said that it should be {claimed}. It was checked, and stays as it is (request {number}).",
            **said,
        )
    if asked.outcome:
        return lang.say(
            "On {day} you said that it should be {claimed}. Its source was corrected (request {number}).", **said
        )
    return lang.say(
        "On {day} you said that it should be {claimed}. That is being looked into (request {number}).", **said
    )


def source_title(known: Known, settings: Settings, lang: Language) -> str:
    """Return what the source of a value is called; empty where it is not known any more."""
    name = known.attribute.source if known.attribute else known.batch.source if known.batch else ""
    return lang.title(settings.sources[name].titles, name) if name in settings.sources else name


class Teller:
    """Tells one person of a site, in one language."""

    def __init__(self, house: House, lang: Language) -> None:
        self.house, self.lang, self.settings = house, lang, house.settings
        self.zone, self.now = house.settings.site.zone, house.clock.now()
        self._explainer = house.explaining()

    def tell(self, visitor: Visitor) -> Mine:
        """Return what is kept of a visitor; of somebody unknown that is nothing. Raises NotFound, StoreError."""
        told = self.settings.staff.told
        if visitor.subject is None:
            return Mine(looks_told=told != Told.nobody)
        subject, insights = visitor.subject, self.house.rights.insights
        shown, more_shown = self.shown(visitor)
        looks = looks_words(insights.looks(subject), self.lang, self.zone)
        return Mine(
            since=self._day(insights.known_since(subject)),
            values=self.values(visitor),
            shown=shown,
            more_shown=more_shown,
            answers=self.answers(subject),
            devices=self.devices(visitor),
            looks=looks[:MOST_LOOKS],
            more_looks=len(looks) > MOST_LOOKS,
            looks_told=told != Told.nobody,
        )

    def values(self, visitor: Visitor) -> tuple[ValueCard, ...]:
        """Return every value, in the order of the dictionary; what may not be shown without its words."""
        subject = visitor.subject or 0
        order = {attribute.name: place for place, attribute in enumerate(self.settings.attributes)}
        found = self.house.rights.insights.values(subject)
        asked = {each.attribute: each for each in self.house.rights.corrections.of(subject)}
        found.sort(key=lambda known: (order.get(known.name, len(order)), known.name))
        return tuple(self._value(known, asked.get(known.name), may_see(known, visitor.assurance)) for known in found)

    def shown(self, visitor: Visitor) -> tuple[tuple[Shown, ...], bool]:
        """Return the newest pages of this person, and whether there may be more.

        Told is what was decided for somebody no surer than now.
        """
        entries = self.house.cookbook.all_of(visitor.subject or 0)
        read = islice(entries, MOST_READ)
        mine = (entry for entry in read if entry.slot != SEGMENTS and may_tell(entry, visitor.assurance))
        pages = groupby(mine, key=lambda entry: entry.code)
        shown = tuple(self._page(code, page) for code, page in islice(pages, MOST_SHOWN))
        return shown, any(pages) or any(entries)

    def answers(self, subject: int) -> Answers:
        """Return the newest of what this person said, and what is in force of all they said."""
        events = self.house.ledger.events(subject)
        in_force = {state.record for state in states(events, self.settings.purposes, self.now).values()}
        return newest(self.settings, events, in_force, self.lang, self.now)

    def devices(self, visitor: Visitor) -> tuple[Device, ...]:
        """Return the browsers that are or were linked to this person, newest first."""
        links = self.house.browsers.links_of(visitor.subject or 0)
        return tuple(
            Device(
                number=str(link.device),
                linked=self._day(link.linked_at),
                cut="" if link.cut_at is None else self._day(link.cut_at),
                this=link.device == visitor.device,
            )
            for link in reversed(links)
        )

    def _value(self, known: Known, asked: Correction | None, visible: bool) -> ValueCard:
        attribute, stored, lang = known.attribute, known.stored, self.lang
        purpose = self.settings.purposes.get(attribute.purpose) if attribute else None
        words = value_words(stored.plain, attribute, lang, self.zone)
        return ValueCard(
            name=known.name,
            title=capital(lang.title(attribute.titles if attribute else {}, known.name)),
            value=words if visible else "",
            origin=self._origin(known) if visible else "",
            purpose=lang.title(purpose.titles, purpose.name) if purpose else "",
            hidden=not visible,
            held=held_words(known.held, lang, self.zone),
            asked=asked_words(asked, lang, self.zone) if asked and visible else "",
            disputed=bool(known.held and known.held.disputed),
            can_change=attribute is not None,
        )

    def _origin(self, known: Known) -> str:
        source = source_title(known, self.settings, self.lang)
        day = self._day(known.stored.observed)
        age = age_words(known.stored.observed, self.now, self.lang, self.zone)
        if not source:
            return self.lang.say("As of {day}, {age}.", day=day, age=age)
        return sentence(self.lang.say("From {source}, as of {day}, {age}.", source=source, day=day, age=age))

    def _page(self, code: str, entries: Iterable[CookbookEntry]) -> Shown:
        return Shown(code=show_code(code), sentences=tuple(self._sentences(in_order(entries))))

    def _sentences(self, entries: Iterable[CookbookEntry]) -> Iterable[str]:
        for entry in entries:
            try:
                yield spoken(self._explainer.explain(entry, self.lang.name, Reader.visitor))
            except NotFound:
                continue  # its rules are not kept any more

    def _day(self, at: int) -> str:
        return _day(at, self.lang, self.zone)


def _day(at: int, lang: Language, zone: ZoneInfo) -> str:
    return write_day(local(at, zone).date(), lang.name)
