"""The links of a whole mailing: one for each row of a file, the rows in their order, in bounded memory."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from personalize.campaigns.mailing import Mailing
from personalize.errors import IdentifierProblem
from personalize.recognition.mailing import with_token

Row = TypeVar("Row")
AT_ONCE = 1_000
"""Rows whose links are kept in one transaction."""
MOST_TOLD = 20
"""Rows that are told of one by one; the others are counted."""


class Recipients:
    """Gives each row of a mailing its link, and counts what became of them.

    `find` returns the subject of identifier text, None for nobody, or raises IdentifierProblem. Who is not
    known gets the plain link; with `bare` the token alone is given, and nothing to those.
    """

    def __init__(self, mailing: Mailing, find: Callable[[str], int | None], page: str, *, bare: bool) -> None:
        self._mailing, self._find, self._bare = mailing, find, bare
        self._page = mailing.page(page)
        self.counts: Counter[str] = Counter(known=0, unknown=0, no_identifier=0, unreadable=0)
        self.problems: list[tuple[int, str]] = []

    def linked(self, rows: Iterable[tuple[int, str, Row]]) -> Iterator[tuple[Row, str]]:
        """Yield each row with its link; one comes as number, identifier and whatever it holds. Raises StoreError."""
        rows = iter(rows)
        while chunk := list(islice(rows, AT_ONCE)):
            subjects = [self._subject(number, text) for number, text, _ in chunk]
            tokens = self._tokens(subjects)
            for (_, _, row), subject in zip(chunk, subjects, strict=True):
                yield row, self._link(tokens.get(subject) if subject is not None else None)

    def tell(self, kind: str, number: int, why: str) -> None:
        """Count a row that something is wrong with, and keep the first ones to be told."""
        self.counts[kind] += 1
        if len(self.problems) < MOST_TOLD:
            self.problems.append((number, why))

    def _subject(self, number: int, text: str) -> int | None:
        if not text.strip():
            self.tell("no_identifier", number, "there is no identifier")
            return None
        try:
            subject = self._find(text.strip())
        except IdentifierProblem as problem:
            self.tell("no_identifier", number, str(problem))
            return None
        self.counts["unknown" if subject is None else "known"] += 1
        return subject

    def _tokens(self, subjects: Sequence[int | None]) -> dict[int, str]:
        known = list(dict.fromkeys(subject for subject in subjects if subject is not None))
        return dict(zip(known, self._mailing.tokens(known), strict=True)) if known else {}

    def _link(self, token: str | None) -> str:
        if self._bare:
            return token or ""
        return with_token(self._page, token) if token else self._page
