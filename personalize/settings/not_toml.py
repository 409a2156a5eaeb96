"""What to do about a line that is not TOML: the mistakes that word processors make, and those with quotes."""

import re

from personalize.settings.in_braces import YES_OR_NO, Spot, remedy_in_braces

CURLY = re.compile("[\u201c\u201d\u201e\u201f\u2018\u2019\u201a\u201b\u00ab\u00bb]")
KEY = re.compile(r"\s*([A-Za-z0-9_.-]+)\s*=\s*")
USUAL = "Texts stand in quotes, tables in brackets; a date is 2029-01-31, a time 2029-01-31T14:00:00"


def remedy_for(line: str, column: int, cause: str = "", spot: Spot | None = None) -> str:
    """Return the remedy for the mistake that was met at a column (from 1) of a line, in braces at `spot`."""
    before, rest = line[: column - 1], line[column - 1 :]
    if curly := CURLY.match(rest) or _ends_curly(before, rest):
        return f"{curly[0]} is a quote of a word processor: write straight quotes, \" or '"
    if spot is not None:
        return remedy_in_braces(spot, cause)
    if not (key := KEY.match(line)):
        return USUAL
    value = line[key.end() :].partition(" #")[0].strip()
    if value in YES_OR_NO:
        return f"Write {key[1]} = true or {key[1]} = false"
    if before == key[0] and re.match(r"[^\W\d]", value):
        return f"Texts and conditions stand in quotes: {_quoted(key[1], value)}"
    if re.fullmatch(r'"[^{\["].*"[^"]+.*"|""[^"].*"', value):
        return f"Quotes inside a text are single ones: {_quoted(key[1], value[1:-1])}"
    return USUAL


def _ends_curly(before: str, rest: str) -> re.Match[str] | None:
    """Return the curly quote that was to end a text which began with a straight one, and so never ended."""
    opened = before.count('"') % 2 == 1
    return next(CURLY.finditer(before), None) if opened and not rest.strip() else None


def _quoted(key: str, value: str) -> str:
    return f'{key} = "{value.replace(chr(34), chr(39))}"'
