"""Placeholders in variants' texts: `{first_name}` stands for an attribute, `{{` and `}}` for braces."""

import re
from functools import lru_cache

PIECE = re.compile(r"\{\{|\}\}|\{([A-Za-z_][A-Za-z0-9_]{0,63})\}|[{}]")


class PlaceholderProblem(ValueError):
    """A brace that neither opens a placeholder nor is doubled; `column` counts from 1."""

    def __init__(self, column: int) -> None:
        self.column = column
        super().__init__(f"a single brace at character {column}: write {{name}} for a value, {{{{ for a brace")


@lru_cache(maxsize=4096)
def parse(text: str) -> tuple[str | tuple[str], ...]:
    """Return the text's parts in order: plain pieces, and names as 1-tuples. Raises PlaceholderProblem."""
    parts: list[str | tuple[str]] = []
    at = 0
    for found in PIECE.finditer(text):
        if found.start() > at:
            parts.append(text[at : found.start()])
        at = found.end()
        piece = found.group()
        if found.group(1):
            parts.append((found.group(1),))
        elif len(piece) == 2:
            parts.append(piece[0])
        else:
            raise PlaceholderProblem(found.start() + 1)
    if at < len(text):
        parts.append(text[at:])
    return tuple(parts)


def names_in(text: str) -> tuple[str, ...]:
    """Return the names a text has placeholders for, each once, in order. Raises PlaceholderProblem."""
    return tuple(dict.fromkeys(part[0] for part in parse(text) if isinstance(part, tuple)))
