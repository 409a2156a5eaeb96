"""The journal's open tails: what was written and is not indexed yet, read from the segments themselves."""

import contextlib
from collections.abc import Callable
from pathlib import Path

from personalize.cookbook.frames import read_stretch
from personalize.cookbook.journal import path_of, read_segment, segments_in
from personalize.errors import StoreError
from personalize.ports import EntryIndex, EntryRow, Position

Wanted = Callable[[EntryRow], bool]


class Tails:
    """Reads the tails of one store.

    Ask the tails first and the index after them: what moves in between is then met twice, never missed.
    """

    def __init__(self, store: Path, index: EntryIndex) -> None:
        self._folder, self._index = store / "journal", index

    def rows(self, wanted: Wanted) -> list[EntryRow]:
        """Return the rows wanted of every tail, in no order. Raises StoreError."""
        try:
            references = segments_in(self._folder)
            known = self._index.positions(references)
            found: list[EntryRow] = []
            for reference in references:
                found += filter(wanted, self._tail(reference, known.get(reference, Position())))
        except OSError as error:
            raise StoreError(f"The journal cannot be read: {error.strerror}. Check its rights.") from error
        return found

    def _tail(self, reference: bytes, position: Position) -> list[EntryRow]:
        with contextlib.suppress(FileNotFoundError):  # indexed and removed meanwhile
            data = read_segment(path_of(self._folder, reference), position.offset).data
            return read_stretch(reference, data, position.offset, position.counter, final=False).entries
        return []
