"""The `[contexts]` table: the few groups whose pages a cache in front may keep."""

from collections.abc import Iterable, Sequence

from personalize.model.content import Segment
from personalize.settings.toml_file import Table

MOST = 27
"""Contexts at most: a cache keeps each page once for each of them."""
STATES = 3
"""What can be said of a visitor and a segment: in it, not in it, not known."""


def read_contexts(top: Table, segments: Iterable[Segment], *, markers: bool) -> tuple[str, ...]:
    """Return the segments that contexts are made of; none where no cache keeps personalised pages."""
    table, known = top.table("contexts"), [segment.name for segment in segments]
    names = table.names("segments", "readers")
    for name in names:
        if name not in known:
            table.unknown("segments", name, known, "a segment")
    many = contexts_of(names)
    if many > MOST:
        most = next(count for count in range(MOST) if STATES ** (count + 1) > MOST)
        cause = f"{len(names)} segments make {many} contexts, and {MOST} are the most"
        table.error("segments", cause, f"Name at most {most}, or make one segment of several")
    if names and markers:
        table.error("segments", "a page with markers is not made for a context", "Use the template tags, or leave it")
    table.close()
    return names


def contexts_of(names: Sequence[str]) -> int:
    """Return how many contexts these segments make: a visitor is in each, or not, or it is not known."""
    return STATES ** len(names) if names else 0
