"""Stopping the use of data on somebody's behalf: what it would stop, and the receipt."""

from collections.abc import Iterable

from msgspec import Struct

from personalize.consent.gate import IN_USE, PurposeState
from personalize.consent.receipts import show_receipt
from personalize.explain.dates import local, moment_words
from personalize.explain.language import Language
from personalize.house import House
from personalize.model.consent import Basis, ConsentEvent, Purpose
from personalize.model.cookbook import CookbookEntry
from personalize.web.privacy.history import said

ENDING = len("9f3a 22c1")


class Stop(Struct, frozen=True, kw_only=True):
    """One purpose that can be stopped, or has been: everything it covers, with the sources it comes from."""

    purpose: str
    title: str
    covers: str
    sources: str
    is_consent: bool
    in_use: bool
    since: str


def stops_of(house: House, subject: int, entries: Iterable[CookbookEntry], lang: Language) -> tuple[Stop, ...]:
    """Return the purposes that these decisions asked for, each with where it stands now. Raises StoreError."""
    found = house.ledger.state(subject)
    asked = _asked(house, entries)
    return tuple(
        _stop(house, purpose, found[name], lang)
        for name, purpose in house.settings.purposes.items()
        if name in asked and found[name].status != "not_given"
    )


def all_stops(house: House, subject: int, lang: Language) -> tuple[Stop, ...]:
    """Return every purpose that was ever agreed to or rests on legitimate interest. Raises StoreError."""
    found = house.ledger.state(subject)
    purposes = house.settings.purposes.items()
    return tuple(_stop(house, each, found[name], lang) for name, each in purposes if found[name].status != "not_given")


def receipt_words(house: House, event: ConsentEvent, lang: Language) -> str:
    """Return what was recorded, as sentences to read aloud: of its number only the end, which is drawn by chance."""
    ending = lang.say("The receipt number ends in {ending}.", ending=show_receipt(event.event_id)[-ENDING:])
    return f"{said(house.settings, event, lang)} {ending}"


def _asked(house: House, entries: Iterable[CookbookEntry]) -> set[str]:
    """Return the purposes of everything that these entries read or could not read."""
    purposes = {attribute.name: attribute.purpose for attribute in house.settings.attributes}
    read = {name for entry in entries for name in _names(entry)}
    return {purposes[name] for name in read if name in purposes}


def _names(entry: CookbookEntry) -> Iterable[str]:
    yield from (item.attribute for item in entry.ingredients)
    yield from (item.attribute for item in entry.absences)


def _stop(house: House, purpose: Purpose, state: PurposeState, lang: Language) -> Stop:
    mine = [each for each in house.settings.attributes if each.purpose == purpose.name]
    sources = dict.fromkeys(each.source for each in mine)
    titles = [
        lang.title(house.settings.sources[name].titles, name) for name in sources if name in house.settings.sources
    ]
    zone = house.settings.site.zone
    return Stop(
        purpose=purpose.name,
        title=lang.title(purpose.titles, purpose.name),
        covers=lang.listing([lang.title(each.titles, each.name) for each in mine]),
        sources=lang.listing(titles),
        is_consent=purpose.basis is Basis.consent,
        in_use=state.status in IN_USE,
        since=moment_words(local(state.since, zone), lang) if state.since else "",
    )
