"""What commands print: JSON, columns and counts."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

UNSERVED = "not put on the page"
"""What is remarked of a decision that was."""


def print_json(value: object) -> None:
    """Print a value as JSON that people can read too."""
    print(json.dumps(value, ensure_ascii=False, indent=2))


def columns(rows: Iterable[Sequence[str]]) -> list[str]:
    """Return rows as lines with their cells under each other."""
    rows = list(rows)
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun: `1 person`, `7,043 people`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def local_time(at: int, zone: ZoneInfo) -> str:
    """Return a time (µs since 1970 UTC) as the clock at the site reads it, to the second."""
    return json_time(at, zone).replace("T", " ")


def json_time(at: int, zone: ZoneInfo) -> str:
    """Return the same for programs: ISO 8601, as 2029-01-31T14:00:00+01:00."""
    return datetime.fromtimestamp(at // 1_000_000, zone).isoformat(timespec="seconds")


def printable(text: str) -> str:
    """Return text without signs that steer a terminal: it may come from a stranger's file."""
    return "".join(sign if sign.isprintable() or sign == "\n" else "\N{REPLACEMENT CHARACTER}" for sign in text)
