"""Insight (GDPR 15): everything that is held of one person, gathered for that person.

The raw identifiers are not kept, only keyed hashes of them: their kinds are told. Decisions are told by
whoever makes sentences of entries.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from personalize.consent.receipts import Receipt, receipts_of
from personalize.cookbook.lookup import page_by_page
from personalize.errors import NotFound
from personalize.model.attributes import Attribute, Stored
from personalize.model.consent import ConsentEvent
from personalize.model.cookbook import CookbookEntry
from personalize.model.people import Assurance
from personalize.model.staff import Look
from personalize.ports import Batch, CookbookStore, DeviceLink
from personalize.profile.delivered import Ended
from personalize.rights.corrections import Correction, Corrections, Held
from personalize.settings import Settings
from personalize.settings.sources import DEVICE
from personalize.settings.tables import Told
from personalize.storage.open import Store
from personalize.storage.sqlite.holdings import Link, SqliteHoldings, Visit, Wish

ALL = 1 << 62
About = TypeVar("About", Correction, Ended)
BY_STAFF = "staff"
UNTOLD = {Told.role: {BY_STAFF}, Told.nobody: {BY_STAFF, "reason", "case"}}
"""What a receipt of a choice that staff wrote down says of them, and is kept from the person."""


class Known(Struct, frozen=True, kw_only=True):
    """One value: without `attribute` the dictionary no longer has it, without `batch` it was not imported.

    `held` says that it is not used, and since when; `needs` is how sure we must be of who asks to show it.
    """

    name: str
    stored: Stored
    attribute: Attribute | None
    batch: Batch | None
    held: Held | None = None
    needs: Assurance = Assurance.login


class DeviceHeld(Struct, frozen=True, kw_only=True):
    """A browser that is or was linked to the person, with what was read and said there; a cut one without that."""

    link: DeviceLink
    values: tuple[Known, ...] = ()
    corrections: tuple[Correction, ...] = ()
    not_used_once: tuple[Ended, ...] = ()
    consents: tuple[ConsentEvent, ...] = ()
    receipts: tuple[Receipt, ...] = ()


class Decisions:
    """The decisions about a person that may be listed at this assurance, newest page first, each as it is told.

    There may be hundreds of thousands: each is read when it is asked for. `withheld` is how many there were so far that
    a surer sign of who asks would show besides. Raises StoreError on the way.
    """

    def __init__(
        self,
        entries: Iterator[CookbookEntry],
        tell: Callable[[CookbookEntry], object],
        progress: Callable[[int], None],
        assurance: Assurance,
    ) -> None:
        self._entries, self._tell, self._progress = entries, tell, progress
        self._assurance, self.withheld = assurance, 0

    def __iter__(self) -> Iterator[Any]:
        """Yield them, once."""
        told = 0
        for entry in self._entries:
            self.withheld += entry.assurance > self._assurance
            if may_tell(entry, self._assurance):
                yield self._tell(entry)
                told += 1
                self._progress(told)


class Insight(Struct, frozen=True, kw_only=True):
    """What is held of a person: times in µs.

    `looks` and `receipts` name nobody of the staff more exactly than the site tells.
    """

    subject: int
    made_at: int
    known_since: int
    identifiers: tuple[str, ...]
    values: tuple[Known, ...]
    consents: tuple[ConsentEvent, ...]
    links: tuple[Link, ...]
    looks: tuple[Look, ...]
    corrections: tuple[Correction, ...]
    decisions: Decisions
    not_used_once: tuple[Ended, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    visits: tuple[Visit, ...] = ()
    wishes: tuple[Wish, ...] = ()
    devices: tuple[DeviceHeld, ...] = ()
    unseen: int = 0

    @property
    def withheld(self) -> int:
        """Return how many values, corrections and decisions a surer sign of who asks would show besides.

        Of decisions, as many as were come by.
        """
        return self.unseen + self.decisions.withheld


class Insights:
    """Gathers what is held of a person, from one open store."""

    def __init__(self, store: Store, cookbook: CookbookStore, settings: Settings, corrections: Corrections) -> None:
        self._store, self._cookbook, self._corrections = store, cookbook, corrections
        self._holdings, self._settings = SqliteHoldings(store.people), settings
        self._attributes = {attribute.name: attribute for attribute in settings.attributes}

    def gather(
        self,
        subject: int,
        now: int,
        tell: Callable[[CookbookEntry], object],
        progress: Callable[[int], None] = lambda done: None,
        assurance: Assurance = Assurance.login,
    ) -> Insight:
        """Return what is held of a person, as far as it may be shown at this assurance.

        `tell` puts a decision into words. Raises NotFound, StoreError.
        """
        since = self.known_since(subject)
        values = self.values(subject)
        readable = [known for known in values if may_see(known, assurance)]
        asked = self._corrections.of(subject)
        is_device = self._holdings.is_device(subject)
        telling = self._telling(asked, assurance, is_device=is_device)
        return Insight(
            subject=subject,
            made_at=now,
            known_since=since,
            identifiers=tuple(self._holdings.kinds(subject)),
            values=tuple(readable),
            consents=tuple(self._store.consents.events_of(subject)),
            links=tuple(self._holdings.links(subject)),
            looks=tuple(self.looks(subject)),
            corrections=telling,
            not_used_once=self._telling(self._corrections.ended(subject), assurance, is_device=is_device),
            decisions=Decisions(page_by_page(self._cookbook.all_of(subject)), tell, progress, assurance),
            receipts=self._receipts(subject, now),
            visits=tuple(self._holdings.visits(subject)),
            wishes=tuple(self._holdings.wishes(subject)),
            devices=tuple(self._device(link, assurance, now) for link in self._store.browsers.links_of(subject)),
            unseen=len(values) - len(readable) + len(asked) - len(telling),
        )

    def _receipts(self, subject: int, now: int) -> tuple[Receipt, ...]:
        events, settings = self._store.consents.events_of(subject), self._settings
        receipts = receipts_of(events, settings.purposes, settings.notices, now)
        return tuple(_as_told(receipt, settings.staff.told) for receipt in receipts)

    def _device(self, link: DeviceLink, assurance: Assurance, now: int) -> DeviceHeld:
        if link.cut_at is not None:
            return DeviceHeld(link=link)
        device = link.device
        return DeviceHeld(
            link=link,
            values=tuple(known for known in self.values(device) if may_see(known, assurance)),
            corrections=self._telling(self._corrections.of(device), assurance, is_device=True),
            not_used_once=self._telling(self._corrections.ended(device), assurance, is_device=True),
            consents=tuple(self._store.consents.events_of(device)),
            receipts=self._receipts(device, now),
        )

    def known_since(self, subject: int) -> int:
        """Return when a person came to be known (µs). Raises NotFound for nobody."""
        since = self._holdings.known_since(subject)
        if since is None or self._store.profiles.key_of(subject) is None:
            raise NotFound("Nobody is known under this number (any more).")
        return since

    def values(self, subject: int) -> list[Known]:
        """Return every value that is held, used or not."""
        held, is_device = self._corrections.restricted(subject), self._holdings.is_device(subject)
        found = []
        for name, stored in self._holdings.values(subject).items():
            batch = self._store.batches.batch(stored.batch) if stored.batch else None
            attribute, needs = self._attributes.get(name), self._needs(name, is_device=is_device)
            known = Known(name=name, stored=stored, attribute=attribute, batch=batch, held=held.get(name), needs=needs)
            found.append(known)
        return found

    def sources(self, subject: int) -> list[str]:
        """Return the sources whose files brought values that are held: the next file of theirs may bring them again."""
        return sorted({known.batch.source for known in self.values(subject) if known.batch is not None})

    def _telling(self, rows: Iterable[About], assurance: Assurance, *, is_device: bool) -> tuple[About, ...]:
        """Return those of these that are about an attribute which may be shown."""
        return tuple(each for each in rows if assurance >= self._needs(each.attribute, is_device=is_device))

    def _needs(self, name: str, *, is_device: bool) -> Assurance:
        """Return how sure we must be of a person to show them what they are known or said to be."""
        attribute = self._attributes.get(name)
        if attribute is not None and (is_device or attribute.source != DEVICE):
            return attribute.assurance
        return Assurance.login

    def looks(self, subject: int) -> list[Look]:
        """Return who of the staff looked a person up, newest first, as the site tells it (T26)."""
        if self._settings.staff.told is Told.nobody:
            return []
        looks = self._store.staff.looks(since=0, until=ALL, subject=subject, limit=ALL)
        if self._settings.staff.told is Told.name:
            return looks
        return [msgspec.structs.replace(look, staff="") for look in looks]


def _as_told(receipt: Receipt, told: Told) -> Receipt:
    """Return a receipt that names no staff more exactly than the site tells (T26)."""
    if told is Told.name or receipt.actor.partition(":")[0] != BY_STAFF:
        return receipt
    evidence = {name: text for name, text in receipt.evidence.items() if name not in UNTOLD[told]}
    return msgspec.structs.replace(receipt, actor=BY_STAFF, evidence=evidence)


def may_see(known: Known, assurance: Assurance) -> bool:
    """Say whether a value may be shown to its own person, this sure of being it (law 6)."""
    return assurance >= known.needs


def may_tell(entry: CookbookEntry, assurance: Assurance) -> bool:
    """Say whether a decision may be listed to its own person, this sure of being it.

    What was seen at a click is told to no person, for whoever opened their link need not have been them
    (T5); at a click itself only a device is told anything, and that is its own.
    """
    return entry.assurance <= assurance and (entry.assurance > Assurance.click or assurance <= Assurance.click)
