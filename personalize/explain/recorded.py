"""What an entry's conditions saw: its values put back into cells, and each condition traced over them."""

from collections.abc import Callable, Mapping
from zoneinfo import ZoneInfo

from msgspec import Struct

from personalize.decisions.conditions.check import read
from personalize.decisions.conditions.clauses import reads
from personalize.decisions.conditions.scope import Scope
from personalize.decisions.conditions.trace import Trace, first_failing, made_true, trace
from personalize.decisions.conditions.words import describe
from personalize.explain.language import Language
from personalize.model.attributes import ABSENCES, Absence, Cause, Value
from personalize.model.content import Recipe, Rule, Slot
from personalize.model.cookbook import CookbookEntry, Withheld
from personalize.profile.values import READERS, reader_of
from personalize.profile.view import Calendar, Moment, ProfileView


class Failing(Struct, frozen=True, kw_only=True):
    """The part of a condition that was not met, in words, and what it reads."""

    words: str
    names: tuple[str, ...]


class Recorded:
    """One entry's view again, to be asked why a condition held or failed."""

    def __init__(self, entry: CookbookEntry, recipe: Recipe, lang: Language) -> None:
        self.entry, self.lang = entry, lang
        slot = next((s for s in recipe.slots if s.name == entry.slot), Slot(name=entry.slot))
        self.scope = Scope(
            attributes=recipe.attributes,
            context=slot.context,
            segments={segment.name: segment for segment in recipe.segments},
            timezone=recipe.timezone,
        )
        self.view = recorded_view(entry, recipe, slot)

    def failing(self, when: str) -> Failing | None:
        """Return the first part of a condition that was not met; None where all of it was."""
        leaf = first_failing(self._trace(when)) if when else None
        if leaf is None:
            return None
        names = tuple(name for name, _ in leaf.seen) or tuple(sorted(reads(leaf.clause)))
        return Failing(words=describe(leaf.clause, self.scope, self.lang.name), names=names)

    def met(self, when: str) -> str:
        """Return what made a condition hold, in words; empty where there is none."""
        leaves = made_true(self._trace(when)) if when else ()
        words = dict.fromkeys(describe(leaf.clause, self.scope, self.lang.name) for leaf in leaves)
        return self.lang.listing(list(words))

    def withheld(self, rule: Rule) -> Withheld | None:
        """Return the absence because of which a rule could not say yes; None where none was in its way."""
        failing = self.failing(rule.when)
        names = failing.names if failing else rule.reads if rule.callable else ()
        return next((item for item in self.entry.absences if item.attribute in names), None)

    def _trace(self, when: str) -> Trace:
        return trace(read(when, self.scope), self.scope, self.view)


def recorded_view(entry: CookbookEntry, recipe: Recipe, slot: Slot) -> ProfileView:
    """Return the view an entry was decided over. What it did not read is as good as missing."""
    known = {item.attribute: item.value.plain for item in entry.ingredients}
    causes = {item.attribute: item.cause for item in entry.absences}
    readers: Mapping[str, Callable[[object], Value | None]] = {
        **{attribute.name: reader_of(attribute) for attribute in recipe.attributes},
        **{name: READERS[kind] for name, kind in slot.context.items()},
    }
    stored = {**known, **entry.context}
    cells = tuple(_cell(typed, stored.get(name), causes.get(name)) for name, typed in readers.items())
    return ProfileView(cells, Moment(entry.at, Calendar(ZoneInfo(recipe.timezone))))


def _cell(typed: Callable[[object], Value | None], plain: object, cause: Cause | None) -> Value | Absence:
    value = None if plain is None else typed(plain)
    return ABSENCES[cause or Cause.missing] if value is None else value
