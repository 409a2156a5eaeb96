"""Retention: whole days of the cookbook are deleted when their time has passed, and values past their use."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, time
from pathlib import Path
from time import sleep
from zoneinfo import ZoneInfo

from msgspec import Struct

from personalize.cookbook.codes import number_of
from personalize.errors import StoreError
from personalize.model.attributes import Attribute
from personalize.model.cookbook import CookbookEntry
from personalize.model.moments import DAY, HOUR, SECOND
from personalize.ports import CookbookStore
from personalize.settings.tables import Retention
from personalize.storage.rejects import remove_rejects
from personalize.storage.sqlite.clearing import Place, SqliteClearing

STANDSTILL = 35 * DAY
"""After a longer pause nothing is deleted by itself: the clock may have jumped."""
BREATH = 1_000
"""Entries read before others get the processor for a moment."""
ENTRIES, COUNTS, VALUES, RECIPES = "entries", "counts", "values", "recipes"
CORRECTIONS, SEARCHES, LINKS, REJECTS, DEVICES = "corrections", "searches", "links", "rejects", "devices"
CHANGES_KEPT = 1_000_000
"""So many that no import at work misses one, and whoever has followed fewer forgets everything."""
LINKS_FOR = 30 * 86_400
"""Seconds that a newsletter link is kept after it expired, so that a reader may still ask about it."""

log = logging.getLogger("personalize")


Progress = Callable[[int], None]


class Deleted(Struct, frozen=True, kw_only=True):
    """One kind of thing, until when (µs, exclusive) it was deleted, and how many rows.

    Entries that were decided together, for one page, are one row. `what` is "entries",
    "entries for PURPOSE", "counts", "values", "values of ATTRIBUTE", "corrections",
    "searches" by staff that led to nobody, "links", "rejects", "devices" or "recipes".
    """

    what: str
    until: int
    count: int


class RetentionJob:
    """Deletes what one site has kept long enough.

    An entry that repeats an earlier one's inputs is at most a day younger; the earlier one is spared
    until its repetitions go too. `folder` is the store's. A device is forgotten `devices` seconds after its last
    visit. `in_force` gives the hash of the recipe in use.
    """

    def __init__(
        self,
        *,
        folder: Path,
        clearing: SqliteClearing,
        cookbook: CookbookStore,
        periods: Retention,
        attributes: Sequence[Attribute],
        devices: int,
        zone: ZoneInfo,
        in_force: Callable[[], str],
    ) -> None:
        self._folder, self._clearing, self._cookbook, self._periods = folder, clearing, cookbook, periods
        self._devices_for, self._zone, self._in_force = devices, zone, in_force
        self._lives = {each.name: each.shelf_life for each in attributes}

    def is_due(self, now: int) -> bool:
        """Say whether today's deletion is still to do. Raises StoreError where the clock seems to have jumped."""
        done = self._clearing.done()
        if stands_still(done, now):
            raise StoreError(
                "Nothing was deleted for more than 35 days, or the clock has jumped: if the time is right, "
                "run `personalize erase --expired` once."
            )
        at = done[ENTRIES][1] if ENTRIES in done else None
        return at is None or at < self._midnight(now) or at > now  # noted by a clock that was ahead

    def stands_still(self, now: int) -> bool:
        """Say whether nothing is deleted by itself any more. Raises StoreError."""
        return stands_still(self._clearing.done(), now)

    def run(self, now: int, progress: Progress = lambda n: None) -> list[Deleted]:
        """Delete everything whose time has passed, and say what. Raises StoreError; then it goes on next time."""
        self._clearing.changes(CHANGES_KEPT, lambda: progress(0))
        report = [self._entries_for(name, seconds, now, progress) for name, seconds in self._periods.purposes.items()]
        report.append(self._counts(now))
        if self._periods.values is not None:
            report.append(self._values(self._periods.values, now, progress))
        report += [self._values_of(name, period, now, progress) for name, period in self._periods.attributes.items()]
        report.append(self._corrections(now))
        report.append(self._searches(now))
        report.append(self._links(now))
        report.append(self._rejects(now))
        report.append(self._devices(now))
        report += self._entries(now, progress)
        return report

    def kept_since(self) -> int:
        """Return the time (µs) before which entries were deleted; 0 where none were."""
        return self._clearing.done().get(ENTRIES, (0, 0))[0]

    def _entries(self, now: int, progress: Progress) -> list[Deleted]:
        end, oldest, count = self._before(self._periods.entries, now), self._clearing.oldest(), 0
        if oldest is not None and oldest < end:
            count = self._clearing.entries_before(end, self._still_repeated(end, progress), lambda: progress(0))
        recipes = self._clearing.recipes_before(end, self._in_force())
        self._clearing.note(ENTRIES, end, now)
        return [Deleted(what=RECIPES, until=end, count=recipes), Deleted(what=ENTRIES, until=end, count=count)]

    def _entries_for(self, purpose: str, seconds: int, now: int, progress: Progress) -> Deleted:
        """Delete the entries that used a value kept for a purpose, with all that was decided in the same moment."""
        what, end = f"entries for {purpose}", self._before(seconds, now)
        start = max(self._clearing.done().get(what, (0, 0))[0] - DAY, self._clearing.oldest() or 0)
        count = 0
        if start < end and self._clearing.oldest() is not None:
            read = self._read(start, end, progress)
            found = {_place(e) for e in read if any(item.purpose == purpose for item in e.ingredients)}
            count = self._clearing.entries_at(found - self._still_repeated(end, progress), lambda: progress(0))
        self._clearing.note(what, end, now)
        return Deleted(what=what, until=end, count=count)

    def _counts(self, now: int) -> Deleted:
        end = self._before(self._periods.counts, now)
        count = self._clearing.counts_before(-(-end // HOUR))
        self._clearing.note(COUNTS, end, now)
        return Deleted(what=COUNTS, until=end, count=count)

    def _values(self, grace: int, now: int, progress: Progress) -> Deleted:
        lives: Mapping[str, int | None] = self._lives

        def is_over(attribute: str, observed: int) -> bool:
            life = lives.get(attribute)
            return life is not None and observed + (life + grace) * SECOND < now

        return Deleted(what=VALUES, until=now, count=self._clearing.values(is_over, lambda: progress(0)))

    def _values_of(self, name: str, period: int, now: int, progress: Progress) -> Deleted:
        """Delete the values of one attribute that were observed longer ago than it is kept."""
        until = now - period * SECOND

        def is_over(attribute: str, observed: int) -> bool:
            return attribute == name and observed < until

        count = self._clearing.values(is_over, lambda: progress(0))
        return Deleted(what=f"{VALUES} of {name}", until=until, count=count)

    def _corrections(self, now: int) -> Deleted:
        """Delete requests for corrections that were settled when the oldest entries were made."""
        end = self._before(self._periods.entries, now)
        return Deleted(what=CORRECTIONS, until=end, count=self._clearing.corrections_before(end))

    def _searches(self, now: int) -> Deleted:
        """Delete for whom staff searched in vain when the oldest entries were made, not that they did."""
        end = self._before(self._periods.entries, now)
        return Deleted(what=SEARCHES, until=end, count=self._clearing.searches_before(end))

    def _links(self, now: int) -> Deleted:
        """Delete newsletter links that expired long ago."""
        end = self._before(LINKS_FOR, now)
        return Deleted(what=LINKS, until=end, count=self._clearing.links_before(end))

    def _rejects(self, now: int) -> Deleted:
        """Delete the lists of what imports left out."""
        end = self._before(self._periods.rejects, now)
        return Deleted(what=REJECTS, until=end, count=remove_rejects(self._folder, end))

    def _devices(self, now: int) -> Deleted:
        """Forget the devices that nobody used for long; the next day they are erased."""
        end = self._before(self._devices_for, now)
        return Deleted(what=DEVICES, until=end, count=self._clearing.devices_before(end))

    def _still_repeated(self, end: int, progress: Progress) -> set[Place]:
        """Return the places before a time whose inputs an entry of the day after it repeats."""
        repeated = {entry.same_as for entry in self._read(end, end + DAY, progress) if entry.same_as}
        if not repeated:
            return set()
        return {_place(entry) for entry in self._read(end - DAY, end, progress) if entry.entry_id in repeated}

    def _read(self, start: int, end: int, progress: Progress) -> Iterable[CookbookEntry]:
        for count, entry in enumerate(self._cookbook.by_time(start, end), start=1):
            yield entry
            if count % BREATH == 0:
                progress(count)
                sleep(0.001)

    def _before(self, seconds: int, now: int) -> int:
        """Return the midnight at the site before which things are older than a period."""
        return self._midnight(now - seconds * SECOND)

    def _midnight(self, at: int) -> int:
        day = datetime.fromtimestamp(max(at, 0) / SECOND, self._zone).date()
        return int(datetime.combine(day, time(), self._zone).timestamp()) * SECOND


def stands_still(done: Mapping[str, tuple[int, int]], now: int) -> bool:
    """Say whether the last deletion is so far away that the clock may have jumped, by what `done_in` returns."""
    return ENTRIES in done and abs(now - done[ENTRIES][1]) > STANDSTILL


def _place(entry: CookbookEntry) -> Place:
    return entry.at, entry.subject, number_of(entry.code)
