"""What somebody typed into the one box: a visit code, or an identifier of some kind."""

import re
from typing import Literal

from msgspec import Struct

from personalize.cookbook.codes import ALPHABET, LENGTH, read_code
from personalize.errors import NotFound
from personalize.profile.identifiers import KINDS
from personalize.settings import Settings

CODE = "code"
LONGEST = 320
_PHONE = re.compile(r"(?:\+|00?)[\d\s().-]{7,}")
_SPACES = re.compile(r"[\s\u2010\u2011\u2013-]+")
Shape = Literal["code", "near", "foreign"]


class Query(Struct, frozen=True, kw_only=True):
    """What is to be looked up: `kind` is `code` or a kind of identifier."""

    kind: str
    text: str

    @property
    def identifier(self) -> str:
        """Return the identifier as the house reads it."""
        return f"{self.kind}:{self.text}"


def read_query(text: str, kind: str, known: tuple[str, ...]) -> Query:
    """Return what was typed; with an empty `kind` it is found out, among the `known` kinds of identifier."""
    text = text.strip()[:LONGEST]
    if kind == CODE or kind in known:
        return Query(kind=kind, text=text)
    prefix, colon, rest = text.partition(":")
    if colon and prefix in known:
        return Query(kind=prefix, text=rest.strip())
    return Query(kind=_guess(text, known), text=text)


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


def _guess(text: str, known: tuple[str, ...]) -> str:
    if "@" in text and "email" in known:
        return "email"
    shape, bare = shape_of(text), _SPACES.sub("", text)
    if shape == "code" and not (bare.isdigit() and "-" not in text and "customer_number" in known):
        return CODE
    if "phone" in known and _PHONE.fullmatch(text):
        return "phone"
    if shape != "foreign" and not bare.isdigit():
        return CODE
    return "customer_number" if "customer_number" in known and bare.isdigit() else CODE
