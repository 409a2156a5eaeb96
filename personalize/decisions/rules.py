"""Plugins' rules, bound to their callables: what they may read, how long they may take, when they are out."""

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date, datetime
from time import monotonic, perf_counter_ns
from typing import Any

from personalize.errors import PluginError
from personalize.hooks.records import Callee, Candidate
from personalize.model.attributes import ABSENCES, Absence, Cause, Value

log = logging.getLogger("personalize")
SLOW_NS = 5_000_000
"""A plain callable that takes longer than this (ns) has overrun (law 7)."""
STRIKES = 3
OUT_SECONDS = 4.0
"""How long a rule that struck out rests before one more try."""
FORGOTTEN_SECONDS = 60.0
"""Strikes further apart than this do not add up: a machine may stall now and then."""


class RuleFailed(Exception):
    """A rule raised, answered rubbish, or is out."""


class Breaker:
    """Takes a rule out after three overruns or failures, and tries it once more every few seconds.

    Each one is counted; the log has the first of a row and each that takes a rule out.
    """

    def __init__(self, counters: Counter[str] | None = None) -> None:
        self._counters: Counter[str] = Counter() if counters is None else counters
        self.strikes: dict[str, int] = {}
        self._out_until: dict[str, float] = {}
        self._last: dict[str, float] = {}

    def is_out(self, rule: str) -> bool:
        """Say whether the rule rests now."""
        until = self._out_until.get(rule)
        return until is not None and monotonic() < until

    def strike(self, rule: str, problem: str = "failed", error: BaseException | None = None) -> None:
        """Note one overrun or failure; from the third on the rule is out."""
        now = monotonic()
        recent = now - self._last.get(rule, now) < FORGOTTEN_SECONDS
        strikes = (self.strikes.get(rule, 0) if recent else 0) + 1
        self.strikes[rule], self._last[rule] = strikes, now
        self._counters["rule_failed"] += 1
        if strikes >= STRIKES:
            self._out_until[rule] = now + OUT_SECONDS
            log.error("The plugin's rule '%s' %s: it is out for %g s.", rule, problem, OUT_SECONDS, exc_info=error)
        elif strikes == 1:
            log.error("The plugin's rule '%s' %s.", rule, problem, exc_info=error)

    def pardon(self, rule: str) -> None:
        """Forget the strikes of a rule that came back and behaved."""
        if self._out_until.pop(rule, None) is not None:
            self.strikes.pop(rule, None)


class Patience(Breaker):
    """Takes no rule out: an entry is decided again on however slow a machine (law 4)."""

    def is_out(self, rule: str) -> bool:
        """Say no."""
        return False


class Permitted:
    """The view and context that a callable is given: only the reads its record declares (law 2)."""

    __slots__ = ("_index", "_reads", "_rule", "_view")

    def __init__(self, view: Any, index: Mapping[str, int], reads: frozenset[str], rule: str) -> None:
        self._view, self._index, self._reads, self._rule = view, index, reads, rule

    def get(self, name: str) -> Value | Absence:
        """Return a declared value or its absence; the read is noted. Raises PluginError for another name."""
        self._allow(name)
        index = self._index.get(name)
        if index is None:
            return ABSENCES[Cause.missing]
        cell: Value | Absence = self._view.read(index)
        return cell

    @property
    def now(self) -> datetime:
        """Return the request's moment in the site's time zone."""
        self._allow("now")
        moment = self._view.moment
        local: datetime = moment.now.astimezone(moment.zone)
        return local

    @property
    def today(self) -> date:
        """Return the site's date."""
        self._allow("today")
        today: date = self._view.today
        return today

    def _allow(self, name: str) -> None:
        if name not in self._reads:
            raise PluginError(f"The rule '{self._rule}' read '{name}', which its record does not declare in reads.")


def bind_callable(
    callee: Callee,
    candidate: Candidate,
    index: Mapping[str, int],
    reads: tuple[str, ...],
    rule: str,
    breaker: Breaker,
) -> Callable[[Any], bool]:
    """Return the judge of one candidate by one callable: a yes or no, or RuleFailed."""
    allowed = frozenset(reads)

    def judge(view: Any) -> bool:
        if breaker.is_out(rule):
            raise RuleFailed(rule)
        permitted = Permitted(view, index, allowed, rule)
        started = perf_counter_ns()
        try:
            answer: object = callee(permitted, candidate, permitted)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            breaker.strike(rule, "failed", error)
            raise RuleFailed(rule) from error
        took = perf_counter_ns() - started
        if not isinstance(answer, bool):
            breaker.strike(rule, f"answered {type(answer).__name__} instead of True or False")
            raise RuleFailed(rule)
        if took > SLOW_NS:
            breaker.strike(rule, f"took {took / 1e6:.1f} ms, where 5 ms are the most")
        else:
            breaker.pardon(rule)
        return answer

    return judge
