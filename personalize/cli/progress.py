"""A progress bar on standard error, where a person is watching."""

import sys
from time import monotonic

WIDTH = 30
PAUSE = 0.1
"""Seconds between two drawings."""


class Progress:
    """Shows how far a command is; without a known total it counts. Says nothing where nobody watches."""

    def __init__(self, what: str, total: int = 0) -> None:
        self._what, self._total = what, total
        self._watched = sys.stderr.isatty()
        self._next = 0.0

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *_: object) -> None:
        """Clear the line."""
        if self._next:
            print("\r\x1b[2K", end="", file=sys.stderr, flush=True)

    def show(self, done: int, total: int = 0) -> None:
        """Draw the bar at `done`; a `total` given here goes before the first one."""
        if not self._watched or monotonic() < self._next:
            return
        self._next = monotonic() + PAUSE
        print(f"\r\x1b[2K{self._line(done, total or self._total)}", end="", file=sys.stderr, flush=True)

    def _line(self, done: int, total: int) -> str:
        if not total:
            return f"{self._what} {done:,}"
        share = min(done / total, 1.0)
        return f"{self._what} [{'#' * round(WIDTH * share):<{WIDTH}}] {share:4.0%}"
