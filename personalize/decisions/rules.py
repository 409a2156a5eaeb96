"""Plugins' rules, bound to their callables: what they may read, and what counts as an answer."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from personalize.errors import PluginError
from personalize.hooks.breaker import Breaker, Rubbish
from personalize.hooks.records import Callee, Candidate
from personalize.model.attributes import ABSENCES, Absence, Cause, Value


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
    """Return the judge of one candidate by one callable: a yes or no, or CallFailed."""
    allowed = frozenset(reads)

    def answer(view: Any) -> bool:
        permitted = Permitted(view, index, allowed, rule)
        found: object = callee(permitted, candidate, permitted)
        if not isinstance(found, bool):
            raise Rubbish(f"answered {type(found).__name__} instead of True or False")
        return found

    def judge(view: Any) -> bool:
        return breaker.call(rule, answer, view)

    return judge
