"""What an entry's conditions saw: its values put back into cells, and each condition traced over them."""

from collections.abc import Callable, Iterator
from functools import lru_cache
from zoneinfo import ZoneInfo

from msgspec import Struct

from personalize.decisions.conditions.check import read
from personalize.decisions.conditions.clauses import Clause, reads
from personalize.decisions.conditions.scope import Scope
from personalize.decisions.conditions.trace import Trace, first_failing, made_true, trace
from personalize.decisions.conditions.words import describe
from personalize.explain.language import Language
from personalize.model.attributes import ABSENCES, Absence, Cause, Value
from personalize.model.content import Recipe, Rule, Slot
from personalize.model.cookbook import CookbookEntry, Withheld
from personalize.profile.values import READERS, reader_of
from personalize.profile.view import Calendar, Moment, ProfileView

Place = tuple[int, Callable[[object], Value | None]]
"""Where a name stands among a view's cells, and what types its plain values."""
NOWHERE: Place = -1, lambda plain: None


class Failing(Struct, frozen=True, kw_only=True):
    """The part of a condition that was not met, in words, and what it reads.

    Where it is `hidden`, the words tell only that it was not met: what it asks for is not for this reader.
    """

    clause: Clause
    words: str
    names: tuple[str, ...]
    hidden: bool = False


class Conditions:
    """The conditions that one slot's candidates have in one recipe, each read once."""

    def __init__(self, recipe: Recipe, slot: str) -> None:
        self.recipe = recipe
        self.slot = next((s for s in recipe.slots if s.name == slot), Slot(name=slot))
        self.scope = Scope(
            attributes=recipe.attributes,
            context=self.slot.context,
            words=self.slot.words,
            segments={segment.name: segment for segment in recipe.segments},
            timezone=recipe.timezone,
        )
        self.readers = _readers(recipe, self.slot)
        self.calendar = Calendar(ZoneInfo(recipe.timezone))
        self._clauses: dict[str, Clause] = {}

    def clause(self, when: str) -> Clause:
        """Return what a condition's text says."""
        clause = self._clauses.get(when)
        if clause is None:
            clause = self._clauses[when] = read(when, self.scope)
        return clause

    def view(self, entry: CookbookEntry) -> ProfileView:
        """Return the view an entry was decided over. What it did not read is as good as missing."""
        cells: list[Value | Absence] = [ABSENCES[Cause.missing]] * len(self.readers)
        for item in entry.absences:
            if (known := self.readers.get(item.attribute)) is not None:
                cells[known[0]] = ABSENCES[item.cause]
        stored = {item.attribute: item.value.plain for item in entry.ingredients}
        for name, plain in {**stored, **entry.context}.items():
            place, typed = self.readers.get(name, NOWHERE)
            value = None if plain is None else typed(plain)
            if value is not None:
                cells[place] = value
        return ProfileView(tuple(cells), Moment(entry.at, self.calendar))


class _Same:
    """A recipe that equals itself only: comparing whole ones would cost more than it saves."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe

    def __hash__(self) -> int:
        return id(self.recipe)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.recipe is self.recipe


@lru_cache(maxsize=128)
def _conditions(same: _Same, slot: str) -> Conditions:
    return Conditions(same.recipe, slot)


def conditions_of(recipe: Recipe, slot: str) -> Conditions:
    """Return a slot's conditions, read before where they were."""
    return _conditions(_Same(recipe), slot)


class Recorded:
    """One entry's view again, to be asked why a condition held or failed.

    What a condition asks of an attribute that is `masked` tells its value, so only its title is said.
    """

    def __init__(
        self, entry: CookbookEntry, recipe: Recipe, lang: Language, masked: frozenset[str] = frozenset()
    ) -> None:
        self.entry, self.lang, self._masked = entry, lang, masked
        self._conditions = conditions_of(recipe, entry.slot)
        self.scope = self._conditions.scope
        self.view = self._conditions.view(entry)

    def failing(self, when: str) -> Failing | None:
        """Return the first part of a condition that was not met; None where all of it was."""
        leaf = first_failing(self._trace(when)) if when else None
        if leaf is None:
            return None
        names = tuple(name for name, _ in leaf.seen) or tuple(sorted(reads(leaf.clause)))
        hidden = self._hidden(leaf.clause)
        if hidden:
            unfit = [self.lang.say("“{title}” did not fit", title=title) for title in hidden]
            return Failing(clause=leaf.clause, words=self.lang.listing(unfit), names=names, hidden=True)
        return Failing(clause=leaf.clause, words=describe(leaf.clause, self.scope, self.lang.name), names=names)

    def met(self, when: str) -> str:
        """Return what made a condition hold, in words; empty where there is none."""
        leaves = made_true(self._trace(when)) if when else ()
        words = dict.fromkeys(text for leaf in leaves for text in self._fitting(leaf.clause))
        return self.lang.listing(list(words))

    def _fitting(self, clause: Clause) -> Iterator[str]:
        hidden = self._hidden(clause)
        if not hidden:
            yield describe(clause, self.scope, self.lang.name)
        for title in hidden:
            yield self.lang.say("“{title}” fitted", title=title)

    def _hidden(self, clause: Clause) -> list[str]:
        """Return the titles of what a part of a condition reads and the reader may not."""
        found = ((name, self.scope.attribute(name)) for name in sorted(reads(clause) & self._masked))
        return [self.lang.title(each.titles if each else {}, name.replace("_", " ")) for name, each in found]

    def withheld(self, rule: Rule) -> Withheld | None:
        """Return the absence because of which a rule could not say yes; None where none was in its way."""
        failing = self.failing(rule.when)
        names = failing.names if failing else rule.reads if rule.callable else ()
        return next((item for item in self.entry.absences if item.attribute in names), None)

    def _trace(self, when: str) -> Trace:
        return trace(self._conditions.clause(when), self.scope, self.view)


def recorded_view(entry: CookbookEntry, recipe: Recipe) -> ProfileView:
    """Return the view an entry was decided over. What it did not read is as good as missing."""
    return conditions_of(recipe, entry.slot).view(entry)


def _readers(recipe: Recipe, slot: Slot) -> dict[str, Place]:
    """Return for every name its place among a view's cells, and what types its plain values."""
    typed = {attribute.name: reader_of(attribute) for attribute in recipe.attributes}
    typed |= {name: READERS[kind] for name, kind in slot.context.items()}
    return {name: (place, read) for place, (name, read) in enumerate(typed.items())}
