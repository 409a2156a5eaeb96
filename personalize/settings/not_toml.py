"""What is wrong with a text that is not TOML, and what to do: look-alikes, quotes, keys that stand twice."""

import re

from msgspec import Struct

from personalize.settings.characters import QUOTES, instead_of, named
from personalize.settings.in_braces import HEADER, YES_OR_NO, remedy_in_braces, spot_of

CURLY = re.compile(f"[{''.join(sorted(QUOTES))}]")
STRANGE = re.compile(r"[^ -~\n]")
KEY = re.compile(r"\s*([A-Za-z0-9_.-]+)\s*=\s*")
WHOLE = re.compile(r""" "(?:[^"\\]|\\.)*" | '[^']*' | \#.* """, re.VERBOSE)
"""A text on one line, or a comment."""
TWICE = re.compile(r"Duplicate inline table key '(.*)'")
ENDS_OF_LINES = ("Illegal character '\\n'", "Found invalid character '\\n'")
ALONE = ("Invalid hex value", "Unescaped '\\'")
USUAL = "Texts stand in quotes, tables in brackets; a date is 2029-01-31, a time 2029-01-31T14:00:00"


class Mistake(Struct, frozen=True, kw_only=True):
    """Why a text is not TOML, what to do, where (from 1), and in a table in braces the path of the key there."""

    cause: str
    remedy: str
    line: int
    column: int
    field: str = ""


def mistake_at(text: str, line: int, column: int, cause: str) -> Mistake:
    """Return the mistake that tomllib met at a line and column (from 1), for the `cause` that it gives."""
    lines = text.split("\n")
    spot = spot_of(lines, line, column)
    field = spot.field if spot else ""
    before, rest = lines[line - 1][: column - 1], lines[line - 1][column - 1 :]
    if curly := CURLY.match(rest) or _ends_curly(before, rest):
        remedy = f"{curly[0]} is a quote of a word processor: write straight quotes, \" or '"
        return Mistake(cause=cause, remedy=remedy, line=line, column=column, field=field)
    if (strange := STRANGE.match(rest)) and (remedy := instead_of(strange[0])):
        return Mistake(cause=f"here stands {named(strange[0])}", remedy=remedy, line=line, column=column, field=field)
    if cause.startswith(ALONE):
        remedy = "Write two for one: \\\\"
        return Mistake(cause="a backslash stands alone", remedy=remedy, line=line, column=column - 2, field=field)
    if found := _never_closed(text, lines[: line - 1], lines[line - 1], cause):
        line, column, quote = found
        block = quote * 3 if len(quote) == 1 else quote
        remedy = f"Write {quote} at its end; a text of several lines stands between {block} and {block}"
        return Mistake(cause=f"a text has no closing {quote}", remedy=remedy, line=line, column=column, field=field)
    if told := _twice(lines, line, cause):
        return Mistake(cause=told[0], remedy=told[1], line=line, column=column, field=field)
    remedy = remedy_in_braces(spot, cause) if spot else _remedy_for(lines[line - 1], before)
    return Mistake(cause=cause, remedy=remedy, line=line, column=column, field=field)


def _ends_curly(before: str, rest: str) -> re.Match[str] | None:
    """Return the curly quote that was to end a text which began with a straight one, and so never ended."""
    opened = before.count('"') % 2 == 1
    return next(CURLY.finditer(before), None) if opened and not rest.strip() else None


def _never_closed(text: str, above: list[str], line: str, cause: str) -> tuple[int, int, str] | None:
    """Return the line and column at which a text begins that never ends, and its quote."""
    if cause in ENDS_OF_LINES or (cause == "Unterminated string" and '"""' not in text):
        opened = re.search("[\"']", WHOLE.sub(lambda found: " " * len(found[0]), line))
        return (len(above) + 1, opened.start() + 1, opened[0]) if opened else None
    quote = '"""' if cause == "Unterminated string" else cause.removeprefix("Expected ").strip('"')
    if quote not in ('"""', "'''", "'"):
        return None
    at = text.rindex(quote)
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at), quote


def _twice(lines: list[str], line: int, cause: str) -> tuple[str, str] | None:
    """Return that a key or table stands twice, and what to do."""
    if found := TWICE.fullmatch(cause) or (cause == "Cannot overwrite a value" and KEY.match(lines[line - 1])):
        return f"`{found[1]}` stands twice here", "Write each key once"
    header = HEADER.fullmatch(lines[line - 1])
    if header is None or not cause.startswith("Cannot declare"):
        return None
    table, listed = header[1], f"[[{header[1].partition('.')[0]}]]"
    remedy = "Put its keys below the first one"
    if any(each.strip() == listed for each in lines[:line]):
        remedy += f", or {listed} above this one, if it belongs to another"
    return f"[{table}] stands twice", remedy


def _remedy_for(line: str, before: str) -> str:
    """Return the remedy for the mistake that was met in a line, behind `before`."""
    if not (key := KEY.match(line)):
        return USUAL
    value = line[key.end() :].partition(" #")[0].strip()
    if value in YES_OR_NO:
        return f"Write {key[1]} = true or {key[1]} = false"
    if before == key[0] and re.match(r"[^\W\d]", value):
        return f"Texts and conditions stand in quotes: {_quoted(key[1], value)}"
    if apostrophe := re.fullmatch(r"'([^\"']*[^\"' ]'[^\"', ][^\"]*)'", value):
        return f'A text with an apostrophe in it stands in double quotes: {key[1]} = "{apostrophe[1]}"'
    if re.fullmatch(r"'[^\"']*(?:'[^\"',]+'[^\"',]*)+'", value):
        return f'A text with quotes in it stands in double quotes: {key[1]} = "{value[1:-1]}"'
    if re.fullmatch(r'"[^{\["].*"[^"]+.*"|""[^"].*"', value):
        return f"Quotes inside a text are single ones: {_quoted(key[1], value[1:-1])}"
    return USUAL


def _quoted(key: str, value: str) -> str:
    return f'{key} = "{value.replace(chr(34), chr(39))}"'
