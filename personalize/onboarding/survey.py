"""Look through a file once before anything of it is believed: is it text, in which encoding, cut how."""

import csv
import difflib
import hashlib
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

from personalize.errors import ImportRefused
from personalize.settings.tables import Source
from personalize.settings.toml_file import listed

BLOCK = 1 << 20
DELIMITERS = (",", ";", "\t", "|")
NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
MOST_SHOWN = 40
"""Characters of a column's name in a message."""
SEPARATOR_LINE = re.compile(r'"?sep=(.)"?', re.IGNORECASE)
LINE_END = re.compile(rb"[\r\n]+")
UTF8_BOM = b"\xef\xbb\xbf"
OTHER_BOMS = (b"\xff\xfe", b"\xfe\xff")


class Survey(Struct, frozen=True, kw_only=True):
    """What a file is: its hash, size and encoding; its delimiter, line end and columns.

    `skip` is how many bytes stand before the first row, `line` the number of the header's line.
    `damaged` says that some bytes do not belong to the encoding.
    """

    sha256: str
    size: int
    changed: int
    encoding: str
    damaged: bool
    newline: str
    delimiter: str
    columns: tuple[str, ...]
    skip: int
    line: int


def survey(path: Path, source: Source, wanted: Iterable[str]) -> Survey:
    """Return what a file is; raises ImportRefused when it cannot be a file of this source."""
    try:
        with path.open("rb") as file:
            return _survey(path, file, source, tuple(dict.fromkeys(wanted)))
    except OSError as error:
        raise ImportRefused(f"{path}: the file cannot be read ({error.strerror}): check name and rights.") from error


def _survey(path: Path, file: BinaryIO, source: Source, wanted: tuple[str, ...]) -> Survey:
    if not path.is_file():
        raise ImportRefused(f"{path} is not a file.")
    head = file.read(BLOCK)
    if not head.strip():
        raise ImportRefused(f"{path} is empty: export it again.")
    if head.startswith(OTHER_BOMS) or b"\0" in LINE_END.split(head, 1)[0]:
        raise ImportRefused(f"{path} is UTF-16 or no text at all: save it as “CSV UTF-8”.")
    sha256, encoding, damaged = _read_through(file, head, source.encoding)
    newline = "\n" if b"\n" in head else "\r"
    skip = len(UTF8_BOM) if head.startswith(UTF8_BOM) else 0
    line = 1
    header, after = _line(head, skip, newline, encoding)
    if separator := SEPARATOR_LINE.fullmatch(header.strip()):
        header, after = _line(head, after, newline, encoding)
        line = 2
    forced = source.delimiter or (separator[1] if separator else "")
    delimiter = forced or _sniff(header, wanted)
    columns = _columns(header, delimiter)
    _check_columns(path, columns, delimiter, source, wanted, line)
    status = os.fstat(file.fileno())
    return Survey(
        sha256=sha256,
        size=status.st_size,
        changed=status.st_mtime_ns,
        encoding=encoding,
        damaged=damaged,
        newline=newline,
        delimiter=delimiter,
        columns=columns,
        skip=after,
        line=line,
    )


def _read_through(file: BinaryIO, head: bytes, declared: str) -> tuple[str, str, bool]:
    """Return the hash of the whole file, its encoding, and whether some of it does not belong.

    Without a word in the settings a file is UTF-8 when that explains more of its lines than not,
    else Windows-1252, which explains nearly anything.
    """
    digest, good, bad = hashlib.sha256(), 0, 0
    block = head
    while block:
        block += file.readline(BLOCK)
        digest.update(block)
        if not block.isascii():
            counts = _utf8_lines(block)
            good, bad = good + counts[0], bad + counts[1]
        block = file.read(BLOCK)
    encoding = declared
    if not encoding:
        encoding = "utf-8" if head.startswith(UTF8_BOM) or good >= bad else "cp1252"
    return digest.hexdigest(), encoding, encoding.startswith("cp") or (bad > 0 and encoding == "utf-8")


def _utf8_lines(block: bytes) -> tuple[int, int]:
    """Count the lines beyond ASCII that are UTF-8, and those that are not."""
    good = bad = 0
    for line in LINE_END.split(block):
        if not line.isascii():
            try:
                line.decode()
                good += 1
            except UnicodeDecodeError:
                bad += 1
    return good, bad


def _line(head: bytes, start: int, newline: str, encoding: str) -> tuple[str, int]:
    end = head.find(newline.encode(), start)
    end = len(head) if end < 0 else end
    return head[start:end].decode(encoding, "replace").rstrip("\r"), min(end + 1, len(head))


def _sniff(header: str, wanted: tuple[str, ...]) -> str:
    """Return the delimiter under which most of the columns we want are there, then the one that cuts most."""
    return max(DELIMITERS, key=lambda each: (len(set(wanted) & set(_columns(header, each))), header.count(each)))


def _columns(header: str, delimiter: str) -> tuple[str, ...]:
    try:
        cells = next(csv.reader([header], delimiter=delimiter), [])
    except csv.Error:
        cells = header.split(delimiter)
    return tuple(cell.strip() for cell in cells)


def _check_columns(
    path: Path, columns: tuple[str, ...], delimiter: str, source: Source, wanted: tuple[str, ...], line: int
) -> None:
    missing = [name for name in wanted if name not in columns]
    twice = [name for name in wanted if columns.count(name) > 1]
    if missing or twice:
        trouble = _uncut(columns, delimiter, source, wanted) or _unnamed(columns, source, missing, wanted)
        trouble = trouble or _misnamed(columns, delimiter, source, missing, twice)
        raise ImportRefused(f"{path}:{line}: {trouble}")


def _uncut(columns: tuple[str, ...], delimiter: str, source: Source, wanted: tuple[str, ...]) -> str:
    """Return what is wrong with the delimiter where it cuts nothing, else an empty text."""
    likely = _sniff(columns[0], wanted) if columns else delimiter
    found = likely != delimiter and likely in columns[0]
    if len(columns) > 1 or (len(wanted) == 1 and not found):
        return ""
    cause = f"the first line is one column when it is cut at each {_called(delimiter)}; {len(wanted)} are wanted."
    if not found:
        return f"{cause} Export the file with a comma, semicolon, tab or bar between the cells."
    write = NAMES[likely] if likely == "\t" else likely
    return f'{cause} It looks cut at each {_called(likely)}: write delimiter = "{write}" in [sources.{source.name}].'


def _unnamed(columns: tuple[str, ...], source: Source, missing: list[str], wanted: tuple[str, ...]) -> str:
    """Return what to do where nothing in the first line is like a name: it may be a person's cells, so none is told."""
    if len(missing) < len(wanted) or any(_nearest(name, columns) for name in missing):
        return ""
    return (
        f"the first line names no column of this source. Wanted: {listed(wanted)}. "
        f"Write these names there, or the file's own in [sources.{source.name}] of personalize.toml."
    )


def _misnamed(columns: tuple[str, ...], delimiter: str, source: Source, missing: list[str], twice: list[str]) -> str:
    troubles = [f"the column `{name}` is missing{_nearest(name, columns)}" for name in missing]
    troubles += [f"the column `{name}` is there twice" for name in twice]
    return (
        f"{'; '.join(troubles)}. The file's columns, cut at each {_called(delimiter)}: {_shown(columns)}. "
        f"Correct the file, or the names in [sources.{source.name}] of personalize.toml."
    )


def _called(delimiter: str) -> str:
    return NAMES.get(delimiter, repr(delimiter))


def _shown(columns: tuple[str, ...]) -> str:
    return listed("".join(filter(str.isprintable, name))[:MOST_SHOWN] for name in columns)


def _nearest(name: str, columns: tuple[str, ...]) -> str:
    spelt = {column.casefold(): column for column in columns}
    near = difflib.get_close_matches(name.casefold(), spelt, 1)
    return f" (did you mean `{spelt[near[0]]}`?)" if near else ""
