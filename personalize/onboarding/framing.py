"""Cut a file into rows so that a bad one never takes its neighbours along (F16)."""

import csv
import io
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from personalize.onboarding.survey import Survey

MAX_LINE = 1 << 20
MOST_LINES = 100
"""A quoted cell that has not ended after so many lines was never closed."""

Row = tuple[int, list[str] | str]
"""The number of the first line, and the cells, or in words why they cannot be told."""
Progress = Callable[[int, int], object]


def rows(path: Path, found: Survey, progress: Progress | None) -> Iterator[Row]:
    """Yield every row of a surveyed file; blank lines are passed over. Memory stays bounded."""
    with path.open("rb") as raw:
        raw.seek(found.skip)
        text = io.TextIOWrapper(raw, found.encoding, "replace", newline=found.newline)
        yield from frame(_lines(text, raw, found.size, progress), found)


def frame(lines: Iterator[str | None], found: Survey) -> Iterator[Row]:
    """Yield the rows that lines make up; None is a line that is too long.

    A quoted cell may hold line ends, but only where the row that results has exactly the header's
    columns and none of its further lines would make a row by itself. Otherwise the quote was
    stray: its line is rejected alone, and reading goes on with the next.
    """
    delimiter, width, damaged = found.delimiter, len(found.columns), found.damaged
    ahead: deque[str | None] = deque()
    number = found.line
    while ahead or _reach(lines, ahead, 0):
        text = ahead.popleft()
        number += 1
        if text is None:
            yield number, "the line is longer than a megabyte"
        elif "\0" in text:
            yield number, "the line holds a NUL character"
        elif damaged and "\ufffd" in text:
            yield number, f"the line holds bytes that are not {found.encoding}"
        elif '"' in text:
            cells, taken = _quoted(text, lines, ahead, delimiter, width)
            yield number, cells
            number += taken
        else:
            cells = text.split(delimiter)
            if len(cells) == width:
                yield number, cells
            elif text.strip():
                yield number, _miscounted(len(cells), width)


def _quoted(
    text: str, lines: Iterator[str | None], ahead: deque[str | None], delimiter: str, width: int
) -> tuple[list[str] | str, int]:
    """Return the cells of a line with quotes, and how many lines more they took."""
    cells = _parsed(text, delimiter)
    if cells is not None:
        return (cells if len(cells) == width else _miscounted(len(cells), width)), 0
    if not _is_open(text, delimiter):
        return "a quote stands where none can", 0
    return _continued(text, lines, ahead, delimiter, width)


def _continued(
    text: str, lines: Iterator[str | None], ahead: deque[str | None], delimiter: str, width: int
) -> tuple[list[str] | str, int]:
    """Look for the lines that close a quote; they stay ahead unless they are part of the row."""
    whole = text
    for count in range(MOST_LINES):
        if not _reach(lines, ahead, count):
            break
        line = ahead[count]
        if line is None or len(whole) > MAX_LINE or "\0" in line or _is_row(line, delimiter, width):
            break
        whole += "\n" + line
        if '"' in line and (cells := _parsed(whole, delimiter)) is not None:
            if len(cells) != width:
                break
            for _ in range(count + 1):
                ahead.popleft()
            return cells, count + 1
    return "a quote is opened and never closed", 0


def _reach(lines: Iterator[str | None], ahead: deque[str | None], count: int) -> bool:
    """Say whether there is a line `count` places ahead, reading it if need be."""
    if count < len(ahead):
        return True
    for line in lines:
        ahead.append(line)
        return True
    return False


def _parsed(text: str, delimiter: str) -> list[str] | None:
    try:
        return next(csv.reader([text], delimiter=delimiter, strict=True))
    except csv.Error:
        return None


def _is_open(text: str, delimiter: str) -> bool:
    """Say whether the text ends within a quoted cell."""
    try:
        next(csv.reader([text + '"'], delimiter=delimiter, strict=True))
    except csv.Error:
        return False
    return True


def _is_row(line: str, delimiter: str, width: int) -> bool:
    if '"' not in line:
        return len(line.split(delimiter)) == width
    cells = _parsed(line, delimiter)
    return cells is not None and len(cells) == width


def _miscounted(count: int, width: int) -> str:
    return f"the row has {count} cells, the header {width}"


def _lines(text: io.TextIOWrapper, raw: BinaryIO, size: int, progress: Progress | None) -> Iterator[str | None]:
    """Yield the lines after the header without their ends; None for one that is too long."""
    readline = text.readline
    count = 0
    while line := readline(MAX_LINE):
        count += 1
        if len(line) == MAX_LINE and not line.endswith(("\n", "\r")):
            while line and not line.endswith(("\n", "\r")):
                line = readline(MAX_LINE)
            yield None
        else:
            yield line.rstrip("\r\n")
        if progress and not count & 0xFFF:
            progress(raw.tell(), size)
    if progress:
        progress(size, size)
