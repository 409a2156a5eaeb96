"""What if: one thing about a recorded decision changed, and decided again by the same engine with the recipe of then.

Nothing here is written down, and nothing is guessed: what the entry lists is taken from it. What it does not list
is taken from the profile of today, and only where a grant of then and one of today allow it; the answer tells so.
To suppose a consent opens no value (law 1): what it would take to look at one without a grant cannot be told.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

from msgspec.structs import replace

from personalize.cookbook.body import places_in
from personalize.decisions.compiled import CompiledRecipe, CompiledSlot
from personalize.decisions.conditions.clauses import Clause
from personalize.decisions.engine import Verdict
from personalize.errors import NotReplayable
from personalize.explain.changes import Change, Changed, OtherAssurance, OtherConsent, OtherValue
from personalize.explain.plausible import tries
from personalize.explain.recorded import conditions_of, recorded_view
from personalize.explain.standing import OF_CAUSE, Standing, grants_of, in_ledger, purposes_of, standings_of
from personalize.model.attributes import ABSENCES, Absence, Cause, Stored, to_plain
from personalize.model.consent import Basis, ConsentEvent
from personalize.model.content import SEGMENTS
from personalize.model.cookbook import CookbookEntry, Ingredient, Withheld
from personalize.model.decisions import Reason
from personalize.model.people import Assurance
from personalize.profile.admitted import Dictionary
from personalize.profile.devices import observed_in
from personalize.profile.lowered import lowered
from personalize.profile.view import Cell, ProfileView
from personalize.settings.sources import DEVICE

GATES = frozenset({Cause.objected, Cause.no_consent, Cause.assurance})
"""The causes for which a value is not even looked at."""
RANDOM = frozenset({Reason.SPLIT, Reason.HOLDOUT})
MISSING = ABSENCES[Cause.missing]
DICTIONARIES = 16
"""Recipes whose dictionaries are kept at hand."""

_dictionaries: dict[str, Dictionary] = {}


Cells = tuple[tuple[Cell, ...], tuple[Stored | None, ...]]
"""What may be read, the page's facts after the attributes, and what stands behind each attribute."""


class Past:
    """An entry with what it takes to decide it otherwise.

    `events` is what the person ever said about consent, `profile` gives their values of today and is
    asked only where a decision reads what the entry does not list, and `now`, how each purpose stands, allows it.
    `is_device` says that the entry is of a browser, and of nobody in particular. What browsers observed is of one
    browser or another: of a person it is taken from the entry alone.
    Raises NotReplayable where the decision cannot be made again at all.
    """

    def __init__(
        self,
        entry: CookbookEntry,
        compiled: CompiledRecipe,
        events: Iterable[ConsentEvent],
        profile: Callable[[], Mapping[str, Stored]],
        now: Mapping[str, Standing],
        *,
        is_device: bool = False,
    ) -> None:
        self.entry, self.recipe, self.is_device = entry, compiled.recipe, is_device
        self.slot = _slot_of(entry, compiled)
        events = list(events)
        self.standings, self._ledger = standings_of(entry, self.recipe, events), in_ledger(entry, self.recipe, events)
        self._profile, self.now = profile, now
        self._allowed = {
            each.name
            for each in self.recipe.attributes
            if now.get(each.purpose) is Standing.allowed and (is_device or each.source != DEVICE)
        }
        self._kept: dict[tuple[Change | None, bool], Cells] = {}
        self._dictionary = _dictionary_of(compiled)
        self._names = (*self._dictionary.index, *self.slot.facts)
        self._view = recorded_view(entry, compiled.recipe)
        self._values = {item.attribute: item.value for item in entry.ingredients}
        self._unusable = {item.attribute: item.cause for item in entry.absences if item.cause not in GATES}
        self._kept_back = {item.attribute: item.cause for item in entry.absences if self._is_kept_back(item)}
        self._records = {item.purpose: item.record for item in entry.ingredients}

    def suppose(self, change: Change) -> Changed:
        """Return what comes out with one thing changed."""
        if self.is_device and self._level(change) > self.entry.assurance:
            return Changed(change=change, entry=self.entry, differs=False, of_person=True)
        cells, stored = self._cells(change)
        view, verdict = self._decide(change, cells)
        if self._allowed.intersection(self._lacks(change, verdict.mask, cells)):
            cells, stored = self._cells(change, today=True)
            view, verdict = self._decide(change, cells)
        entry = self._written(change, view, verdict, stored)
        asked = self._lacks(change, verdict.mask, cells, loaded=True)
        return Changed(
            change=change,
            entry=entry,
            differs=shown(entry) != shown(self.entry),
            today=tuple(name for name in asked if name in self._allowed),
            unsaid=self._unsaid(verdict.mask),
            closed=tuple(name for name in asked if name not in self._allowed),
        )

    def nearest(self) -> Changed | None:
        """Return the smallest single change that makes another outcome, or None where none is found.

        Tried in this order: surer of the person, another choice about one purpose, another value of
        one attribute. What cannot be told does not count.
        """
        return next((found for found in map(self.suppose, self.changes()) if found.differs and found.told), None)

    def changes(self) -> Iterator[Change]:
        """Yield the changes that `nearest` tries, in its order. What was not read could not change anything (law 2)."""
        yield from self.surer()
        yield from self.consents()
        for name in self.attributes():
            yield from self.values(name)

    def surer(self) -> Iterator[OtherAssurance]:
        """Yield logging in, and what else makes us surer than we were."""
        levels = (Assurance.login,) if self.is_device else (Assurance.login, Assurance.mailbox, Assurance.click)
        yield from (OtherAssurance(level) for level in levels if level > self.entry.assurance)

    def less_sure(self) -> Iterator[OtherAssurance]:
        """Yield the ways in which we know less who it is; a stranger last."""
        levels = (Assurance.click, Assurance.mailbox, Assurance.none)
        yield from (OtherAssurance(level) for level in levels if level < self.entry.assurance)

    def consents(self) -> Iterator[OtherConsent]:
        """Yield the other choice about each purpose that something read or withheld belongs to.

        Where the person's answer was yes and their browser's no, theirs was no choice to make otherwise.
        """
        read = {*(item.attribute for item in self.entry.ingredients), *(a.attribute for a in self.entry.absences)}
        used = {attribute.purpose for attribute in self.recipe.attributes if attribute.name in read}
        for name, purpose in purposes_of(self.recipe).items():
            if name in used and self.standings[name] is not Standing.allowed:
                if self._ledger[name] is not Standing.allowed:
                    yield OtherConsent(name, Standing.allowed)
            elif name in used:
                by_consent = purpose.basis is Basis.consent
                yield OtherConsent(name, Standing.not_given if by_consent else Standing.objected)

    def attributes(self) -> tuple[str, ...]:
        """Return the attributes whose value was looked at, in the dictionary's order."""
        looked = self._values.keys() | self._unusable.keys()
        return tuple(attribute.name for attribute in self.recipe.attributes if attribute.name in looked)

    def values(self, name: str) -> Iterator[OtherValue]:
        """Yield other values of one attribute, the nearest first."""
        place = self._dictionary.index[name]
        scope = conditions_of(self.recipe, self.entry.slot).scope
        found = tries(self._dictionary.attributes[place], self._clauses(), scope, self._view)
        yield from (OtherValue(name, each) for each in found)

    def _clauses(self) -> list[Clause]:
        """Return every condition that has a say in the slot."""
        conditions, slot = conditions_of(self.recipe, self.entry.slot), self.entry.slot
        texts = [variant.when for variant in self.slot.variants]
        if slot != SEGMENTS:
            texts += [r.when for r in self.recipe.rules if any(r.applies_to(slot, name) for name in self.slot.names)]
        return [conditions.clause(text) for text in dict.fromkeys(texts) if text]

    def _cells(self, change: Change, *, today: bool = False) -> Cells:
        """Return what may be read under the change, as the gates have it (law 1), with the values of `today` or not."""
        if not isinstance(change, OtherValue):
            return self._admitted(change, today)
        cells, stored = self._admitted(None, today)
        place, value = self._dictionary.index[change.attribute], change.instead.value
        if _open(cells[place]):
            cell = MISSING if value is None else value
            cells = *cells[:place], cell, *cells[place + 1 :]
            instead = None if value is None else Stored(to_plain(value), self.entry.at, 0)
            stored = *stored[:place], instead, *stored[place + 1 :]
        return cells, stored

    def _admitted(self, change: OtherAssurance | OtherConsent | None, today: bool) -> Cells:
        """Return the same for all values as they were, worked out once: many values are tried under it."""
        found = self._kept.get((change, today))
        if found is None:
            found = self._kept[change, today] = self._admit(change, self._readable() if today else {})
        return found

    def _readable(self) -> Mapping[str, Stored]:
        """Return the values of today that may be read today (law 1)."""
        return {name: value for name, value in self._profile().items() if name in self._allowed}

    def _admit(self, change: OtherAssurance | OtherConsent | None, today: Mapping[str, Stored]) -> Cells:
        level = self._level(change)
        grants = grants_of(self.entry, self.recipe, self._standings(change), level)
        admitted = self._dictionary.admit({**today, **self._values}, grants, self.entry.at)
        admitted = lowered(admitted, self.slot.floors, level)
        if not self.is_device:
            admitted = lowered(admitted, observed_in(self._dictionary), level)
        cells, stored = list(admitted.cells), list(admitted.stored)
        for name, cause in (self._unusable | self._kept_back).items():
            place = self._dictionary.index.get(name, -1)
            if place >= 0 and _open(cells[place]):
                cells[place], stored[place] = ABSENCES[cause], None
        return (*cells, *self._view.cells[len(cells) :]), tuple(stored)

    def _decide(self, change: Change, cells: tuple[Cell, ...]) -> tuple[ProfileView, Verdict]:
        view = ProfileView(cells, self._view.moment)
        stranger = self._level(change) is Assurance.none
        return view, self.slot.decide(view, stranger=stranger, failing=frozenset(self.entry.failed))

    def _level(self, change: Change | None) -> Assurance:
        """Return how sure we would have been: nobody is recognised by a link who does not agree to that."""
        level = change.level if isinstance(change, OtherAssurance) else Assurance(self.entry.assurance)
        changes = isinstance(change, OtherAssurance | OtherConsent)
        if level is Assurance.click and changes and not self.is_device and not self._is_willing(change):
            return Assurance.none
        return level

    def _is_willing(self, change: Change | None) -> bool:
        standings = self._standings(change)
        found = [name for name, purpose in purposes_of(self.recipe).items() if purpose.recognise]
        return any(standings[name] is Standing.allowed for name in found)

    def _standings(self, change: Change | None) -> Mapping[str, Standing]:
        if isinstance(change, OtherConsent):
            return {**self.standings, change.purpose: change.standing}
        return self.standings

    def _is_kept_back(self, item: Withheld) -> bool:
        """Say whether a value alone was withheld for want of consent, as by the browser that is linked to a person."""
        place = self._dictionary.index.get(item.attribute, -1)
        if place < 0 or item.cause not in OF_CAUSE:
            return False
        return self.standings[self._dictionary.attributes[place].purpose] is Standing.allowed

    def _lacks(self, change: Change, mask: int, cells: tuple[Cell, ...], *, loaded: bool = False) -> tuple[str, ...]:
        """Return what was read although the entry does not know it; `loaded` once today's profile has been asked."""
        known = {*self._values, *self._unusable}
        if isinstance(change, OtherValue):
            known.add(change.attribute)
        return tuple(
            self._names[place]
            for place in places_in(mask & (1 << len(self._dictionary.index)) - 1)
            if self._names[place] not in known and (loaded or cells[place] is MISSING) and _open(cells[place])
        )

    def _unsaid(self, mask: int) -> tuple[str, ...]:
        first = len(self.recipe.attributes)
        read = [self._names[place + first] for place in places_in(mask >> first)]
        told = {*self.entry.context, *(item.attribute for item in self.entry.absences)} if read else ()
        return tuple(name for name in read if name not in told)

    def _written(
        self, change: Change, view: ProfileView, verdict: Verdict, stored: tuple[Stored | None, ...]
    ) -> CookbookEntry:
        ingredients: list[Ingredient] = []
        absences: list[Withheld] = []
        read = {self._names[place]: place for place in places_in(verdict.mask)}
        for name, place in read.items():
            cell = view.cells[place]
            if isinstance(cell, Absence):
                absences.append(Withheld(attribute=name, cause=cell.cause))
            elif place < len(stored) and (value := stored[place]) is not None:
                purpose = self._dictionary.attributes[place].purpose
                record = self._records.get(purpose, b"")
                ingredients.append(Ingredient(attribute=name, value=value, purpose=purpose, record=record))
        return replace(
            self.entry,
            variant=self.slot.names[verdict.winner] if verdict.winner >= 0 else None,
            reason=verdict.reason,
            outcomes=self.slot.outcomes(verdict.codes),
            assurance=self._level(change),
            ingredients=tuple(ingredients),
            absences=tuple(absences),
            context={name: value for name, value in self.entry.context.items() if name in read},
            failed=verdict.failed,
            same_as=b"",
        )


def shown(entry: CookbookEntry) -> object:
    """Return what an entry let out: the variant, or of the segments those that hold."""
    if entry.slot == SEGMENTS:
        return frozenset(o.variant for o in entry.outcomes if o.reason is Reason.TARGETING_MATCH)
    return entry.variant


def _dictionary_of(compiled: CompiledRecipe) -> Dictionary:
    """Return a recipe's dictionary, made once: it costs more than all that is asked of it."""
    found = _dictionaries.get(compiled.digest)
    if found is None:
        if len(_dictionaries) >= DICTIONARIES:
            _dictionaries.clear()
        found = _dictionaries[compiled.digest] = Dictionary(compiled.recipe.attributes)
    return found


def _slot_of(entry: CookbookEntry, compiled: CompiledRecipe) -> CompiledSlot:
    if entry.erased:
        raise NotReplayable("The person's data has been erased.")
    if entry.reason in RANDOM or any(outcome.reason in RANDOM for outcome in entry.outcomes):
        raise NotReplayable("Chance had a say in it.")
    slot = compiled.slots.get(entry.slot)
    if slot is None:
        raise NotReplayable(f"The recipe of then has no slot '{entry.slot}'.")
    if slot.missing:
        raise NotReplayable(f"Not installed in the version that took part: {', '.join(slot.missing)}.")
    return slot


def _open(cell: Cell) -> bool:
    return not (isinstance(cell, Absence) and cell.cause in GATES)
