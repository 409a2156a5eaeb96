"""The parts of a running site, built around one open store."""

import logging
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo

from personalize.campaigns.mailing import Mailing
from personalize.campaigns.visitors import MailingVisitors
from personalize.consent.ledger import Ledger
from personalize.consent.opt_ins import OptIns
from personalize.consent.signals import signals_of
from personalize.contexts import Contexts
from personalize.cookbook.digests import Digests
from personalize.cookbook.indexer import Indexer
from personalize.cookbook.lookup import Cookbook
from personalize.cookbook.record import Recorder
from personalize.decisions.compiled import CompiledRecipe
from personalize.decisions.tally import Tallies
from personalize.errors import IdentifierProblem, KeyFileError, NotFound
from personalize.explain.explainer import Explainer
from personalize.explain.explanation import Explanation
from personalize.explain.facts import Facts
from personalize.explain.reader import Reader
from personalize.explain.replay import Replay
from personalize.explain.supposed import WhatIf
from personalize.explain.verify import Verified, verify
from personalize.health.totals import defaults
from personalize.health.watch import Watch, decided_in
from personalize.model.content import Recipe, decode_recipe
from personalize.model.cookbook import CookbookEntry
from personalize.pipeline import Pipeline, Serving
from personalize.ports import Changes, Clock
from personalize.profile.admitted import Dictionary
from personalize.profile.freshness import Freshness
from personalize.profile.hot import HotProfiles
from personalize.profile.identifiers import parse
from personalize.profile.observations import Observations
from personalize.profile.view import Calendar
from personalize.publishing import Publisher
from personalize.recognition.browsers import Browsers
from personalize.recognition.keys import KeyRing
from personalize.recognition.mail_tokens import MailTokens
from personalize.recognition.recognise import Recogniser
from personalize.rights.rights import Rights, keep_erased
from personalize.settings import Settings
from personalize.storage.open import Store, open_store
from personalize.storage.sqlite.batches import SqliteBatches
from personalize.storage.sqlite.erasing import SqliteErasures

log = logging.getLogger("personalize")


class House:
    """Store, keys, trip, ledger and cookbook of one site in one process."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        ring: KeyRing,
        publisher: Publisher,
        clock: Clock,
        counters: Counter[str],
    ) -> None:
        self.settings, self.store, self.ring = settings, store, ring
        self.publisher, self.clock, self.counters = publisher, clock, counters
        self.staff, self.accounts, self.sessions = store.staff, store.accounts, store.sessions
        self._recipes: dict[str, Recipe] = {}
        self._observed: dict[int, int | None] = {}
        self._keys_stamp = _stamp(settings.site.keys)
        self._parse = partial(parse, country=_country(settings))
        self.browsers = self._browsers()
        self.tallies = Tallies()
        self.recorder = Recorder(store.folder)
        self.book_digests = Digests(ring.cookbook_key(), settings.site.heads)
        self.indexer = Indexer(store.folder, store.entries, self.book_digests, before=self.recorder.keep_served)
        self.cookbook = Cookbook(
            store.folder,
            store.entries,
            recipe=self.recipe,
            key_of=store.profiles.key_of,
            batch=store.batches.batch,
        )
        self.pipeline = self._pipeline()
        self.contexts = self._contexts()
        self.mailing_visitors = MailingVisitors(store.handles, clock)
        self.pipeline.came = self.mailing_visitors.note
        self.watch = self._watch()
        self.ledger = self._ledger()
        self.opt_ins = self._opt_ins()
        self._explainer = self._explaining()
        self.observations = Observations(
            profiles=store.profiles,
            attributes=settings.attributes,
            clock=clock,
            changed=self.pipeline.forget,
        )
        self.rights = self._rights()

    @classmethod
    def open(
        cls, settings: Settings, *, ring: KeyRing, publisher: Publisher, clock: Clock, counters: Counter[str]
    ) -> Self:
        """Open the store and publish the content. Raises StoreError, ManyErrors."""
        store = open_store(settings.site.store)
        try:
            keep_erased(settings, store, ring, clock.now())
            return cls(settings, store, ring, publisher, clock, counters)
        except BaseException:
            store.close()
            raise

    def close(self) -> None:
        """Write what is still counted, index if it is our turn, and close every file."""
        self.watch.stop()
        self.rights.caretaker.stop()
        self.mailing_visitors.stop()
        self.browsers.stop()
        self.recorder.close()
        self.indexer.stop()
        self.store.close()

    def digests(self, identifier: str) -> list[tuple[str, bytes]]:
        """Return kind and keyed hash of identifier text such as `customer_number:4711`."""
        kind, value = self._parse(identifier)
        return [(kind, self.ring.identifier_digest(kind, value))]

    def subject_of(self, identifier: str) -> int:
        """Return the subject of identifier text. Raises NotFound with what may be wrong."""
        try:
            ((_, digest),) = self.digests(identifier)
        except IdentifierProblem as problem:
            raise NotFound(f"'{identifier}' cannot be looked up. {problem}") from problem
        subject = self.store.profiles.subject_of(digest)
        if subject is None:
            raise NotFound(f"Nobody is known as '{identifier}', or more than one person claims it.")
        return subject

    def mailing(self, name: str) -> Mailing:
        """Return a mailing, for making its links."""
        site = self.settings.site
        return Mailing(
            name,
            ring=self.ring,
            handles=self.store.handles,
            site=site.url,
            path=site.path,
            clock=self.clock,
            subject_of=self.subject_of,
        )

    def recipe(self, digest: str) -> Recipe | None:
        """Return a published recipe, or None when it is not kept."""
        if digest not in self._recipes:
            body = self.store.content.recipe(digest)
            if body is None:
                return None
            self._recipes[digest] = decode_recipe(body)
        return self._recipes[digest]

    def explain(
        self,
        entry: CookbookEntry,
        lang: str,
        reader: str = Reader.staff,
        *,
        masked: frozenset[str] = frozenset(),
    ) -> Explanation:
        """Put an entry into words for a reader; of the `masked` attributes no value is told. Raises NotFound."""
        return self._explainer.explain(entry, lang, reader, masked=masked)

    def briefly(self, entry: CookbookEntry, lang: str, *, masked: frozenset[str] = frozenset()) -> tuple[str, str]:
        """Return only what was shown, and why, as staff read it. Raises NotFound."""
        return self._explainer.briefly(entry, lang, masked=masked)

    def what_if(
        self,
        entry: CookbookEntry,
        lang: str,
        reader: str = Reader.staff,
        *,
        masked: frozenset[str] = frozenset(),
    ) -> tuple[WhatIf, ...]:
        """Say what single changes would have led to, the smallest that makes a difference first. Raises NotFound."""
        return self._explainer.what_if(entry, lang, reader, masked=masked)

    def facts(self, entry: CookbookEntry) -> Facts:
        """Look up what an entry refers to: recipe, consents and imports. Raises NotFound without the recipe."""
        return self._explainer.facts(entry)

    @property
    def banners(self) -> frozenset[str]:
        """Return the names under which the site's own consent banners are recorded."""
        return frozenset(source.name for source in self.publisher.sources)

    def replay(self) -> Replay:
        """Return what decides entries again, with the plugins of today."""
        return Replay(self.recipe, self.publisher.callees)

    def verify(self, start: int, end: int, progress: Callable[[int], None] = lambda done: None) -> Verified:
        """Look whether the entries of a period (µs, end exclusive) are as they were written."""
        return verify(
            self.store.folder,
            self.store.entries,
            SqliteBatches(self.store.cookbook),
            self.book_digests,
            self.store.profiles.key_of,
            start=start,
            end=end,
            progress=progress,
        )

    def health(self) -> dict[str, object]:
        """Return how this process fares, without personal data and without names of slots and variants."""
        findings = self.watch.findings()
        decided = decided_in(self.tallies)
        return {
            "status": " ".join(map(str, findings)) or "ok",
            "recipe": self.pipeline.serving.recipe.digest,
            "counters": dict(self.counters),
            "findings": findings,
            "worker": self.watch.worker,
            "decisions": sum(each.count for each in decided),
            "defaults": defaults(decided),
        }

    def refresh(self) -> None:
        """Follow edited content and renewed keys; a mistake in either leaves what is in force."""
        self._follow_keys()
        if self.publisher.edited():
            compiled = self.publisher.republish(self.store.content, self.clock)
            if compiled is not None:
                self.pipeline.serving = Serving(compiled, self._observed_of)

    def _follow_keys(self) -> None:
        stamp = _stamp(self.settings.site.keys)
        if stamp == self._keys_stamp:
            return
        self._keys_stamp = stamp
        try:
            self.ring = KeyRing.load(self.settings.site.keys)
        except KeyFileError as error:
            log.error("The keys in use stay: %s", error)
            return
        self.pipeline.recogniser = self._recogniser()

    def _recogniser(self) -> Recogniser:
        return Recogniser(
            ring=self.ring,
            site=self.settings.site.url,
            profiles=self.store.profiles,
            handles=self.store.handles,
            browsers=self.browsers,
            parse=self._parse,
        )

    def _browsers(self) -> Browsers:
        return Browsers(
            store=self.store.browsers,
            ring=lambda: self.ring,
            site=self.settings.site.url,
            clock=self.clock,
            lives=self.settings.sessions,
        )

    def _pipeline(self) -> Pipeline:
        compiled = self.publisher.publish(self.store.content, self.clock)
        self.freshness = Freshness(self.store.changes, self._forget, self.refresh)
        return self._trip(compiled)

    def _contexts(self) -> Contexts:
        return Contexts(
            self.settings.contexts,
            key=self.ring.context_key(),
            serving=lambda: self.pipeline.serving.recipe,
            trip=self._trip,
            callees=self.publisher.callees,
            calendar=Calendar(ZoneInfo(self.settings.site.timezone)),
            clock=self.clock,
        )

    def _trip(self, compiled: CompiledRecipe) -> Pipeline:
        """Return a trip under this recipe, with profiles of its own."""
        return Pipeline(
            recogniser=self._recogniser(),
            profiles=self.store.profiles,
            consents=self.store.consents,
            purposes=self.settings.purposes,
            dictionary=Dictionary(compiled.recipe.attributes),
            calendar=Calendar(ZoneInfo(self.settings.site.timezone)),
            clock=self.clock,
            hots=HotProfiles(),
            freshness=self.freshness,
            recorder=self.recorder,
            serving=Serving(compiled, self._observed_of),
            counters=self.counters,
            tallies=self.tallies,
            signals=signals_of(self.publisher.sources, self.settings.purposes, self.counters),
        )

    def _rights(self) -> Rights:
        return Rights(
            settings=self.settings,
            store=self.store,
            ring=self.ring,
            cookbook=self.cookbook,
            clock=self.clock,
            forget=self.pipeline.forget,
            in_force=lambda: self.pipeline.serving.recipe.digest,
        )

    def _watch(self) -> Watch:
        return Watch(
            store=self.store.folder,
            index=self.store.entries,
            keys=self.settings.site.keys,
            clock=self.clock,
            tallies=self.tallies,
            counters=self.counters,
            askable=self.freshness.check,
            unswept_since=SqliteErasures(self.store.people, self.store.keys).unswept_since,
            recipe=lambda: self.pipeline.serving.recipe.digest,
            indexing_failures=lambda: self.indexer.failures,
        )

    def _ledger(self) -> Ledger:
        return Ledger(
            consents=self.store.consents,
            profiles=self.store.profiles,
            purposes=self.settings.purposes,
            notices=self.settings.notices,
            digests=self.digests,
            clock=self.clock,
            site=self.settings.site.url,
            changed=self.pipeline.forget,
        )

    def _opt_ins(self) -> OptIns:
        tokens = MailTokens(lambda: self.ring, self.settings.site.url)
        return OptIns(
            store=self.store.opt_ins,
            profiles=self.store.profiles,
            ledger=self.ledger,
            digests=self.digests,
            network=lambda text: self.ring.identifier_digest("network", text),
            sign=tokens.sign,
            read=tokens.read,
            clock=self.clock,
            mail=self.settings.mail,
        )

    def _explaining(self) -> Explainer:
        sources = self.settings.sources.values()
        return Explainer(
            recipe=self.recipe,
            callees=self.publisher.callees,
            events=self.ledger.events,
            person=self.store.profiles.load,
            batch=self.store.batches.batch,
            sources={source.name: source.titles for source in sources},
            notices=self.settings.notices,
            clock=self.clock,
        )

    def _forget(self, changes: Changes) -> None:
        self.browsers.follow(changes)
        self.pipeline.forget_changes(changes)

    def _observed_of(self, number: int) -> int | None:
        """Return when an import's rows were observed; headers never change, so each is read once."""
        if number not in self._observed:
            batch = self.store.batches.batch(number)
            self._observed[number] = batch.observed_at if batch else None
        return self._observed[number]


def _stamp(path: Path) -> tuple[int, int] | None:
    """Return what differs after a file was replaced or written."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


def _country(settings: Settings) -> str:
    """Return the country that all sources share, for phone numbers without one; else none."""
    countries = {source.country for source in settings.sources.values()}
    return countries.pop() if len(countries) == 1 else ""
