"""The `[retention]` table."""

from collections.abc import Iterable, Sequence

from personalize.model.attributes import Attribute
from personalize.model.consent import Purpose
from personalize.settings.tables import Retention
from personalize.settings.toml_file import Table

DAY = 86_400


def read_retention(top: Table, purposes: dict[str, Purpose], attributes: Iterable[Attribute]) -> Retention:
    """Return for how long things are kept; whole days are deleted, so less than one makes no sense."""
    table = top.table("retention")
    usual = Retention()
    entries = _days(table, "entries") or usual.entries
    retention = Retention(
        entries=entries,
        counts=_days(table, "counts") or usual.counts,
        rejects=_days(table, "rejects") or usual.rejects,
        values=_days(table, "values"),
        purposes=_purposes(table.table("purposes"), purposes, entries),
        attributes=_attributes(table.table("attributes"), [attribute.name for attribute in attributes]),
    )
    table.close()
    return retention


def _purposes(table: Table, purposes: dict[str, Purpose], entries: int) -> dict[str, int]:
    kept = {}
    for name in table.values:
        if name not in purposes:
            table.unknown(name, name, purposes, "a purpose")
        seconds = _days(table, name)
        if seconds and seconds > entries:
            table.error(name, "a purpose cannot keep entries for longer than all are kept", "Raise `entries` instead")
        elif seconds:
            kept[name] = seconds
    return kept


def _attributes(table: Table, known: Sequence[str]) -> dict[str, int]:
    kept = {}
    for name in table.values:
        if name not in known:
            table.unknown(name, name, known, "an attribute")
        seconds = _days(table, name)
        if seconds:
            kept[name] = seconds
    return kept


def _days(table: Table, key: str) -> int | None:
    seconds = table.seconds(key, None)
    if seconds is not None and seconds < DAY:
        table.error(key, "whole days are deleted", 'Write at least "1d"')
    return seconds
