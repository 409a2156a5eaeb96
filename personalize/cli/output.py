"""What commands print: text, JSON, columns and counts; never a sign that steers a terminal."""

import json
import os
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TextIO
from zoneinfo import ZoneInfo

from personalize.errors import StoreError

UNSERVED = "not put on the page"
"""What is remarked of a decision that was."""
ISOLATES = dict.fromkeys(map(ord, "\N{FIRST STRONG ISOLATE}\N{POP DIRECTIONAL ISOLATE}"))
"""What sentences put around values that are read from right to left: a terminal does without."""
KEPT = "\N{NO-BREAK SPACE}"
"""No sign to Python, but an ordinary space, and one that stands in numbers."""


def tell(text: str, file: TextIO | None = None) -> None:
    """Print text for people, on standard output unless told."""
    print(printable(text), file=file, flush=True)


def print_document(texts: Iterable[str]) -> None:
    """Print the texts of a file, one after another: as they are, but where somebody watches them on a terminal."""
    sys.stdout.writelines(map(printable, texts) if sys.stdout.isatty() else texts)
    print()


def print_json(value: object) -> None:
    """Print a value as JSON that people can read too."""
    print(json_text(value, indent=2))


def json_text(value: object, indent: int | None = None) -> str:
    """Return a value as JSON; what steers a terminal is written as JSON's escapes, so nothing is lost."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return "".join(sign if _is_harmless(sign) else json.dumps(sign)[1:-1] for sign in text)


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


def private_file(path: Path) -> TextIO:
    """Open a new file, or empty an old one, that its owner alone may read; line ends stay. Raises StoreError."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise unwritable(path, error) from error
    os.fchmod(descriptor, 0o600)
    return os.fdopen(descriptor, "w", encoding="utf-8", newline="")


def unwritable(path: Path, error: OSError) -> StoreError:
    """Return what to raise where a file that somebody named cannot be made."""
    remedy = "Name a file in a folder that is there, and that you may write to"
    return StoreError(f"{path} cannot be written: {error.strerror}. {remedy}.")


def printable(text: str) -> str:
    """Return text without signs that steer a terminal: it may come from a stranger's file."""
    plain = text.translate(ISOLATES)
    return "".join(sign if sign in KEPT or _is_harmless(sign) else "\N{REPLACEMENT CHARACTER}" for sign in plain)


def _is_harmless(sign: str) -> bool:
    return sign.isprintable() or sign == "\n"
