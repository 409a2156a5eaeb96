"""Explain the entries of one site: look up what each refers to, and ask for today's values only where they must be."""

from collections.abc import Callable, Mapping
from copy import copy
from functools import cache
from typing import Self

from msgspec.structs import replace

from personalize.consent.gate import PurposeState
from personalize.decisions.compiler import RuleKey
from personalize.errors import NotFound, NotReplayable
from personalize.explain.agreements import agreements
from personalize.explain.explanation import Explanation
from personalize.explain.facts import Facts
from personalize.explain.reader import Reader
from personalize.explain.replay import PastRecipes
from personalize.explain.sentences import briefly, explain
from personalize.explain.standing import OF_STATUS, Unallowed, unallowed
from personalize.explain.stops import Stop, stops_at
from personalize.explain.supposed import WhatIf, answers, cannot_say
from personalize.explain.whatif import Past
from personalize.hooks.records import Callee
from personalize.model.attributes import Cause, Stored, Titles
from personalize.model.consent import ConsentEvent, Notice
from personalize.model.content import Recipe
from personalize.model.cookbook import CookbookEntry
from personalize.model.people import Assurance
from personalize.ports import Batch, Clock, DeviceLink, Person


class Explainer:
    """Puts entries into words.

    `recipe` gives a kept recipe by hash, the others what is known of a subject. Of attributes that
    are `masked` no value is told.
    """

    def __init__(
        self,
        *,
        recipe: Callable[[str], Recipe | None],
        callees: Mapping[RuleKey, Callee],
        events: Callable[[int], list[ConsentEvent]],
        state: Callable[[int], Mapping[str, PurposeState]],
        person: Callable[[int], Person | None],
        is_device: Callable[[int], bool],
        restricted_at: Callable[[int, int], Mapping[str, bool]],
        links: Callable[[int], list[DeviceLink]],
        batch: Callable[[int], Batch | None],
        sources: Mapping[str, Titles],
        notices: Mapping[str, Notice],
        timezone: str,
        clock: Clock,
    ) -> None:
        self._recipe, self._recipes = recipe, PastRecipes(recipe, callees)
        self._events, self._state, self._person, self._batch = events, state, person, batch
        self._is_device, self._restricted_at, self._links = is_device, restricted_at, links
        self._sources, self._notices, self._timezone, self._clock = sources, notices, timezone, clock

    def for_one_page(self) -> Self:
        """Return one for a page or file that is made now: it asks only once for each person's consents and import."""
        telling = copy(self)
        telling._events, telling._state, telling._batch = cache(self._events), cache(self._state), cache(self._batch)
        return telling

    def explain(
        self,
        entry: CookbookEntry,
        lang: str,
        reader: str = Reader.staff,
        *,
        masked: frozenset[str] = frozenset(),
        person_told: bool = False,
    ) -> Explanation:
        """Put an entry into words for a reader. Raises NotFound where its recipe is not kept.

        `person_told` is for a page that says above all its places how sure we were of who it was.
        """
        return explain(entry, replace(self.facts(entry), masked=masked, person_told=person_told), lang, reader)

    def briefly(self, entry: CookbookEntry, lang: str, *, masked: frozenset[str] = frozenset()) -> tuple[str, str]:
        """Return only what was shown, and why, as staff read it. Raises NotFound where its recipe is not kept."""
        return briefly(entry, replace(self.outline(entry), masked=masked), lang)

    def what_if(
        self, entry: CookbookEntry, lang: str, reader: str = Reader.staff, *, masked: frozenset[str] = frozenset()
    ) -> tuple[WhatIf, ...]:
        """Say what single changes would have led to, the smallest that makes a difference first."""
        facts = replace(self.facts(entry), masked=masked)
        try:
            return answers(self.past(entry), facts, lang, reader)
        except NotReplayable:
            return cannot_say(entry, lang)

    def past(self, entry: CookbookEntry) -> Past:
        """Return an entry ready to be decided otherwise. Raises NotReplayable."""
        return Past(
            entry,
            self._recipes.of(entry.recipe),
            self._events(entry.subject),
            lambda: self._values(entry),
            {name: OF_STATUS[state.status] for name, state in self._state(entry.subject).items()},
            is_device=self._of_device(entry),
        )

    def facts(self, entry: CookbookEntry) -> Facts:
        """Look up what an entry refers to: recipe, consents, imports. Raises NotFound without the recipe."""
        numbers = {item.value.batch for item in entry.ingredients}
        batches = {number: self._batch(number) for number in numbers}
        return replace(
            self.outline(entry),
            consents=agreements(entry, self._events(entry.subject)),
            batches={number: batch for number, batch in batches.items() if batch is not None},
            sources=self._sources,
            notices=self._notices,
        )

    def outline(self, entry: CookbookEntry) -> Facts:
        """Look up what the reasons of an entry take, and not where its values came from. Raises NotFound."""
        recipe = self._kept(entry)
        return Facts(
            recipe=recipe,
            now=self._clock.now(),
            timezone=self._timezone,
            device=self._of_device(entry),
            stopped=self._stopped(entry, recipe),
            unallowed=self._unallowed(entry, recipe),
        )

    def _unallowed(self, entry: CookbookEntry, recipe: Recipe) -> Mapping[str, Unallowed]:
        if not any(each.cause is Cause.no_consent for each in entry.absences):
            return {}
        return unallowed(entry, recipe, self._events(entry.subject))

    def _stopped(self, entry: CookbookEntry, recipe: Recipe) -> Mapping[str, Stop]:
        if not any(each.cause is Cause.missing for each in entry.absences):
            return {}
        return stops_at(entry, recipe, self._restricted_at, self._links)

    def _of_device(self, entry: CookbookEntry) -> bool:
        return entry.assurance == Assurance.click and self._is_device(entry.subject)

    def _kept(self, entry: CookbookEntry) -> Recipe:
        recipe = self._recipe(entry.recipe)
        if recipe is None:
            raise NotFound(f"The recipe {entry.recipe[:12]} of this entry is not kept.")
        return recipe

    def _values(self, entry: CookbookEntry) -> Mapping[str, Stored]:
        person = self._person(entry.subject)
        return person.values if person else {}
