"""Characters that look like others, or like nothing: what to call them in a message, and what to write instead."""

import unicodedata

QUOTES = frozenset("\u201c\u201d\u201e\u201f\u2018\u2019\u201a\u201b\u00ab\u00bb")


def named(character: str) -> str:
    """Return what to call a character: itself and its name, or the name alone where there is nothing to see."""
    kind = unicodedata.category(character)
    if kind == "Cc":
        return "a control character"
    name = unicodedata.name(character, "character without a name").lower()
    if kind[0] in "CZM":
        return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"
    return f"{character} ({name})"


def instead_of(character: str) -> str:
    """Return what to write instead of a character; empty where that is not known."""
    kind = unicodedata.category(character)
    if character in QUOTES:
        return "Write straight quotes, \" or '"
    if kind[0] == "Z":
        return "Write a blank"
    if kind[0] == "C":
        return "Take it out"
    return "Write -" if kind == "Pd" or character == "\u2212" else ""
