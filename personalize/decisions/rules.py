"""Plugins' rules, bound to their callables: what they may read, and what counts as an answer."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from personalize.errors import PluginError
from personalize.hooks.breaker import Breaker, Rubbish
from personalize.hooks.records import Callee, Candidate
from personalize.model.attributes import ABSENCES, Absence, Cause, Value


class Permitted:
    """The view and context that a callable is given: only the reads its record declares (law 2).

    It ends with the call: what is read later would stand in no record, and may be another person's.
    `fault` is what was read against this, also where the callable went on as if nothing had been.
    """

    __slots__ = ("_index", "_reads", "_rule", "_view", "fault")

    def __init__(self, view: Any, index: Mapping[str, int], reads: frozenset[str], rule: str) -> None:
        self._view, self._index, self._reads, self._rule = view, index, reads, rule
        self.fault = ""

    def end(self) -> None:
        """Let nothing be read from now on."""
        self._view = None

    def get(self, name: str) -> Value | Absence:
        """Return a declared value or its absence; the read is noted. Raises PluginError for what may not be read."""
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
        if self._view is None:
            self.fault = f"The rule '{self._rule}' read '{name}' after it had answered: keep values, not the view."
        elif name not in self._reads:
            self.fault = f"The rule '{self._rule}' read '{name}', which its record does not declare in reads."
        else:
            return
        raise PluginError(self.fault)


def bind_callable(
    callee: Callee,
    candidate: Candidate,
    index: Mapping[str, int],
    reads: tuple[str, ...],
    rule: str,
    breaker: Breaker,
) -> Callable[[Any], bool]:
    """Return the judge of one candidate by one callable: a yes or no, or CallFailed."""
    allowed = frozenset(reads)

    def answer(view: Any) -> bool:
        permitted = Permitted(view, index, allowed, rule)
        try:
            found: object = callee(permitted, candidate, permitted)
        finally:
            permitted.end()
        if permitted.fault:
            raise PluginError(permitted.fault)
        if not isinstance(found, bool):
            raise Rubbish(f"answered {type(found).__name__} instead of True or False")
        return found

    def judge(view: Any) -> bool:
        return breaker.call(rule, answer, view)

    return judge
