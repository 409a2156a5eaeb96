"""Headers: entries as far as they stand in the clear, read without keys and bodies, for counting many of them."""

from collections.abc import Callable

from msgspec import Struct

from personalize.cookbook.codes import code_of
from personalize.cookbook.frames import Line, Page, frame_of, page_of
from personalize.cookbook.names import Names
from personalize.model.decisions import Outcome, Reason
from personalize.ports import PageRow

MOST_MADE = 65_536


class Damaged(Exception):
    """An entry that is not as it was written, or whose recipe, batch or first entry is gone."""


class Header(Struct, frozen=True, gc=False):
    """One entry without what it read. `number` is the visit code's, `recipe` the 32-byte hash."""

    entry_id: bytes
    at: int
    number: int
    subject: int
    recipe: bytes
    slot: str
    variant: str | None
    reason: Reason
    outcomes: tuple[Outcome, ...]

    @property
    def code(self) -> str:
        """Return the visit code in its eight characters."""
        return code_of(self.number)


class Made(Struct, frozen=True, gc=False):
    """What a line says, which many have in common."""

    slot: str
    variant: str | None
    reason: Reason
    outcomes: tuple[Outcome, ...]


class Headers:
    """Reads headers from rows; lines that say the same are read once."""

    def __init__(self, names_of: Callable[[bytes], Names]) -> None:
        self._names_of = names_of
        self._made: dict[tuple[bytes, Line], Made] = {}

    def of(self, row: PageRow) -> list[Header]:
        """Return the headers of a page. Raises Damaged, or LookupError and ValueError for what fits no recipe."""
        frame = frame_of(row)
        if frame is None:
            raise Damaged("its checksum does not fit")
        return self.of_page(row, page_of(frame))

    def of_page(self, row: PageRow, page: Page) -> list[Header]:
        """Return the same of a page that was read before."""
        recipe, reference, number = row.recipe, row.page_id[:8], int.from_bytes(row.page_id[8:])
        found, known = [], self._made
        for place, line in enumerate(page.lines):
            made = known.get((recipe, line)) or self._make(recipe, line)
            entry_id = reference + (number + place).to_bytes(4)
            found.append(
                Header(
                    entry_id, row.at, row.code, row.subject, recipe, made.slot, made.variant, made.reason, made.outcomes
                )
            )
        return found

    def _make(self, recipe: bytes, line: Line) -> Made:
        if len(self._made) >= MOST_MADE:
            self._made.clear()
        names = self._names_of(recipe)
        made = self._made[recipe, line] = Made(
            names.slot(line.slot),
            names.variant(line.slot, line.variant),
            Reason(line.reason),
            names.outcomes(line.slot, line.outcomes),
        )
        return made
