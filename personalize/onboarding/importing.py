"""Import one file: survey, read, stage, then make all of it true at once."""

import hashlib
from collections.abc import Iterable, Sequence
from contextlib import closing, nullcontext
from functools import partial
from pathlib import Path

import msgspec

from personalize.errors import IdentifierProblem, ImportRefused
from personalize.model.moments import DAY
from personalize.onboarding.cells import BadCell
from personalize.onboarding.events import EventMapping, claimed_events
from personalize.onboarding.framing import Progress, rows
from personalize.onboarding.mapping import (
    IdentifierMapping,
    MomentMapping,
    ProfileMapping,
    encode,
    wanted_columns,
)
from personalize.onboarding.rejects import ROW_REJECTED, ROW_REPLACED, LeftOutRows, Rejects
from personalize.onboarding.summary import MOST_LINES, ImportSummary, LeftOut
from personalize.onboarding.survey import Survey, survey
from personalize.ports import Clock, ImportHeader, No, NoList
from personalize.recognition.keys import KeyRing
from personalize.settings.tables import Settings, Source
from personalize.storage.open import Store
from personalize.storage.sqlite.staging import Published, StagedRow, Staging

CHUNK = 2_000
SHARED = "claimed by several people, so it belongs to none"
MAPPING = 2
"""Rises when the same file and mapping could give other values."""


def import_file(
    path: Path,
    source: str,
    settings: Settings,
    store: Store,
    ring: KeyRing,
    clock: Clock,
    *,
    noes: NoList,
    dry_run: bool = False,
    older_too: bool = False,
    observed: int | None = None,
    progress: Progress | None = None,
) -> ImportSummary:
    """Import a file of a source, all of it or nothing, and say what became of its rows.

    `noes` is where objections are listed before they count. `observed` is the moment (µs) at which the file was
    true; now, unless the source has a column for it. An extract older than the newest one is refused unless
    `older_too`. The file that was imported last, under the same mapping and of the same `observed`, changes nothing.
    `progress` is told bytes read and bytes in all. Rows that were left out stand in `rejects/FILE.rejects.csv` in the
    store; a dry run only counts them. Raises ImportRefused, and StoreError.
    """
    if source not in settings.sources:
        known = ", ".join(sorted(settings.sources)) or "none"
        raise ImportRefused(f"There is no source '{source}' in personalize.toml: known are {known}.")
    mapping = settings.sources[source]
    found = survey(path, mapping, wanted_columns(mapping))
    digest = _digest(found, mapping, settings, observed)
    last = store.batches.last(source)
    if mapping.kind == "values" and last and last.sha256 == digest:
        return _already(path, mapping, found, last.number, last.observed_at)
    with closing(store.staging()) as staging:
        rejects = LeftOutRows() if dry_run else Rejects(store.folder, path)
        try:
            run = _Import(path, mapping, settings, ring, clock.now(), found, staging, rejects)
            summary = run.run(digest, store, observed, noes, older_too=older_too, dry_run=dry_run, progress=progress)
            kept = rejects.keep()
        except BaseException:
            rejects.discard()
            raise
    return msgspec.structs.replace(summary, rejects_file=str(kept) if kept else None)


class _Import:
    """One run; holds what its steps share."""

    def __init__(
        self,
        path: Path,
        source: Source,
        settings: Settings,
        ring: KeyRing,
        now: int,
        found: Survey,
        staging: Staging,
        rejects: LeftOutRows,
    ) -> None:
        self.path, self.source, self.settings, self.now = path, source, settings, now
        self.found, self.staging, self.rejects = found, staging, rejects
        self.identifiers = IdentifierMapping(source, ring, found.columns)
        self.rows = self.newest = self.over = 0

    def run(
        self,
        digest: str,
        store: Store,
        observed: int | None,
        noes: NoList,
        *,
        older_too: bool,
        dry_run: bool,
        progress: Progress | None,
    ) -> ImportSummary:
        self._stage(self.now if observed is None else observed, progress)
        self._still_the_same()
        if self.source.kind != "values":
            return self._publish_events(digest, noes, dry_run)
        for line, last in self.staging.drop_duplicates():
            self.rejects.add(line, ROW_REPLACED, "a later row is about the same person", f"line {last}")
        published = self.staging.publish_profiles(
            partial(self._header_without, digest),
            self.identifiers.kinds,
            partial(self._admit, store, older_too=older_too),
            proved=self.source.proved,
            dry_run=dry_run,
        )
        self._report_shared(published)
        return self._summary(self._header(digest), published, dry_run)

    def _stage(self, observed: int, progress: Progress | None) -> None:
        """Read the file into the waiting table. The loop every row goes through: keep it lean."""
        source, found, settings = self.source, self.found, self.settings
        moments = MomentMapping(source, settings, found.columns, observed)
        moment = moments.moment
        if source.kind == "values":
            body = ProfileMapping(source, settings, found.columns).body
        else:
            body = EventMapping(source, settings, found.columns).body
        key, others, report = self.identifiers.key, self.identifiers.others, self.rejects.add
        latest, newest, at, stamp = self.now + DAY, 0, 0, b""
        waiting: list[StagedRow] = []
        count = 0
        for line, cells in rows(self.path, found, progress):
            count += 1
            if isinstance(cells, str):
                report(line, ROW_REJECTED, cells)
                continue
            try:
                digest = key(cells)
                when = moment(cells)
                if when != at:
                    at, stamp = when, encode(when)
                    if at > latest:
                        raise moments.too_late(cells)
                    newest = max(newest, at)
                waiting.append((line, digest, body(line, cells, stamp, report), digest + others(line, cells, report)))
            except (IdentifierProblem, BadCell) as problem:
                at = 0
                report(line, ROW_REJECTED, *self._why(problem, cells))
                continue
            if len(waiting) == CHUNK:
                self.staging.add(waiting)
                waiting.clear()
        self.staging.add(waiting)
        self.rows, self.newest = count, newest or observed

    def _why(self, problem: Exception, cells: list[str]) -> tuple[str, str]:
        if isinstance(problem, BadCell):
            return str(problem), problem.cell
        places = [self.found.columns.index(name) for name in self.source.identifiers[self.source.key]]
        return f"{self.source.key}: {problem}", " ".join(cells[place] for place in places)

    def _still_the_same(self) -> None:
        status = self.path.stat()
        if (status.st_size, status.st_mtime_ns) != (self.found.size, self.found.changed):
            raise ImportRefused(f"{self.path} changed while it was read: wait until it is complete, then try again.")

    def _admit(self, store: Store, *, older_too: bool) -> None:
        """Compare the file with those before it, while no other import can come in between."""
        before = store.batches.newest(self.source.name)
        if not older_too and before is not None and before.observed_at > self.newest:
            raise ImportRefused(
                f"{self.path} is older than batch {before.number} ({before.file_name}) of this source: "
                "nothing was changed. Import it with --older if it shall replace newer values."
            )

    def _report_shared(self, published: Published) -> None:
        for each in published.shared:
            lines = [line for line in each.lines if line is not None]
            known = " and somebody known before" if None in each.lines else ""
            for line in lines:
                self.rejects.add(line, each.kind, SHARED, f"lines {', '.join(map(str, lines[:MOST_LINES]))}{known}")

    def _publish_events(self, digest: str, noes: NoList, dry_run: bool) -> ImportSummary:
        mapping = EventMapping(self.source, self.settings, self.found.columns)
        for line, _, body, subjects in self.staging.claimants():
            if trouble := mapping.trouble(subjects):
                self.rejects.add(line, ROW_REJECTED, trouble)
            else:
                self.over += mapping.is_over(body, self.now)
        header = self._header(digest)
        if not header.accepted:
            return self._summary(header, Published(batch=0, new=0), dry_run)
        self.rejects.secure()
        are_listed = self.source.kind == "objections" and not dry_run
        with noes.listing() if are_listed else nullcontext(_unsaid) as say:
            published = self.staging.publish_events(
                header,
                lambda batch: claimed_events(self.staging, mapping, digest, batch, self.now),
                say,
                dry_run=dry_run,
            )
        return self._summary(header, published, dry_run)

    def _header_without(self, digest: str, claimed: Sequence[int]) -> ImportHeader:
        for line in claimed:
            reason = f"two people already claim this {self.source.key}: correct it at the source"
            self.rejects.add(line, ROW_REJECTED, reason)
        self.rejects.secure()
        return self._header(digest)

    def _header(self, digest: str) -> ImportHeader:
        rejected = self.rejects.of(ROW_REJECTED)
        return ImportHeader(
            source=self.source.name,
            file_name=self.path.name,
            sha256=digest,
            observed_at=self.newest,
            imported_at=self.now,
            accepted=self.rows - rejected - self.rejects.of(ROW_REPLACED),
            rejected=rejected,
        )

    def _summary(self, header: ImportHeader, published: Published, dry_run: bool) -> ImportSummary:
        noted = sorted(self.rejects.counts.items(), key=lambda item: (-item[1], item[0]))
        return ImportSummary(
            source=self.source.name,
            kind=self.source.kind,
            file=str(self.path),
            rows=self.rows,
            accepted=header.accepted,
            rejected=header.rejected,
            replaced=self.rejects.of(ROW_REPLACED),
            new=published.new,
            over=self.over,
            batch=published.batch,
            observed_at=header.observed_at,
            encoding=self.found.encoding,
            delimiter=self.found.delimiter,
            dry_run=dry_run,
            left_out=tuple(
                LeftOut(what=what, reason=reason, count=count, lines=tuple(self.rejects.examples[what, reason]))
                for (what, reason), count in noted
            ),
            shared=published.shared,
            adopted=published.adopted,
            proved=self.source.proved,
        )


def _unsaid(events: Iterable[No]) -> None:
    """List nothing: a yes that a restore loses is asked again."""


def _digest(found: Survey, source: Source, settings: Settings, observed: int | None) -> str:
    """Return the name of this import: the file, how it is read, and when it is said to be true."""
    attributes = [attribute for attribute in settings.attributes if attribute.source == source.name]
    types = [(attribute.name, attribute.type, attribute.choices) for attribute in attributes]
    said = msgspec.json.encode((MAPPING, found.sha256, source, types, settings.site.timezone, observed))
    return hashlib.sha256(said).hexdigest()


def _already(path: Path, source: Source, found: Survey, batch: int, observed_at: int) -> ImportSummary:
    return ImportSummary(
        source=source.name,
        kind=source.kind,
        file=str(path),
        rows=0,
        accepted=0,
        rejected=0,
        replaced=0,
        new=0,
        batch=batch,
        observed_at=observed_at,
        encoding=found.encoding,
        delimiter=found.delimiter,
        already=True,
    )
