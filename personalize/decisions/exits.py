"""How candidates end: each end has a number, and those of all candidates together find a slot's answer."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from personalize.decisions.codes import refusals
from personalize.model.decisions import Answer

MOST_FOUND = 1 << 14
"""How many numbers and masks `Found` keeps, in answers of equal length."""
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


class Found(dict[tuple[Any, ...], Answer]):
    """Answers by the numbers of every candidate's end, the masks of what else was read, and the rules that failed.

    Candidates that are still eligible have their turn in the order of the `choices`, until one is taken; who
    is left gets the code `left`.
    """

    def __init__(self, exits: Sequence[Exits], choices: Sequence[Choice], answer_of: AnswerOf, left: bytes) -> None:
        super().__init__()
        self._exits, self._choices, self._answer_of, self._left = exits, choices, answer_of, left

    def __missing__(self, key: tuple[Any, ...]) -> Answer:
        """Put the codes into one string, and all that was read into one mask."""
        if len(self) * len(key) > MOST_FOUND:
            self.clear()
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
        answer = self[key] = self._answer_of(joined, mask, failed)
        return answer

    def _choose(self, codes: list[bytes | None]) -> None:
        """Give those who have their turn their codes."""
        for place, taken, code in self._choices:
            if codes[place] is None:
                codes[place] = code
                if taken:
                    return
