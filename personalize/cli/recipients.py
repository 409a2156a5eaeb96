"""Read the recipients of a mailing from a CSV or JSONL file, and write the same file with one column more."""

import csv
import difflib
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from personalize.campaigns.recipients import Recipients
from personalize.cli.output import unwritable
from personalize.errors import LinkRefused
from personalize.onboarding.framing import rows
from personalize.onboarding.survey import UTF8_BOM, survey
from personalize.settings.tables import Source

JSON_LINES = frozenset({".jsonl", ".ndjson"})
Progress = Callable[[int, int], object]


def write_links(
    path: Path, column: str, kind: str, added: str, out: Path | None, recipients: Recipients, progress: Progress
) -> None:
    """Write the file with a column of links to `out`, or to standard output. Raises LinkRefused, StoreError.

    `column` holds the identifiers: with a `kind` bare values of that kind, without one text such as `email:a@b.nl`.
    """
    way = _json_lines if path.suffix.lower() in JSON_LINES else _csv
    prefix = f"{kind}:" if kind else ""
    way(path, column, prefix, added, out, recipients, progress)


def _csv(
    path: Path, column: str, prefix: str, added: str, out: Path | None, recipients: Recipients, progress: Progress
) -> None:
    found = survey(path, Source(name="recipients"), ())
    place = _place(path, column, added, found.columns)
    with path.open("rb") as raw:
        start = raw.readline()
    bom = "\ufeff" if start.startswith(UTF8_BOM) and found.encoding == "utf-8" else ""
    end = "\r\n" if start.endswith(b"\r\n") else "\n"
    with _writing(out, found.encoding) as file:
        file.write(bom + (f"sep={found.delimiter}{end}" if found.line > 1 else ""))
        writer = csv.writer(file, delimiter=found.delimiter, lineterminator=end)
        writer.writerow([*found.columns, added])

        def cells() -> Iterator[tuple[int, str, list[str]]]:
            for number, row in rows(path, found, progress):
                if isinstance(row, str):
                    recipients.tell("unreadable", number, row)
                else:
                    yield number, _identifier(row[place], prefix), row

        for row, link in recipients.linked(cells()):
            writer.writerow([*row, link])


def _json_lines(
    path: Path, column: str, prefix: str, added: str, out: Path | None, recipients: Recipients, progress: Progress
) -> None:
    with path.open("rb") as raw, _writing(out, "utf-8") as file:
        size = os.fstat(raw.fileno()).st_size

        def objects() -> Iterator[tuple[int, str, dict[str, Any]]]:
            done = 0
            for number, line in enumerate(raw, start=1):
                done += len(line)
                progress(done, size)
                if not line.strip():
                    continue
                row = _object(line)
                if isinstance(row, str):
                    recipients.tell("unreadable", number, row)
                elif added in row:
                    raise LinkRefused(f"{path}:{number}: `{added}` is there already: name another with --add.")
                else:
                    yield number, _identifier(row.get(column), prefix), row

        for row, link in recipients.linked(objects()):
            file.write(json.dumps({**row, added: link}, ensure_ascii=False) + "\n")


def _object(line: bytes) -> dict[str, Any] | str:
    try:
        row = json.loads(line)
    except ValueError:
        return "the line is not JSON"
    return row if isinstance(row, dict) else "the line is no JSON object"


def _identifier(cell: object, prefix: str) -> str:
    """Return identifier text for a cell; a number counts as its digits, anything else that is no text as none."""
    if isinstance(cell, bool) or not isinstance(cell, str | int):
        return ""
    text = str(cell).strip()
    return f"{prefix}{text}" if text else ""


def _place(path: Path, column: str, added: str, columns: tuple[str, ...]) -> int:
    if column not in columns:
        near = difflib.get_close_matches(column, columns, 1)
        hint = f" (did you mean `{near[0]}`?)" if near else f": it has {', '.join(columns)}"
        raise LinkRefused(f"{path}: there is no column `{column}`{hint}. Name the column with --column.")
    if columns.count(column) > 1:
        raise LinkRefused(f"{path}: the column `{column}` is there twice: rename one of them.")
    if added in columns:
        raise LinkRefused(f"{path}: there is a column `{added}` already: name another with --add.")
    return columns.index(column)


@contextmanager
def _writing(out: Path | None, encoding: str) -> Iterator[TextIO]:
    """Yield where to write: standard output, or a file that takes its name only once it is complete."""
    if out is None:
        yield sys.stdout
        return
    try:
        descriptor, name = tempfile.mkstemp(dir=out.parent, prefix=f".{out.name}.")
    except OSError as error:
        raise unwritable(out, error) from error
    try:
        with os.fdopen(descriptor, "w", encoding=encoding, errors="surrogateescape", newline="") as file:
            yield file
        os.replace(name, out)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
