"""A variant's texts in one language, read apart once, so that filling its placeholders is joining."""

from collections.abc import Callable, Mapping
from zoneinfo import ZoneInfo

from personalize.decisions.conditions.scope import Scope
from personalize.model.attributes import Absence, Titles, Value
from personalize.model.content import Variant
from personalize.model.placeholders import parse
from personalize.model.spoken import NO_TITLES, write_value
from personalize.model.texts import Texts

Cells = tuple[Value | Absence | None, ...]
Filled = Callable[[Cells], Texts]
"""Gives field to text for the cells of one view."""
Piece = tuple[str, int, Mapping[str, Titles]]


def texts_in(variant: Variant, language: str, places: Mapping[str, int], scope: Scope) -> Filled:
    """Return what fills a variant's texts in a language; `places` are its placeholders' cells.

    Values stand in them by their titles. A variant without placeholders gives the same mapping every time.
    Eligibility has made sure that no cell that is asked for is absent.
    """
    zone = scope.zone
    named = [
        (name, [_piece(part, places, scope) for part in parse(in_language(by_language, language))])
        for name, by_language in variant.fields.items()
    ]
    if all(place < 0 for _, pieces in named for _, place, _ in pieces):
        same = Texts({name: "".join(text for text, *_ in pieces) for name, pieces in named})
        return lambda cells: same

    def fill(cells: Cells) -> Texts:
        texts = {
            name: "".join(
                [_shown(cells[place], language, zone, titles) if place >= 0 else text for text, place, titles in pieces]
            )
            for name, pieces in named
        }
        return Texts(texts)

    return fill


def in_language(texts: Mapping[str, str], language: str) -> str:
    """Return the text in this language, else in the first there is."""
    found = texts.get(language)
    return found if found is not None else next(iter(texts.values()), "")


def _piece(part: str | tuple[str], places: Mapping[str, int], scope: Scope) -> Piece:
    """Return plain text with -1, or nothing with the cell of a placeholder and its values' titles."""
    if isinstance(part, str):
        return part, -1, NO_TITLES
    attribute = scope.described(part[0])
    return "", places[part[0]], attribute.values if attribute else NO_TITLES


def _shown(cell: Value | Absence | None, language: str, zone: ZoneInfo, titles: Mapping[str, Titles]) -> str:
    if isinstance(cell, str) and not titles:
        return cell
    return "" if cell is None or isinstance(cell, Absence) else write_value(cell, language, zone, titles)
