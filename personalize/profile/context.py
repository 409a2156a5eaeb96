"""The page's facts as cells: declared names only, typed like attributes, absent where they lack."""

from collections.abc import Callable, Mapping
from functools import cache

from personalize.model.attributes import ABSENCES, AttributeType, Cause, Value
from personalize.profile.values import READERS
from personalize.profile.view import Cell

Reader = Callable[[Mapping[str, object]], tuple[Cell, ...]]


def _nothing(context: Mapping[str, object]) -> tuple[Cell, ...]:
    return ()


@cache
def _none(count: int) -> tuple[Cell, ...]:
    """Return the facts of a page that gives none: one and the same tuple for every slot that declares so many."""
    return (ABSENCES[Cause.missing],) * count


def context_reader(declared: Mapping[str, AttributeType]) -> Reader:
    """Return the function that turns a page's facts into cells, in the declared order."""
    if not declared:
        return _nothing
    readers = [(name, READERS[kind]) for name, kind in declared.items()]
    none, wrong = _none(len(readers)), ABSENCES[Cause.wrong_type]

    if len(readers) == 1:
        return _reader_of_one(*readers[0])

    def read(context: Mapping[str, object]) -> tuple[Cell, ...]:
        if not context:
            return none
        cells: list[Cell] = []
        for name, typed in readers:
            plain = context.get(name)
            if plain is None:
                cells.append(ABSENCES[Cause.missing])
                continue
            value = typed(plain)
            cells.append(wrong if value is None else value)
        return tuple(cells)

    return read


def _reader_of_one(name: str, typed: Callable[[object], Value | None]) -> Reader:
    """Return the same for a slot that declares one fact, as most do."""
    none, wrong = _none(1), (ABSENCES[Cause.wrong_type],)

    def read(context: Mapping[str, object]) -> tuple[Cell, ...]:
        plain = context.get(name)
        if plain is None:
            return none
        value = typed(plain)
        return wrong if value is None else (value,)

    return read
