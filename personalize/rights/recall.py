"""Recall: from an import, an attribute, a rule, a consent text or a plugin to every decision that used it.

A rule is asked in every decision of a slot that it concerns, whatever it said: recipes and headers tell. What was
read stands in bodies, which are opened for the recipes that know the thing, from when it came to be. What
belongs to erased people cannot be opened; it is counted.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from difflib import get_close_matches
from enum import StrEnum

from msgspec import Struct

from personalize.cookbook.body import Body
from personalize.cookbook.headers import Header
from personalize.cookbook.lookup import Cookbook
from personalize.cookbook.served import is_unserved
from personalize.errors import NotFound
from personalize.model.attributes import Cause
from personalize.model.banner import read_banner
from personalize.model.consent import Basis
from personalize.model.content import SEGMENTS, Recipe, Rule
from personalize.storage.open import Store

LEEWAY = 60_000_000
"""µs by which the clocks of two workers may differ."""
EVENTS = 65_536
"""Consent events kept at hand."""


class Thing(StrEnum):
    """What decisions may have used."""

    batch = "batch"
    attribute = "attribute"
    rule = "rule"
    notice = "notice"
    plugin = "plugin"


class Used(Struct, frozen=True, kw_only=True, gc=False):
    """One decision that used it, and `how`.

    That is, for a rule or plugin, `decided` or `asked`; for an attribute `value` or the cause of its absence;
    for an import or a consent text the attributes whose values came with it or were read under it.
    `served` is False where it is known that it was not put on the page.
    """

    entry_id: bytes
    at: int
    number: int
    slot: str
    variant: str | None
    reason: str
    subject: int
    recipe: str
    how: str
    served: bool


LARGEST = 1 << 63
"""Numbers from here on are none of ours: the store could not keep them."""


class Tally:
    """Counts decisions as they are found: all, people, and those that were shown, by slot and variant."""

    def __init__(self) -> None:
        self.decisions = self.unserved = 0
        self.people: set[int] = set()
        self.shown: Counter[tuple[str, str | None]] = Counter()

    def take(self, used: Used) -> None:
        """Count one."""
        self.decisions += 1
        self.people.add(used.subject)
        if used.served:
            self.shown[used.slot, used.variant] += 1
        else:
            self.unserved += 1

    def over(self, found: Iterable[Used]) -> Iterator[Used]:
        """Count them all as they go by."""
        for used in found:
            self.take(used)
            yield used


class Recall:
    """The decisions of a period (µs, end exclusive) that used one thing, oldest first, found as it is iterated.

    `looked` and `erased` say how many were looked at, and how many of those cannot be opened any more.
    `stop` is told the first at each, and may end it; then `stopped` holds. Raises NotFound for what was never there.
    `now` (µs) is against what it is known that something was not put on the page.
    Texts of the site's own `banners` are in no ledger: what was agreed to there only the entries tell.
    """

    def __init__(
        self,
        store: Store,
        cookbook: Cookbook,
        recipe: Callable[[str], Recipe | None],
        thing: Thing,
        name: str,
        start: int,
        end: int,
        stop: Callable[[int], bool] = lambda looked: False,
        banners: Collection[str] = (),
        *,
        now: int,
    ) -> None:
        self._store, self._cookbook, self._marks, self._now = store, cookbook, cookbook.marks(), now
        self._thing, self._name, self._stop, self.stopped = thing, name, stop, False
        self._by_banner = thing is Thing.notice and name.rpartition("@")[0] in banners
        self.looked = self.erased = 0
        self._published = store.content.published()
        self._recipes = {digest: kept for digest in self._published if (kept := recipe(digest)) is not None}
        self._source, self._begun = "", 0
        self._events: dict[bytes, str] = {}
        self._rules: dict[bytes, tuple[frozenset[int], frozenset[str]]] = {}
        self._find_out()
        knowing = {digest for digest, kept in self._recipes.items() if self._knows(kept)}
        if not knowing:
            raise NotFound(self._unknown())
        self._knowing = {bytes.fromhex(digest) for digest in knowing}
        first = min(self._published[digest] for digest in knowing)
        self._start, self._end = max(start, first - LEEWAY, self._begun - LEEWAY), end

    def __iter__(self) -> Iterator[Used]:
        """Yield the decisions."""
        if self._start >= self._end:
            return iter(())
        by_header = self._thing in (Thing.rule, Thing.plugin)
        return self._asked() if by_header else self._read()

    def _find_out(self) -> None:
        """Learn when the thing came to be: no decision before that can have used it."""
        if self._thing is Thing.batch:
            number = int(self._name) if self._name.isdecimal() and len(self._name) < 20 else LARGEST
            batch = self._store.batches.batch(number) if number < LARGEST else None
            if batch is None:
                raise NotFound(f"There is no import {self._name}: `personalize import` tells the number of each.")
            self._source, self._begun = batch.source, batch.imported_at
        elif self._thing is Thing.notice and not self._by_banner:
            event = self._store.consents.first_under(self._name)
            if event is None:
                form = "" if "@" in self._name else " Write name@version, as in news@2."
                raise NotFound(f"Nobody who is known agreed to {self._name}.{form}")
            self._begun = event.recorded_at

    def _knows(self, recipe: Recipe) -> bool:
        """Say whether a decision under this recipe may have used the thing."""
        match self._thing:
            case Thing.batch:
                return any(each.source == self._source for each in recipe.attributes)
            case Thing.attribute:
                return any(each.name == self._name for each in recipe.attributes)
            case Thing.notice:
                return any(each.basis is Basis.consent for each in recipe.purposes)
            case _:
                return any(map(self._is_meant, recipe.rules))

    def _is_meant(self, rule: Rule) -> bool:
        return self._name == name_of(rule, self._thing)

    def _unknown(self) -> str:
        if not self._recipes:
            return "Nothing was decided here yet: start the site first."
        known = {
            Thing.attribute: (each.name for kept in self._recipes.values() for each in kept.attributes),
            Thing.rule: (name_of(each, Thing.rule) for kept in self._recipes.values() for each in kept.rules),
            Thing.plugin: (name_of(each, Thing.plugin) for kept in self._recipes.values() for each in kept.rules),
        }.get(self._thing, iter(()))
        near = get_close_matches(self._name, sorted(set(known)), 1)
        meant = f" Did you mean {near[0]}?" if near else ""
        if self._thing is Thing.rule and "/" not in self._name:
            meant += " Write plugin/name, as in builtin/priority-order."
        return f"No recipe that is kept has the {self._thing} {self._name}.{meant}"

    def _passed(self) -> bool:
        """Count one more decision that was looked at; say whether it is enough."""
        self.looked += 1
        self.stopped = self._stop(self.looked)
        return self.stopped

    def _asked(self) -> Iterator[Used]:
        for header in self._cookbook.headers(self._start, self._end):
            if header.recipe in self._knowing:
                places, slots = self._rules.get(header.recipe) or self._concerned(header.recipe)
                if header.slot in slots:
                    decided = any(outcome.rule in places for outcome in header.outcomes)
                    yield self._used(header, "decided" if decided else "asked")
            if self._passed():
                return

    def _concerned(self, digest: bytes) -> tuple[frozenset[int], frozenset[str]]:
        """Return the places of the rules that are meant, and the slots whose variants they concern."""
        recipe = self._recipes[digest.hex()]
        meant = {place: rule for place, rule in enumerate(recipe.rules) if self._is_meant(rule)}
        slots = {v.slot for v in recipe.variants for rule in meant.values() if rule.applies_to(v.slot, v.name)}
        self._rules[digest] = frozenset(meant), frozenset(slots - {SEGMENTS})
        return self._rules[digest]

    def _read(self) -> Iterator[Used]:
        how = {Thing.batch: self._of_batch, Thing.attribute: self._of_attribute}.get(self._thing, self._of_notice)
        for header, body in self._cookbook.readings(self._knowing, self._start, self._end):
            if body is None:
                self.erased += 1
            elif found := how(self._recipes[header.recipe.hex()], body):
                yield self._used(header, ", ".join(found))
            if self._passed():
                return

    def _used(self, header: Header, how: str) -> Used:
        served = self._marks.is_marked(header.entry_id)
        return Used(
            entry_id=header.entry_id,
            at=header.at,
            number=header.number,
            slot=header.slot,
            variant=header.variant,
            reason=header.reason.name,
            subject=header.subject,
            recipe=header.recipe.hex(),
            how=how,
            served=not is_unserved(header.at, self._now, served=served),
        )

    def _of_batch(self, recipe: Recipe, body: Body) -> Sequence[str]:
        number = int(self._name)
        return [recipe.attributes[item[0]].name for item in body.ingredients if item[2] == number]

    def _of_attribute(self, recipe: Recipe, body: Body) -> Sequence[str]:
        """Say how an attribute was used; page facts count on after the attributes, under names of their own."""
        count = len(recipe.attributes)
        for item in body.ingredients:
            if recipe.attributes[item[0]].name == self._name:
                return ["value"]
        missed = ((code >> 3, code & 7) for code in body.absences)
        return [
            Cause(cause).name
            for place, cause in missed
            if place < count and recipe.attributes[place].name == self._name
        ]

    def _of_notice(self, recipe: Recipe, body: Body) -> Sequence[str]:
        under = {
            recipe.purposes[place].name
            for place, record in body.records.items()
            if self._notice_of(record) == self._name
        }
        read = (recipe.attributes[item[0]] for item in body.ingredients) if under else ()
        return [attribute.name for attribute in read if attribute.purpose in under]

    def _notice_of(self, record: bytes) -> str:
        notice = self._events.get(record)
        if notice is None:
            if len(self._events) >= EVENTS:
                self._events.clear()
            event = read_banner(record) or self._store.consents.event(record)
            notice = self._events[record] = event.notice if event else ""
        return notice


def name_of(rule: Rule, thing: Thing) -> str:
    """Return what a recall calls a rule, or its plugin."""
    return f"{rule.plugin}/{rule.name}" if thing is Thing.rule else f"{rule.plugin}@{rule.version}"
