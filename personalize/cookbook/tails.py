"""The journal's open tails: what was written and is not indexed yet, read from the segments themselves."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

from personalize.cookbook.frames import read_stretch
from personalize.cookbook.journal import path_of, read_segment, segments_in
from personalize.errors import StoreError
from personalize.ports import EntryIndex, PageRow, Position, Run, Stretch

Wanted = Callable[[PageRow], bool]


class Tails:
    """Reads the tails of one store.

    Ask the tails first and the index after them: what moves in between is then met twice, never missed.
    """

    def __init__(self, store: Path, index: EntryIndex) -> None:
        self._folder, self._index = store / "journal", index

    def rows(self, wanted: Wanted) -> list[PageRow]:
        """Return the rows wanted of every tail, in no order. Raises StoreError."""
        return [row for stretch in self._stretches() for row in filter(wanted, stretch.pages)]

    def served(self) -> list[Run]:
        """Return the marks of what was put on its page that stand in the tails. Raises StoreError."""
        return [run for stretch in self._stretches() for run in stretch.served]

    def _stretches(self) -> Iterator[Stretch]:
        try:
            references = segments_in(self._folder)
            known = self._index.positions(references)
            for reference in references:
                position = known.get(reference, Position())
                with contextlib.suppress(FileNotFoundError):  # indexed and removed meanwhile
                    data = read_segment(path_of(self._folder, reference), position.offset).data
                    yield read_stretch(reference, data, position.offset, position.counter, final=False)
        except OSError as error:
            raise StoreError(f"The journal cannot be read: {error.strerror}. Check its rights.") from error
