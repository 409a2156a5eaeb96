"""How candidates end: each end has a number, and those of all candidates together find a slot's answer."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from personalize.decisions.codes import refusals
from personalize.model.decisions import Answer

MOST_FOUND = 1 << 15
"""How many places in rows, numbers and masks `Found` keeps."""
MOST_ROWED = 4
"""How many candidates have a row for each end; those after them are told apart by a dictionary."""
ELIGIBLE = 0
"""The number of the end at which a candidate is still eligible."""

AnswerOf = Callable[[bytes, int, tuple[int, ...]], Answer]
"""Makes an answer of codes, the mask of reads and the rules that failed."""
Refusals = tuple[tuple[int, ...], tuple[int, ...]]


class End(NamedTuple):
    """A fate's code, None where the candidate is still eligible, and what was certainly read before it."""

    code: bytes | None
    read: int


class Exits:
    """The ends of one candidate, by their numbers."""

    def __init__(self) -> None:
        self.ends = [End(None, 0)]
        self._numbers: dict[End, int] = {}

    def eligible(self, read: int) -> None:
        """Note what an eligible candidate has read."""
        self.ends[ELIGIBLE] = End(None, read)

    def number(self, code: bytes, read: int) -> int:
        """Return the number of an end."""
        number = self._numbers.setdefault(end := End(code, read), len(self.ends))
        if number == len(self.ends):
            self.ends.append(end)
        return number

    def refusals(self, read: int, rule: int = -1) -> Refusals:
        """Return the numbers of the ends over an absence: by whether it is a stranger's, then by the cause's number."""
        known, stranger = (tuple(self.number(code, read) for code in each) for each in refusals(rule))
        return known, stranger


class Choice(NamedTuple):
    """What becomes of a candidate that is still eligible, when it is its turn: it is taken with this code, or not."""

    place: int
    taken: bool
    code: bytes


def lookup(ends: Sequence[str], more: Sequence[str]) -> str:
    """Return the expression of the answer for candidates' `ends` and what `more` tells answers apart."""
    rest = [*ends[MOST_ROWED:], *more]
    by_rest = rest[0] if len(rest) == 1 else f"({', '.join(rest)})"
    found = "ROWS" + "".join(f"[{end}]" for end in ends[:MOST_ROWED])
    if rest or not ends:
        found += f".get({by_rest})"
    return f"{found} or FIND({', '.join([*ends, *more])})"


class Found:
    """Answers by the numbers of every candidate's end, the masks of what else was read, and the rules that failed.

    In `rows` the number of a candidate's end leads to the row of the next candidate, and that of the last to its
    answer: to look up a tuple takes seven times as long. Where `more` than the ends tells answers apart, or more
    candidates than have rows, the last row leads to a dictionary by the rest.

    Candidates that are still eligible have their turn in the order of the `choices`, until one is taken; who
    is left gets the code `left`.
    """

    def __init__(
        self, exits: Sequence[Exits], choices: Sequence[Choice], answer_of: AnswerOf, left: bytes, *, more: int = 0
    ) -> None:
        self._exits, self._choices, self._answer_of, self._left = exits, choices, answer_of, left
        self._rowed = len(exits[:MOST_ROWED])
        self._has_rest = more > 0 or self._rowed < len(exits) or not exits
        self._empty: list[Any] = [{} if self._has_rest else None]
        for each in reversed(exits[:MOST_ROWED]):
            self._empty.insert(0, [self._empty[0]] * len(each.ends))
        self.rows, self.kept = self._empty[0].copy(), 0

    def find(self, *key: Any) -> Answer:
        """Return the answer that is not in the rows yet, and put it there."""
        if self.kept > MOST_FOUND:
            self.rows[:], self.kept = self._empty[0], 0
        answer, row, rest = self._answer(key), self.rows, key[self._rowed :]
        *path, last = [*key[: self._rowed], rest[0] if len(rest) == 1 else rest] if self._has_rest else key
        for number, empty in zip(path, self._empty[1:], strict=False):
            row = self._own(row, number, empty)
        row[last] = answer
        self.kept += len(key)
        return answer

    def _own(self, row: list[Any], number: int, empty: Any) -> Any:
        """Return what a number leads to. Before the first answer behind it, that is shared, and stays empty."""
        found = row[number]
        if found is empty:
            found = row[number] = empty.copy()
            self.kept += len(empty)
        return found

    def _answer(self, key: tuple[Any, ...]) -> Answer:
        """Put the codes into one string, and all that was read into one mask."""
        mask, codes = 0, []
        for exits, number in zip(self._exits, key, strict=False):
            end = exits.ends[number]
            codes.append(end.code)
            mask |= end.read
        failed: tuple[int, ...] = ()
        for more in key[len(self._exits) :]:
            if isinstance(more, tuple):
                failed = more
            else:
                mask |= more
        self._choose(codes)
        joined = b"".join(self._left if code is None else code for code in codes)
        return self._answer_of(joined, mask, failed)

    def _choose(self, codes: list[bytes | None]) -> None:
        """Give those who have their turn their codes."""
        for place, taken, code in self._choices:
            if codes[place] is None:
                codes[place] = code
                if taken:
                    return
