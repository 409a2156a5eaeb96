"""The watch of one worker: what it counted, what it finds wrong, and its word to the other workers."""

import logging
import threading
from collections import Counter, deque
from collections.abc import Callable
from pathlib import Path
from time import monotonic

from msgspec import Struct
from msgspec.structs import replace

from personalize.background import Background
from personalize.cookbook.turn import last_turn
from personalize.decisions.tally import Tallies
from personalize.health.condition import Condition, condition_of
from personalize.health.findings import Finding, findings_of
from personalize.health.workers import Decided, Heard, Report, WorkerFile, remove_leftovers, workers_in
from personalize.model.decisions import Reason
from personalize.ports import Clock, EntryIndex

log = logging.getLogger("personalize")
BEAT = 5.0
"""Seconds between two reports."""
MEASURED_EVERY = 1.0
"""Seconds for which a measurement of disk and journal holds: anybody may ask for health."""
WINDOW = 60.0
"""Seconds over which errors are compared with decisions."""
ERRORS = frozenset({Reason.ERROR, Reason.UNRECORDED})
"""Reasons of a default that something broken gave."""
Sample = tuple[float, int, int]


class Measures(Struct, frozen=True, kw_only=True):
    """What a monitor is told of a site; `workers` are those that live."""

    workers: tuple[Report, ...] = ()
    condition: Condition | None = None
    findings: tuple[Finding, ...] = ()


class Watch:
    """Watches one worker of a store. Ask it from any thread; it does not touch the request path."""

    def __init__(
        self,
        *,
        store: Path,
        index: EntryIndex,
        keys: Path,
        clock: Clock,
        tallies: Tallies,
        counters: Counter[str],
        askable: Callable[[], bool],
        refused: Callable[[], bool],
        unswept_since: Callable[[], int | None],
        corrections: Callable[[], tuple[int, int | None]],
        overdue: Callable[[int], bool],
        check_list: Callable[[], None],
        check_heads: Callable[[], None],
        recipe: Callable[[], str],
        indexing_failures: Callable[[], int],
    ) -> None:
        self._store, self._index, self._keys, self._clock = store, index, keys, clock
        self._tallies, self._counters = tallies, counters
        self._askable, self._refused = askable, refused
        self._recipe, self._indexing_failures = recipe, indexing_failures
        self._unswept_since, self._corrections, self._overdue = unswept_since, corrections, overdue
        self._check_list, self._check_heads = check_list, check_heads
        self._since, self._opened = clock.now(), monotonic()
        self._file = WorkerFile(store)
        self._measuring, self._speaking, self._lock = threading.Lock(), threading.Lock(), threading.Lock()
        self._measured: tuple[float, Condition] | None = None
        self._samples: deque[Sample] = deque([(monotonic(), 0, 0)])
        self._said: Report | None = None
        self._background = Background("personalize-watch", self._work)

    @property
    def worker(self) -> str:
        """Return the name of this worker: its process id and four digits."""
        return self._file.worker

    def start(self) -> None:
        """Report every 5 seconds, from now on, in a thread."""
        self._background.start()

    def stop(self) -> None:
        """End the thread and take this worker's report away."""
        self._background.stop()
        self._file.remove()

    def condition(self) -> Condition:
        """Return the condition of the store and of this worker now; disk and journal as of a second ago at most."""
        decided, failed = self._lately()
        return replace(
            self._measure(),
            idle=self._idle(),
            askable=self._askable(),
            refused=self._refused(),
            decided=decided,
            failed=failed,
        )

    def findings(self) -> tuple[Finding, ...]:
        """Return what is wrong."""
        return findings_of(self.condition())

    def report(self) -> Report:
        """Return this worker's word, as of now."""
        return Report(
            worker=self.worker,
            pid=int(self.worker.partition("-")[0]),
            started=self._since,
            at=self._clock.now(),
            recipe=self._recipe(),
            decided=decided_in(self._tallies),
            counters=dict(self._counters),
            indexing_failures=self._indexing_failures(),
            findings=self.findings(),
        )

    def workers(self) -> list[Report]:
        """Return the last word of every worker that lives, this one's among them: no number in it ever goes back."""
        mine = self._said or self.beat()
        return [mine, *(heard.report for heard in self._others() if heard.alive)]

    def measures(self) -> Measures:
        """Return what a monitor is told."""
        condition = self.condition()
        return Measures(workers=tuple(self.workers()), condition=condition, findings=findings_of(condition))

    def beat(self) -> Report:
        """Say this worker's word. A store that does not take it is a finding of its own, not an error here."""
        with self._speaking:
            self._said = report = self.report()
            try:
                self._file.write(report)
            except OSError:
                self._counters["worker_file_failed"] += 1
            return report

    def _others(self) -> list[Heard]:
        return [heard for heard in workers_in(self._store) if heard.report.worker != self.worker]

    def _work(self) -> None:
        while True:
            try:
                self.beat()
                remove_leftovers(self._store)
            except Exception:
                self._counters["watch_failed"] += 1
                log.exception("This worker could not say how it fares.")
            if self._background.pause(BEAT):
                return

    def _measure(self) -> Condition:
        """Return disk and journal; while somebody measures, as they were, so that a slow disk holds up one alone."""
        known, now = self._measured, monotonic()
        if known is not None and now - known[0] < MEASURED_EVERY:
            return known[1]
        if not self._measuring.acquire(blocking=known is None):
            return known[1] if known is not None else Condition()
        try:
            found = condition_of(
                self._store,
                self._index,
                self._keys,
                self._clock.now(),
                unswept_since=self._unswept_since,
                corrections=self._corrections,
                overdue=self._overdue,
                check_list=self._check_list,
                check_heads=self._check_heads,
            )
            self._measured = now, found
            return found
        finally:
            self._measuring.release()

    def _idle(self) -> float:
        """Return for how long nobody indexed; not longer than this worker is there, which is about to."""
        here, idle = monotonic() - self._opened, last_turn(self._store)
        return here if idle is None else min(here, idle)

    def _lately(self) -> tuple[int, int]:
        """Return the decisions of the last minute, and those that gave the default because of an error."""
        tallies = self._tallies.all()
        decided = sum(each.count for each in tallies)
        failed = sum(each.count for each in tallies if each.variant is None and each.reason in ERRORS)
        with self._lock:
            now, samples = monotonic(), self._samples
            while len(samples) > 1 and samples[1][0] <= now - WINDOW:
                samples.popleft()
            if now - samples[-1][0] >= MEASURED_EVERY:
                samples.append((now, decided, failed))
            before = samples[0]
        return max(0, decided - before[1]), max(0, failed - before[2])


def decided_in(tallies: Tallies) -> tuple[Decided, ...]:
    """Return the counts so far."""
    return tuple(
        Decided(
            slot=each.slot,
            variant=each.variant,
            reason=each.reason.name,
            causes=tuple(cause.name for cause in sorted(each.causes)),
            count=each.count,
        )
        for each in tallies.all()
        if each.count
    )
