"""The parts of a running site, and how each is made around one open store."""

import logging
from collections import Counter
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from personalize.admission import Admission
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
from personalize.errors import KeyFileError
from personalize.health.watch import Watch
from personalize.house.identities import Identities
from personalize.house.kept import Kept
from personalize.model.content import encode_recipe
from personalize.pipeline import Pipeline
from personalize.ports import Changes, Clock
from personalize.profile.admitted import Dictionary
from personalize.profile.freshness import Freshness
from personalize.profile.hot import HotProfiles
from personalize.profile.observations import Observations
from personalize.profile.view import Calendar
from personalize.publishing import Publisher
from personalize.recognition.browsers import Browsers
from personalize.recognition.keys import KeyRing
from personalize.recognition.mail_tokens import MailTokens
from personalize.recognition.recognise import Recogniser
from personalize.rights.noes import ListedAccounts, ListedConsents
from personalize.rights.rights import Rights, follow_list, noes_of
from personalize.serving import Serving
from personalize.settings import Settings
from personalize.storage.open import Store
from personalize.storage.sqlite.erasing import SqliteErasures
from personalize.storage.sqlite.holdings import SqliteHoldings
from personalize.storage.sqlite.restricting import SqliteRestrictions

if TYPE_CHECKING:
    from personalize.explain.explainer import Explainer

log = logging.getLogger("personalize")


class Parts:
    """Store, keys, trip, ledger and cookbook of one site in one process."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        ring: KeyRing,
        publisher: Publisher,
        clock: Clock,
        counters: Counter[str],
        *,
        serving: bool,
    ) -> None:
        self.settings, self.store, self.ring = settings, store, ring
        self.publisher, self.clock, self.counters = publisher, clock, counters
        self.staff, self.sessions = store.staff, store.sessions
        self._kept = Kept(store.content, store.batches)
        self.recipe = self._kept.recipe
        self._keys_stamp = _stamp(settings.site.keys)
        self._identities = Identities(settings, store.profiles, store.consents.event, lambda: self.ring)
        self.digests, self.subject_of = self._identities.digests, self._identities.subject_of
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
            observed_of=self._kept.observed_of,
        )
        publish = publisher.start if serving else publisher.publish
        self.pipeline = self._pipeline(publish(store.content, clock))
        self.contexts = self._contexts()
        self.mailing_visitors = MailingVisitors(store.handles, clock)
        self.pipeline.came = self.mailing_visitors.note
        self.watch = self._watch()
        self.rights = self._rights()
        self.accounts = ListedAccounts(store, self.rights.noes)
        self.ledger = self._ledger()
        self.opt_ins = self._opt_ins()
        self.observations = Observations(
            profiles=store.profiles,
            attributes=settings.attributes,
            clock=clock,
            changed=self.pipeline.forget,
            counters=counters,
        )

    def refresh(self) -> None:
        """Follow edited content and renewed keys; a mistake in either leaves what is in force."""
        self._follow_keys()
        if self.publisher.watch.edited():
            compiled = self.publisher.republish(self.store.content, self.clock)
            if compiled is not None:
                self.pipeline.serving = Serving(compiled, self._kept.observed_of)

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
            parse=self._identities.parse,
        )

    def _browsers(self) -> Browsers:
        return Browsers(
            store=self.store.browsers,
            noes=noes_of(self.settings, self.store, self.ring),
            ring=lambda: self.ring,
            site=self.settings.site.url,
            clock=self.clock,
            lives=self.settings.sessions,
        )

    def _pipeline(self, compiled: CompiledRecipe) -> Pipeline:
        self.freshness = Freshness(self.store.changes, self._forget, self.refresh, self._move_in)
        return self._trip(compiled)

    def _contexts(self) -> Contexts:
        return Contexts(
            self.settings.contexts,
            key=self.ring.context_key(),
            serving=lambda: self.pipeline.serving.recipe,
            trip=self._trip,
            callees=self.publisher.callees,
            calendar=Calendar(self.settings.site.zone),
            clock=self.clock,
        )

    def _trip(self, compiled: CompiledRecipe) -> Pipeline:
        """Return a trip under this recipe, with profiles of its own."""
        return Pipeline(
            recogniser=self._recogniser(),
            admission=Admission(
                self.store.profiles, self.settings.purposes, Dictionary(compiled.recipe.attributes), HotProfiles()
            ),
            calendar=Calendar(self.settings.site.zone),
            clock=self.clock,
            freshness=self.freshness,
            recorder=self.recorder,
            serving=Serving(compiled, self._kept.observed_of),
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
            refused=lambda: self.publisher.refused != "",
            unswept_since=SqliteErasures(self.store.people, self.store.keys).unswept_since,
            corrections=SqliteRestrictions(self.store.people).waiting_since,
            overdue=lambda now: self.rights.retention.stands_still(now),
            check_list=lambda: self.rights.check_list(),
            check_heads=self.book_digests.heads.check,
            recipe=lambda: self.pipeline.serving.recipe.digest,
            indexing_failures=lambda: self.indexer.failures,
        )

    def _ledger(self) -> Ledger:
        return Ledger(
            consents=ListedConsents(self.store, self.rights.noes),
            profiles=self.store.profiles,
            purposes=self.settings.purposes,
            notices=self.settings.notices,
            digests=self.digests,
            clock=self.clock,
            site=self.settings.site.url,
            changed=self.pipeline.forget,
            heard=self.publisher.heard,
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

    @cached_property
    def _explainer(self) -> "Explainer":
        from personalize.explain.explainer import Explainer

        sources = self.settings.sources.values()
        return Explainer(
            recipe=self.recipe,
            callees=self.publisher.callees,
            events=self.ledger.events,
            state=self.ledger.state,
            person=self.store.profiles.load,
            is_device=SqliteHoldings(self.store.people).is_device,
            restricted_at=SqliteRestrictions(self.store.people).at,
            links=self.browsers.links_of,
            batch=self.store.batches.batch,
            sources={source.name: source.titles for source in sources},
            notices=self.settings.notices,
            timezone=self.settings.site.timezone,
            clock=self.clock,
        )

    def _move_in(self) -> None:
        """Go on in the store that was put in this one's place, as after a start. Raises StoreError."""
        self.store.follow()
        follow_list(self.settings, self.store, self.ring, self.clock.now())
        self._kept.forget()
        serving = self.pipeline.serving.recipe
        self.store.content.save_recipe(serving.digest, encode_recipe(serving.recipe), self.clock.now())
        if not self.publisher.refused:
            self.store.content.put_in_force(serving.digest)
        self.recorder.close()  # its segment went with the other store
        log.warning("Another store stands in the place of the one that was open: it is used from now on.")

    def _forget(self, changes: Changes) -> None:
        self.browsers.follow(changes)
        self.pipeline.forget_changes(changes)


def _stamp(path: Path) -> tuple[int, int] | None:
    """Return what differs after a file was replaced or written."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns
