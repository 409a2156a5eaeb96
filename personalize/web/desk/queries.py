"""What somebody typed into the one box: a visit code, the number of a receipt, or an identifier of some kind."""

import re
from collections.abc import Callable
from typing import Literal

from msgspec import Struct

from personalize.consent.receipts import receipt_number
from personalize.cookbook.codes import ALPHABET, LENGTH, read_code
from personalize.errors import IdentifierProblem, NotFound
from personalize.profile.identifiers import KINDS
from personalize.settings import Settings

CODE, RECEIPT = "code", "receipt"
LONGEST = 320
_PHONE = re.compile(r"(?:\+|00?)[\d\s().-]{7,}")
_SPACES = re.compile(r"[\s\u2010\u2011\u2013-]+")
_SHAPED = ("address", "plate")
"""Kinds of identifier that are told by their shape."""
_SHAPELESS = ("customer_number",)
"""Kinds of identifier that any text may be."""
Reader = Callable[[str], object]
"""Reads identifier text such as `address:1234AB 12`. Raises IdentifierProblem for what is none of its kind."""
Shape = Literal["code", "near", "foreign"]


class Query(Struct, frozen=True, kw_only=True):
    """What is to be looked up: `kind` is `code`, `receipt` or a kind of identifier."""

    kind: str
    text: str

    @property
    def identifier(self) -> str:
        """Return the identifier as the house reads it."""
        return f"{self.kind}:{self.text}"


def read_queries(text: str, kind: str, known: tuple[str, ...], read: Reader) -> tuple[Query, ...]:
    """Return what was typed; with an empty `kind` all that it may be, among the `known` kinds of identifier.

    They are to be tried in this order; where none leads anywhere, the first is what it was meant as.
    """
    text = text.strip()[:LONGEST]
    if kind in (CODE, RECEIPT, *known):
        return (Query(kind=kind, text=text),)
    prefix, colon, rest = text.partition(":")
    if colon and prefix in (RECEIPT, *known):
        return (Query(kind=prefix, text=rest.strip()),)
    return tuple(Query(kind=each, text=text) for each in _guesses(text, known, read))


def kinds_of(settings: Settings) -> tuple[str, ...]:
    """Return the kinds of identifier by which this site knows people, in the order in which they are offered."""
    named = {kind for source in settings.sources.values() for kind in source.identifiers}
    return tuple(kind for kind in KINDS if kind in named) or KINDS[:1]


def shape_of(text: str) -> Shape:
    """Say whether a text is a visit code, nearly one, or nothing of ours."""
    try:
        read_code(text)
    except NotFound:
        bare = _SPACES.sub("", text).upper().translate(str.maketrans("OIL", "011"))
        strange = sum(character not in ALPHABET for character in bare)
        return "near" if abs(len(bare) - LENGTH) <= 1 and strange <= 1 else "foreign"
    return "code"


def _guesses(text: str, known: tuple[str, ...], read: Reader) -> tuple[str, ...]:
    if "@" in text and "email" in known:
        return ("email",)
    shapeless = [kind for kind in _SHAPELESS if kind in known and _fits(kind, text, read)]
    if receipt_number(text):
        return (RECEIPT, *shapeless)
    is_number = _SPACES.sub("", text).isdigit() and "customer_number" in known
    is_code = shape_of(text) == "code" and not (is_number and "-" not in text)
    if "phone" in known and _PHONE.fullmatch(text) and not is_code:
        return ("phone",)
    shaped = [kind for kind in _SHAPED if kind in known and _fits(kind, text, read)]
    if is_number and not is_code:
        return (*shaped, "customer_number")
    return (*shaped, CODE, *shapeless)


def _fits(kind: str, text: str, read: Reader) -> bool:
    try:
        read(f"{kind}:{text}")
    except IdentifierProblem:
        return False
    return True
