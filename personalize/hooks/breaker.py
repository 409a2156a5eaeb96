"""Plain functions of plugins on the path of a request: how long they may take, and when they are out (law 7)."""

import logging
from collections import Counter
from collections.abc import Callable
from time import monotonic, perf_counter_ns
from typing import TypeVar

T = TypeVar("T")
log = logging.getLogger("personalize")
SLOW_NS = 5_000_000
"""A plain callable that takes longer than this (ns) has overrun (law 7)."""
STRIKES = 3
OUT_SECONDS = 4.0
"""How long a function that struck out rests before one more try."""
FORGOTTEN_SECONDS = 60.0
"""Strikes further apart than this do not add up: a machine may stall now and then."""


class CallFailed(Exception):
    """A plugin's function raised, answered rubbish, or is out."""


class Rubbish(Exception):
    """A plugin's function answered what is no answer: the message says what it did."""


def _problem(error: BaseException) -> tuple[str, BaseException | None]:
    """Return what to say of a function that did not answer, and the error to show with it."""
    return (str(error), None) if isinstance(error, Rubbish) else ("failed", error)


class Breaker:
    """Takes a function out after three overruns or failures, and tries it once more every few seconds.

    Each one is counted as `counted`; the log has the first of a row and each that takes a function out, as
    what it is `called`.
    """

    def __init__(
        self,
        counters: Counter[str] | None = None,
        *,
        called: str = "plugin's rule",
        counted: str = "rule_failed",
    ) -> None:
        self._counters: Counter[str] = Counter() if counters is None else counters
        self._called, self._counted = called, counted
        self.strikes: dict[str, int] = {}
        self._out_until: dict[str, float] = {}
        self._last: dict[str, float] = {}
        self._blamed: set[str] = set()

    def call(self, name: str, function: Callable[..., T], *arguments: object) -> T:
        """Return what a function answers. Raises CallFailed where it is out, raises anything, or answers rubbish."""
        if self.is_out(name):
            raise CallFailed(name)
        started = perf_counter_ns()
        try:
            answer = function(*arguments)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            self.fail(name, error, perf_counter_ns() - started)
            raise CallFailed(name) from error
        self.note(name, perf_counter_ns() - started)
        return answer

    def fail(self, name: str, error: BaseException, took: int) -> None:
        """Note that a function raised or answered rubbish, after so many ns."""
        self.strike(name, *_problem(error))

    def note(self, name: str, took: int) -> None:
        """Note that a function came back after so many ns."""
        if took > SLOW_NS:
            self.strike(name, f"took {took / 1e6:.1f} ms, where 5 ms are the most")
        else:
            self.pardon(name)

    def is_out(self, name: str) -> bool:
        """Say whether the function rests now."""
        until = self._out_until.get(name)
        return until is not None and monotonic() < until

    def strike(self, name: str, problem: str = "failed", error: BaseException | None = None) -> None:
        """Note one overrun or failure; from the third on the function is out."""
        now = monotonic()
        recent = now - self._last.get(name, now) < FORGOTTEN_SECONDS
        strikes = (self.strikes.get(name, 0) if recent else 0) + 1
        self.strikes[name], self._last[name] = strikes, now
        self._counters[self._counted] += 1
        if strikes >= STRIKES:
            self._out_until[name] = now + OUT_SECONDS
            text = "The %s '%s' %s: it is out for %g s."
            log.error(text, self._called, name, problem, OUT_SECONDS, exc_info=error)
        elif strikes == 1:
            log.error("The %s '%s' %s.", self._called, name, problem, exc_info=error)

    def pardon(self, name: str) -> None:
        """Forget the strikes of a function that came back and behaved."""
        if self._out_until.pop(name, None) is not None:
            self.strikes.pop(name, None)


class Forgiving(Breaker):
    """Takes a function out for overruns alone: what it fails on is what one visitor sent, and is no fault of others."""

    def fail(self, name: str, error: BaseException, took: int) -> None:
        """Count a failure, and log a function's first; only its time can be a strike."""
        if took <= SLOW_NS:
            self._counters[self._counted] += 1
            if name not in self._blamed:
                self._blamed.add(name)
                problem, cause = _problem(error)
                log.error("The %s '%s' %s.", self._called, name, problem, exc_info=cause)
        self.note(name, took)


class Patience(Breaker):
    """Takes nothing out: an entry is decided again on however slow a machine (law 4)."""

    def is_out(self, name: str) -> bool:
        """Say no."""
        return False


class Candid(Breaker):
    """Lets through what a function raises: whoever tries it out is to learn that."""

    def call(self, name: str, function: Callable[..., T], *arguments: object) -> T:
        """Return what a function answers. Raises what it raises, and Rubbish for what is no answer."""
        return function(*arguments)
