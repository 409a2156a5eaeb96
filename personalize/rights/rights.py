"""The rights office of one site: erasure and retention over its open store."""

from collections.abc import Callable

from personalize.cookbook.digests import Digests
from personalize.cookbook.journal import segments_in
from personalize.ports import Clock, CookbookStore
from personalize.recognition.keys import KeyRing
from personalize.rights.caretaker import Caretaker
from personalize.rights.corrections import Corrections
from personalize.rights.erasure import Erased, Erasure
from personalize.rights.erasure_list import ErasureList
from personalize.rights.insight import Insights
from personalize.rights.noes import Noes
from personalize.rights.retention import Deleted, RetentionJob
from personalize.settings import Settings
from personalize.storage.open import Store
from personalize.storage.sqlite.clearing import SqliteClearing


class Rights:
    """What can be demanded of a site. `forget` and `in_force` belong to the trip that uses the store.

    `noes` is where every no is listed, so that a backup does not take it back.
    """

    def __init__(
        self,
        *,
        settings: Settings,
        store: Store,
        ring: KeyRing,
        cookbook: CookbookStore,
        clock: Clock,
        forget: Callable[[int], None],
        in_force: Callable[[], str],
    ) -> None:
        self._clock = clock
        self._erasure = erasure_of(settings, store, ring, forget)
        self.noes = self._erasure.noes
        self.corrections = Corrections(store, self.noes, settings.attributes, clock, forget)
        self.insights = Insights(store, cookbook, settings, self.corrections)
        self.retention = RetentionJob(
            folder=store.folder,
            clearing=SqliteClearing(
                store.cookbook,
                store.people,
                Digests(ring.cookbook_key(), settings.site.heads),
                lambda: segments_in(store.folder / "journal"),
            ),
            cookbook=cookbook,
            periods=settings.retention,
            attributes=settings.attributes,
            devices=settings.sessions.device,
            zone=settings.site.zone,
            in_force=in_force,
        )
        self.caretaker = Caretaker(self._erasure, self.retention, clock)

    def erase(self, subject: int, now: int | None = None) -> Erased:
        """Erase a person: unreadable at once here, within a second in other processes, for good (law 11).

        Doing so again changes nothing. Raises StoreError; then it is carried on by the next sweep.
        """
        return self._erasure.erase(subject, self._clock.now() if now is None else now)

    def erased_at(self, subject: int) -> int | None:
        """Return when a subject was erased (µs), or None."""
        return self._erasure.erased_at(subject)

    def sweep(self, *, patience: float = 0.0) -> int | None:
        """See to it that no file holds a byte of the erased; return of how many people that is new.

        None where another process is at it. The caretaker does this by itself, within a minute.
        """
        return self._erasure.sweep(self._clock.now(), patience=patience)

    def unswept(self) -> int:
        """Return of how many erased people a file may still hold a byte."""
        return self._erasure.unswept()

    def expire(self, progress: Callable[[int], None] = lambda n: None) -> list[Deleted]:
        """Delete what was kept long enough, and say what. The caretaker does this once a day."""
        return self.retention.run(self._clock.now(), progress)

    def check_list(self) -> None:
        """Look whether the erasure list can be written. Raises ErasureListError."""
        self._erasure.check_list()

    def kept_since(self) -> int:
        """Return the time (µs) before which entries were deleted; 0 where none were."""
        return self.retention.kept_since()


def erasure_of(settings: Settings, store: Store, ring: KeyRing, forget: Callable[[int], None]) -> Erasure:
    """Return what erases people of a store, by the site's list."""
    return Erasure(store, _list_of(settings, ring), forget)


def noes_of(settings: Settings, store: Store, ring: KeyRing) -> Noes:
    """Return where every no to a store is listed, by the site's list."""
    return Noes(store, _list_of(settings, ring))


def follow_list(settings: Settings, store: Store, ring: KeyRing, now: int) -> Noes:
    """Erase again who came back with a backup, keep every no that went with it, and return where noes are listed.

    Before the store is used. Raises StoreError.
    """
    erasure = erasure_of(settings, store, ring, lambda subject: None)
    erasure.catch_up(now)
    return erasure.noes


def _list_of(settings: Settings, ring: KeyRing) -> ErasureList:
    return ErasureList(settings.site.erasures, ring.erasure_digest, ring.erasure_key())
