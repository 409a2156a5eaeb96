"""One running site: what it is asked."""

import logging
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Self

from personalize.explain.reader import Reader
from personalize.health.condition import trouble_of
from personalize.health.totals import defaults
from personalize.health.watch import decided_in
from personalize.house.parts import Parts
from personalize.model.cookbook import CookbookEntry
from personalize.ports import Clock, Revocation
from personalize.publishing import Publisher
from personalize.recognition.keys import KeyRing
from personalize.rights.rights import follow_list
from personalize.settings import Settings
from personalize.storage.open import open_store
from personalize.storage.sqlite.index_batches import SqliteIndexBatches

if TYPE_CHECKING:
    from personalize.campaigns.mailing import Mailing
    from personalize.explain.explainer import Explainer
    from personalize.explain.explanation import Explanation
    from personalize.explain.facts import Facts
    from personalize.explain.replay import Replay
    from personalize.explain.supposed import WhatIf
    from personalize.explain.verify import Verified

log = logging.getLogger("personalize")


class House(Parts):
    """What is asked of the parts together; the parts stand beside it under their own names.

    What visitors' requests do without is loaded when it is first asked for: a worker starts the sooner.
    """

    @classmethod
    def open(
        cls,
        settings: Settings,
        *,
        ring: KeyRing,
        publisher: Publisher,
        clock: Clock,
        counters: Counter[str],
        serving: bool = False,
    ) -> Self:
        """Open the store and publish the content; while `serving`, refused content leaves what was in force before.

        Raises StoreError, ManyErrors.
        """
        store = open_store(settings.site.store)
        try:
            follow_list(settings, store, ring, clock.now())
            house = cls(settings, store, ring, publisher, clock, counters, serving=serving)
        except BaseException:
            store.close()
            raise
        trouble = trouble_of(house.rights.check_list, str) if serving else ""
        if trouble:
            log.error("Nobody can be erased, and a restore would lose what people refuse: %s", trouble)
        return house

    def close(self) -> None:
        """Write what is still counted, index if it is our turn, and close every file."""
        self.watch.stop()
        self.rights.caretaker.stop()
        self.mailing_visitors.stop()
        self.browsers.stop()
        self.observations.waiting.stop()
        self.recorder.close()
        self.indexer.stop()
        self.store.close()

    def mailing(self, name: str) -> "Mailing":
        """Return a mailing, for making its links."""
        from personalize.campaigns.mailing import Mailing

        return Mailing(
            name,
            ring=self.ring,
            handles=self.store.handles,
            site=self.settings.site,
            clock=self.clock,
            subject_of=self.subject_of,
        )

    def revoke(self, *, subject: int | None = None, mailing: str | None = None) -> int:
        """End the links of a person, of a mailing, of one in the other, or all; return how many ended now.

        They end for good: no backup brings them back. Raises StoreError.
        """
        at = max(self.clock.now(), self.store.handles.newest(subject, mailing))  # whatever became of the clock
        revocation = Revocation(at=at, subject=subject, mailing=mailing)
        with self.rights.noes.listing() as say:
            say([revocation])
            return self.store.handles.revoke(revocation)

    def explaining(self) -> "Explainer":
        """Return what explains the many entries of one page or file, asking only once for each person's consents."""
        return self._explainer.for_one_page()

    def explain(
        self,
        entry: CookbookEntry,
        lang: str,
        reader: str = Reader.staff,
        *,
        masked: frozenset[str] = frozenset(),
    ) -> "Explanation":
        """Put an entry into words for a reader; of the `masked` attributes no value is told. Raises NotFound."""
        return self._explainer.explain(entry, lang, reader, masked=masked)

    def what_if(
        self,
        entry: CookbookEntry,
        lang: str,
        reader: str = Reader.staff,
        *,
        masked: frozenset[str] = frozenset(),
    ) -> "tuple[WhatIf, ...]":
        """Say what single changes would have led to, the smallest that makes a difference first. Raises NotFound."""
        return self._explainer.what_if(entry, lang, reader, masked=masked)

    def facts(self, entry: CookbookEntry) -> "Facts":
        """Look up what an entry refers to: recipe, consents and imports. Raises NotFound without the recipe."""
        return self._explainer.facts(entry)

    def outline(self, entry: CookbookEntry) -> "Facts":
        """Look up what the reasons of an entry take, and not where its values came from. Raises NotFound."""
        return self._explainer.outline(entry)

    @property
    def banners(self) -> frozenset[str]:
        """Return the names under which the site's own consent banners are recorded."""
        return frozenset(source.name for source in self.publisher.sources)

    def replay(self) -> "Replay":
        """Return what decides entries again, with the plugins of today."""
        from personalize.explain.replay import Replay

        return Replay(self.recipe, self.publisher.callees)

    def verify(self, start: int, end: int, progress: Callable[[int], None] = lambda done: None) -> "Verified":
        """Look whether the entries of a period (µs, end exclusive) are as they were written."""
        from personalize.explain.verify import verify

        return verify(
            self.store.folder,
            self.store.entries,
            SqliteIndexBatches(self.store.cookbook),
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
            "status": " ".join(str(each) for each in findings if each.serving) or "ok",
            "recipe": self.pipeline.serving.recipe.digest,
            "counters": dict(self.counters),
            "findings": findings,
            "worker": self.watch.worker,
            "decisions": sum(each.count for each in decided),
            "defaults": defaults(decided),
        }
