"""What to do about a table in braces, `{ nl = "…", en = "…" }`, that is not TOML."""

import re

from msgspec import Struct

HEADER = re.compile(r"\s*\[\[?\s*([A-Za-z0-9_.-]+)\s*\]\]?\s*(?:#.*)?")
START = re.compile(r"\s*(?:([A-Za-z0-9_.-]+)\s*=\s*)?(?=[\[{])")
TOKEN = re.compile(r"""("(?:[^"\\]|\\.)*"|'[^']*'|[A-Za-z0-9_.-]+)|([{}=,])""")
PAIR = re.compile(r"""\s*("[^"]*"|'[^']*'|[A-Za-z0-9_.-]+)\s*=""")
WORD = re.compile(r"[^\W\d][^,}]*")
YES_OR_NO = frozenset({"yes", "no", "on", "off", "True", "False", "TRUE", "FALSE"})
COMMAS = "Between two keys stands a comma, and each text begins and ends with a quote"


class Spot(Struct, frozen=True, kw_only=True):
    """Where in a table in braces a mistake was met: the table's path, the key there, and the line around it.

    `table` is empty where it is not known, as in a list of several lines.
    """

    table: str
    key: str
    before: str
    rest: str

    @property
    def field(self) -> str:
        """Return the path of the key."""
        return ".".join(filter(None, (self.table, self.key)))


def spot_of(lines: list[str], line: int, column: int) -> Spot | None:
    """Return the spot at a line and column (from 1), None outside braces."""
    text = lines[line - 1]
    before, rest = text[: column - 1], text[column - 1 :]
    start = START.match(text)
    if start is None or (keys := _open_keys(before[start.end() :])) is None:
        return None
    outer = (_table_above(lines[: line - 1]), start[1]) if start[1] else ()
    table = ".".join(filter(None, (*outer, *keys[:-1])))
    return Spot(table=table, key=keys[-1], before=before.rstrip(), rest=rest.strip())


def remedy_in_braces(spot: Spot, cause: str) -> str:
    """Return what to do about a mistake there; `cause` is what tomllib says of it."""
    key = spot.key
    if not spot.rest or spot.rest.startswith("#"):
        return "A table in braces ends with } on the line it begins on; a longer one has a header, and a line per key"
    if spot.rest.startswith("}") and spot.before.endswith(","):
        return "Take out the comma before }"
    if spot.rest.startswith(":"):
        return f"Write {key} = instead of {key}:"
    if cause.startswith(("Duplicate", "Cannot")):
        return "Write each key once"
    if spot.before.endswith("=") and (value := WORD.match(spot.rest)):
        word = value[0].strip()
        return (
            f"Write {key} = true or {key} = false" if word in YES_OR_NO else f'Texts stand in quotes: {key} = "{word}"'
        )
    if not spot.before.endswith(("=", ",", "{")) and (pair := PAIR.match(spot.rest)):
        return f"Put a comma before {pair[1]}"
    return COMMAS


def _open_keys(text: str) -> list[str] | None:
    """Return the key at the end of a text in each table that is open there, the outermost first; None where none is."""
    keys: list[str] = []
    for name, sign in TOKEN.findall(text):
        if sign == "{":
            keys.append("")
        elif sign == "}" and keys:
            keys.pop()
        elif sign == "," and keys:
            keys[-1] = ""
        elif name and keys and not keys[-1]:
            keys[-1] = name.strip("\"'")
    return keys or None


def _table_above(lines: list[str]) -> str:
    """Return the name of the table that these lines end in; empty where it is not plain."""
    for line in reversed(lines):
        if line.lstrip().startswith("["):
            found = HEADER.fullmatch(line)
            return found[1] if found else ""
    return ""
