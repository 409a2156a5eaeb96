"""CSV that no spreadsheet takes for formulas, and from which every text can be restored (T28).

A spreadsheet evaluates a cell that begins with one of `= + - @`, a tab, a carriage return or NUL, full-width forms
included, and some skip blanks and quotation marks before it. One that cuts the file at another separator
than ours makes cells out of the middle of a field. So an apostrophe goes before whatever begins so at the
start of a field or after any separator, and another one before an apostrophe that stands there already.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence

_START = r"(?:(?<=[,;|:\t\r\n])|^)"
_RISKY = r"""(?=[\s"'\ufeff]*?[=+\-@\t\r\0\uff1d\uff0b\uff0d\uff20\u2212])"""
_ESCAPE = re.compile(f"{_START}{_RISKY}")
_RESTORE = re.compile(f"{_START}'{_RISKY}")


def safe(text: str) -> str:
    """Return a text that begins no formula, wherever it is cut."""
    return _ESCAPE.sub("'", text)


def restored(text: str) -> str:
    """Return the text that `safe` was given."""
    return _RESTORE.sub("", text)


class _Line:
    """Where the writer writes: the line it wrote last."""

    text = ""

    def write(self, text: str) -> int:
        """Keep a line."""
        self.text = text
        return len(text)


def csv_lines(rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Yield rows as lines of CSV with every field in quotation marks; None is an empty field."""
    line = _Line()
    writer = csv.writer(line, quoting=csv.QUOTE_ALL)
    for row in rows:
        writer.writerow(["" if field is None else safe(str(field)) for field in row])
        yield line.text
