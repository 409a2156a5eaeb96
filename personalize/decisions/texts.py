"""A variant's texts in one language, read apart once, so that filling its placeholders is joining."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from zoneinfo import ZoneInfo

from personalize.model.attributes import Absence, Value
from personalize.model.content import Variant
from personalize.model.placeholders import parse
from personalize.model.spoken import write_value

Cells = tuple[Value | Absence | None, ...]
Texts = Callable[[Cells], Mapping[str, str]]
"""Gives field to text for the cells of one view."""


def texts_in(variant: Variant, language: str, places: Mapping[str, int], zone: ZoneInfo) -> Texts:
    """Return what fills a variant's texts in a language; `places` are its placeholders' cells.

    A variant without placeholders gives the same mapping every time. Eligibility has made sure
    that no cell that is asked for is absent.
    """
    named = [
        (name, [_piece(part, places) for part in parse(in_language(by_language, language))])
        for name, by_language in variant.fields.items()
    ]
    if all(place < 0 for _, pieces in named for _, place in pieces):
        same = MappingProxyType({name: "".join(part for part, _ in pieces) for name, pieces in named})
        return lambda cells: same

    def fill(cells: Cells) -> Mapping[str, str]:
        return {
            name: "".join([part if place < 0 else _shown(cells[place], language, zone) for part, place in pieces])
            for name, pieces in named
        }

    return fill


def in_language(texts: Mapping[str, str], language: str) -> str:
    """Return the text in this language, else in the first there is."""
    found = texts.get(language)
    return found if found is not None else next(iter(texts.values()), "")


def _piece(part: str | tuple[str], places: Mapping[str, int]) -> tuple[str, int]:
    """Return plain text with -1, or nothing with the cell of a placeholder."""
    return ("", places[part[0]]) if isinstance(part, tuple) else (part, -1)


def _shown(cell: Value | Absence | None, language: str, zone: ZoneInfo) -> str:
    if isinstance(cell, str):
        return cell
    return "" if cell is None or isinstance(cell, Absence) else write_value(cell, language, zone)
