"""What was not taken from a file, row by row, in a file in the store that opens in a spreadsheet.

It repeats people's data, so it stays with the store and leaves the delivered file's folder alone.
"""

import csv
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from personalize.errors import ImportRefused
from personalize.safe_csv import safe
from personalize.storage.rejects import FOLDER, begin_list

HEADER = ("line", "what", "reason", "cell")
ROW_REJECTED = "row rejected"
ROW_REPLACED = "row replaced"
MAX_CELL = 200


class LeftOutRows:
    """Counts what is left out by kind and reason, and keeps no cell: all that a dry run needs.

    `what` is `row rejected`, `row replaced`, or the attribute or identifier whose cell was left
    out of a row that was taken.
    """

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()
        self.examples: dict[tuple[str, str], list[int]] = {}

    def add(self, line: int, what: str, reason: str, cell: str = "") -> None:
        """Note what was left out of a line; `cell` is its text."""
        key = what, reason
        self.counts[key] += 1
        examples = self.examples.setdefault(key, [])
        if len(examples) < 5:
            examples.append(line)

    def of(self, what: str) -> int:
        """Return how often that was noted."""
        return sum(count for (each, _), count in self.counts.items() if each == what)

    def secure(self) -> None:
        """See to it that nothing can go wrong any more with what was noted."""

    def keep(self) -> Path | None:
        """Return the file in which every case stands, where there is one."""
        return None

    def discard(self) -> None:
        """Forget it all."""


class Rejects(LeftOutRows):
    """Writes every case down as well; the file appears at `keep`. Raises ImportRefused where it cannot be written."""

    def __init__(self, store: Path, source_file: Path) -> None:
        super().__init__()
        self.path = store / FOLDER / f"{source_file.name}.rejects.csv"
        with self._written():
            descriptor, self._temporary = begin_list(store, self.path.name)
        self._file = os.fdopen(descriptor, "w", encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._file)
        self._writer.writerow(HEADER)

    def add(self, line: int, what: str, reason: str, cell: str = "") -> None:
        """Note what was left out of a line; `cell` is its text."""
        super().add(line, what, reason)
        with self._written():
            self._writer.writerow((line, *map(safe, (what, reason, cell[:MAX_CELL]))))

    def secure(self) -> None:
        """See to it that the disk has room for what was noted so far."""
        with self._written():
            self._file.flush()

    def keep(self) -> Path | None:
        """Put the file in its place, mode 0600, and return where; nothing noted, no file."""
        with self._written(), self._file:  # locked until the file is in its place
            self._file.flush()
            if not self.counts:
                self.path.unlink(missing_ok=True)
                self._temporary.unlink()
                return None
            os.replace(self._temporary, self.path)
        return self.path

    def discard(self) -> None:
        """Forget it all."""
        self._temporary.unlink(missing_ok=True)
        with suppress(OSError):  # what it still holds back has no room
            self._file.close()

    @contextmanager
    def _written(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise ImportRefused(
                f"{self.path} cannot be written ({error.strerror}): see to the store's folder and its disk, "
                "then import the file again."
            ) from error
