"""A stored value as people read it."""

import re
from collections.abc import Mapping
from unicodedata import bidirectional
from zoneinfo import ZoneInfo

from personalize.explain.dates import local, moment_words
from personalize.explain.language import Language
from personalize.model.attributes import Attribute, AttributeType, Titles
from personalize.model.spoken import spoken, write_list, write_value
from personalize.profile.values import READERS, SETS

BREAKS = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029]+")
STEERING = re.compile("[\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069]")
"""Signs that tell in which direction to read, and would turn around the words after the value too."""
RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})


def value_words(plain: object, attribute: Attribute | None, lang: Language, zone: ZoneInfo) -> str:
    """Return a plain value in words: “yes”, “3 February 2027”, “internet and television”.

    A value of no type, or not of its type, stands as it was delivered; its members are listed. It is one line,
    and changes neither lines nor direction of what stands around it.
    """
    return within_sentence(_worded(plain, attribute, lang, zone))


def within_sentence(text: str) -> str:
    """Return a value that can stand within a sentence: between isolates where it is read from right to left."""
    if text.isascii() and text.isprintable():
        return text
    line = STEERING.sub("", BREAKS.sub(" ", text))
    if any(bidirectional(sign) in RIGHT_TO_LEFT for sign in line):
        return f"\N{FIRST STRONG ISOLATE}{line}\N{POP DIRECTIONAL ISOLATE}"
    return line


def _worded(plain: object, attribute: Attribute | None, lang: Language, zone: ZoneInfo) -> str:
    if attribute is None:
        return _as_delivered(plain, lang)
    kind = attribute.type
    if kind is AttributeType.instant and isinstance(plain, int):
        return moment_words(local(plain, zone), lang)
    value = READERS[kind](plain)
    if value is None:
        return _as_delivered(plain, lang)
    titles = _with_empty(attribute.values, lang) if kind is AttributeType.set else attribute.values
    return write_value(value, lang.name, zone, titles) or lang.say("none")


def _with_empty(titles: Mapping[str, Titles], lang: Language) -> Mapping[str, Titles]:
    """Return what members are called, with a word for the one that is empty: in a list nobody would see it."""
    return {"": {lang.name: lang.quote("")}, **titles}


def _as_delivered(plain: object, lang: Language) -> str:
    if isinstance(plain, SETS):
        return write_list([str(each) or lang.quote("") for each in plain], spoken(lang.name).every) or lang.say("none")
    return str(plain)
