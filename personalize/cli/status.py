"""`personalize status`: what is wrong with a site, with the remedy, and what its workers counted."""

import argparse
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from personalize.cli.output import columns, counted, json_time, local_time, print_json, tell
from personalize.cli.site import config_option, json_option, settings_of
from personalize.cookbook.digests import Heads
from personalize.cookbook.turn import last_turn
from personalize.errors import KeyFileError, StoreError
from personalize.health.condition import Condition, condition_of, trouble_of
from personalize.health.findings import Finding, findings_of
from personalize.health.totals import decisions, defaults, withheld
from personalize.health.workers import Decided, Heard, Report, workers_in
from personalize.ports import ChangeFeed, SystemClock
from personalize.recognition.keys import KeyRing
from personalize.rights.erasure_list import check_list
from personalize.rights.retention import stands_still
from personalize.rights.sweeping import is_restore_unfinished
from personalize.settings import Site
from personalize.storage.open import open_store
from personalize.storage.sqlite.clearing import done_in
from personalize.storage.sqlite.erasing import SqliteErasures
from personalize.storage.sqlite.restricting import SqliteRestrictions

DAY = 86_400
FILES = ("people.sqlite", "keys.sqlite", "cookbook.sqlite")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    config_option(parser)
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    """Say how the site fares; 1 where something is wrong."""
    site = settings_of(args).site
    if not site.enabled:
        return _switched_off(args.json)
    heard = workers_in(site.store)
    condition = replace(_condition(site, heard), unfinished=is_restore_unfinished(site.store))
    findings = [(finding, "") for finding in findings_of(condition)] + _said_by(heard, condition)
    if args.json:
        print_json(msgspec.to_builtins(_plain(condition, findings, heard, site.zone)))
    else:
        tell("\n".join(_told(site, condition, findings, heard)))
    return 1 if findings else 0


def _switched_off(as_json: bool) -> int:
    if as_json:
        print_json({"status": "disabled"})
    else:
        tell("Switched off: `[site] enabled` is false.")
    return 0


def _condition(site: Site, heard: list[Heard]) -> Condition:
    """Measure the store as it lies there: one that is missing is not made."""
    missing = [name for name in FILES if not (site.store / name).is_file()]
    if missing:
        text = f"{site.store} has no {missing[0]}: start the site once, or correct `[site] store`."
        return Condition(store=text, keys=_keys_trouble(site.keys))
    try:
        store = open_store(site.store)
    except StoreError as error:
        return Condition(store=str(error), keys=_keys_trouble(site.keys))
    try:
        erasures = SqliteErasures(store.people, store.keys)
        check, check_heads = partial(check_list, site.erasures, erasures.followed), Heads(site.heads).check
        found = condition_of(
            site.store,
            store.entries,
            site.keys,
            SystemClock().now(),
            unswept_since=erasures.unswept_since,
            corrections=SqliteRestrictions(store.people).waiting_since,
            overdue=lambda now: stands_still(done_in(store.people), now),
            check_list=check,
            check_heads=check_heads,
        )
        needed = found.backlog.size > 0 or any(each.alive for each in heard)
        return replace(
            found,
            keys=_keys_trouble(site.keys),
            erasures=trouble_of(check, str),
            heads=trouble_of(check_heads, str),
            idle=_idle(site.store) if needed else None,
            askable=_askable(store.changes),
        )
    finally:
        store.close()


def _keys_trouble(path: Path) -> str:
    """Return what is wrong with the key file, and where: whoever has this machine may know."""
    try:
        KeyRing.load(path)
    except KeyFileError as error:
        return str(error)
    return ""


def _idle(store: Path) -> float:
    idle = last_turn(store)
    return float("inf") if idle is None else idle


def _askable(changes: ChangeFeed) -> bool:
    try:
        changes.poll(0)
    except StoreError:
        return False
    return True


def _said_by(heard: Iterable[Heard], measured: Condition) -> list[tuple[Finding, str]]:
    """Return what live workers find of themselves: the store's condition was `measured` here, maybe by another user."""
    here = {"erasures": measured.erasures, "heads": measured.heads}
    own = ["errors", "consent", "content", *(name for name, found in here.items() if not found)]
    return [
        (finding, each.report.worker)
        for each in heard
        if each.alive
        for finding in each.report.findings
        if finding.name in own
    ]


def _worker(report: Report, zone: ZoneInfo) -> dict[str, object]:
    times = {"started": json_time(report.started, zone), "at": json_time(report.at, zone)}
    return {**msgspec.to_builtins(report), **times}


def _plain(
    condition: Condition, findings: list[tuple[Finding, str]], heard: list[Heard], zone: ZoneInfo
) -> dict[str, object]:
    alive = [each.report for each in heard if each.alive]
    decided = [each for report in alive for each in report.decided]
    return {
        "status": "finding" if findings else "ok",
        "findings": [{**msgspec.to_builtins(each), "worker": worker} for each, worker in findings],
        "journal": {"bytes": condition.backlog.size, "age": condition.backlog.age, "idle": condition.idle},
        "corrections": {"open": condition.corrections, "age": condition.waited},
        "disk_free": condition.free,
        "workers": [_worker(each, zone) for each in alive],
        "died": [each.report.worker for each in heard if not each.alive],
        "decisions": [
            {"slot": slot, "variant": variant, "reason": reason, "count": number}
            for (slot, variant, reason), number in sorted(decisions(decided).items(), key=str)
        ],
        "defaults": defaults(decided),
        "refused_reads": withheld(decided),
        "faults": _faults(heard),
    }


def _told(site: Site, condition: Condition, findings: list[tuple[Finding, str]], heard: list[Heard]) -> Iterator[str]:
    for finding, worker in findings:
        yield f"Worker {worker}: {finding}" if worker else str(finding)
    if not findings:
        yield "Nothing is wrong."
    yield from _told_of_the_store(condition)
    yield from _told_of_workers(heard, site.zone)
    decided = [each for one in heard if one.alive for each in one.report.decided]
    yield from _table("Decisions", _rows_of(decided))
    yield from _table("Defaults", _by_number(defaults(decided)))
    yield from _table("Values kept away, in decisions", _by_number(withheld(decided)))
    yield from _table("Swallowed faults", _by_number(_faults(heard)))


def _told_of_the_store(condition: Condition) -> Iterator[str]:
    if condition.store:
        return
    size, age = condition.backlog.size, condition.backlog.age
    waits = f"{size:,} bytes wait to be indexed, the oldest for {age:.1f} s" if size else "all is indexed"
    free = "" if condition.free is None else f"; {condition.free >> 20:,} MiB are free on the disk"
    yield f"Journal: {waits}{free}."
    if condition.corrections:
        waiting = counted(condition.corrections, "request waits", "requests wait")
        days = counted(int(condition.waited // DAY), "day")
        yield f"Corrections: {waiting}, the oldest for {days}; `personalize correct` lists them."


def _told_of_workers(heard: list[Heard], zone: ZoneInfo) -> Iterator[str]:
    alive = [each for each in heard if each.alive]
    yield f"{counted(len(alive), 'worker runs', 'workers run')}." if alive else "No worker of the site runs."
    for each in heard:
        report = each.report
        decided = counted(sum(one.count for one in report.decided), "decision")
        last = f"as of {local_time(report.at, zone)}" if each.alive else f"died after {local_time(report.at, zone)}"
        yield f"  {report.worker}: since {local_time(report.started, zone)}, {decided}, {last}"


def _rows_of(decided: list[Decided]) -> list[tuple[str, ...]]:
    found = sorted(decisions(decided).items(), key=str)
    return [(slot, variant or "(default)", reason, f"{number:,}") for (slot, variant, reason), number in found]


def _by_number(numbers: dict[str, int]) -> list[tuple[str, ...]]:
    found = sorted(numbers.items(), key=lambda item: (-item[1], item[0]))
    return [(name, f"{number:,}") for name, number in found if number]


def _faults(heard: Iterable[Heard]) -> dict[str, int]:
    found: dict[str, int] = {}
    for each in heard:
        for name, number in each.report.counters.items() if each.alive else ():
            found[name] = found.get(name, 0) + number
    return found


def _table(title: str, rows: list[tuple[str, ...]]) -> Iterator[str]:
    if rows:
        yield f"{title}:"
        yield from (f"  {line}" for line in columns(rows))
