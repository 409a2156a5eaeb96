"""Licence plates of the Netherlands and Norway in one form: upper case, nothing between."""

import re
from string import ascii_uppercase, digits
from unicodedata import normalize

from personalize.errors import IdentifierProblem

# The fourteen Dutch series ("sidecodes") by shape: A a letter, 9 a digit.
_DUTCH_SHAPES = (
    *("AA-99-99", "99-99-AA", "99-AA-99", "AA-99-AA", "AA-AA-99", "99-AA-AA", "99-AAA-9"),
    *("9-AAA-99", "AA-999-A", "A-999-AA", "AAA-99-A", "A-99-AAA", "9-AA-999", "999-AA-9"),
)
_DUTCH_LENGTH = 6
# Never issued: names of parties, insults, and what recalls the occupation.
_NEVER_ISSUED = ("GVD", "KKK", "KVT", "LPF", "NSB", "PKK", "PSV", "TBS", "SS", "SD")
_NORWEGIAN = re.compile(r"[A-Z]{2}[0-9]{5}")
_BETWEEN = str.maketrans("", "", " -.·")
_SIGN = str.maketrans(ascii_uppercase + digits, "A" * 26 + "9" * 10)


def _letter_groups(shape: str) -> tuple[slice, ...]:
    """Return the places of the letter groups of a shape, counted without its dashes."""
    places, at = [], 0
    for group in shape.split("-"):
        if group.startswith("A"):
            places.append(slice(at, at + len(group)))
        at += len(group)
    return tuple(places)


_GROUPS_BY_SHAPE = {shape.replace("-", ""): _letter_groups(shape) for shape in _DUTCH_SHAPES}


def licence_plate(text: str, country: str) -> str:
    """Return a plate in its one form, `12DBB1` or `AB12345`; raises IdentifierProblem.

    `country` is NL, NO, or empty for either.
    """
    if country not in ("NL", "NO", ""):
        raise IdentifierProblem(f"Plates are matched in NL and NO; the source's country is {country}.")
    plate = (text if text.isascii() else normalize("NFKC", text)).upper().translate(_BETWEEN)
    if country != "NL" and _NORWEGIAN.fullmatch(plate):
        return plate
    if country == "NO":
        raise IdentifierProblem("It is not a Norwegian plate: two letters and five digits.")
    return _dutch(plate)


def _dutch(plate: str) -> str:
    groups = _GROUPS_BY_SHAPE.get(plate.translate(_SIGN)) if len(plate) == _DUTCH_LENGTH else None
    if groups is None:
        raise IdentifierProblem("It has the shape of no Dutch licence plate.")
    for group in groups:
        for never in _NEVER_ISSUED:
            if never in plate[group]:
                raise IdentifierProblem(f"No Dutch licence plate bears the letters {never}.")
    return plate
