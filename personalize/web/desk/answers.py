"""What there is under a visit code; where there is nothing to tell, which of the ways that is."""

from collections.abc import Sequence
from itertools import groupby
from typing import Literal

from msgspec import Struct

from personalize.cookbook.codes import number_of, read_code, show_code, suggest
from personalize.house import House
from personalize.model.cookbook import CookbookEntry
from personalize.web.desk.queries import shape_of

Kind = Literal["found", "unknown", "mistyped", "foreign", "expired", "erased", "damaged"]


class View(Struct, frozen=True, kw_only=True):
    """One page view: the decisions made at one moment for one person."""

    at: int
    subject: int
    entries: tuple[CookbookEntry, ...]


class Answer(Struct, frozen=True, kw_only=True):
    """What a code led to. `code` is as people see it; `near` are known codes one slip away.

    `kept_since` (µs) is the time before which nothing is kept any more; 0 where everything still is.
    """

    kind: Kind
    code: str
    views: tuple[View, ...] = ()
    near: tuple[str, ...] = ()
    kept_since: int = 0


def answer_to(house: House, text: str, seen: int | None = None) -> Answer:
    """Return what is under a code as somebody typed it. Raises StoreError.

    A code bears no time, so only `seen` (µs), when the caller says they saw it, tells one that is no
    longer kept from one that never was.
    """
    shape = shape_of(text)
    if shape != "code":
        near = tuple(show_code(code) for code in suggest(text, lambda code: bool(house.cookbook.by_code(code))))
        return Answer(kind="mistyped" if shape == "near" else "foreign", code=text, near=near)
    code = read_code(text)
    entries = house.cookbook.by_code(code)
    if not entries:
        return _nothing(house, code, seen)
    erased = all(entry.erased for entry in entries)
    return Answer(kind="erased" if erased else "found", code=show_code(code), views=views_of(entries))


def views_of(entries: Sequence[CookbookEntry]) -> tuple[View, ...]:
    """Return entries, in order of time, as page views."""
    found = groupby(entries, key=lambda entry: (entry.at, entry.subject))
    return tuple(View(at=at, subject=subject, entries=tuple(some)) for (at, subject), some in found)


def _nothing(house: House, code: str, seen: int | None) -> Answer:
    """Say why there is nothing: damaged, no longer kept, or never given out."""
    since, shown = house.rights.kept_since(), show_code(code)
    if house.store.entries.by_code(number_of(code)):
        return Answer(kind="damaged", code=shown)
    if seen is not None and seen < since:
        return Answer(kind="expired", code=shown, kept_since=since)
    return Answer(kind="unknown", code=shown, kept_since=since if seen is None else 0)
