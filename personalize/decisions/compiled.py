"""A recipe made ready to decide: conditions compiled, rules bound, nothing left to look up on the request path."""

from bisect import bisect_right
from collections.abc import Callable, Mapping
from types import MappingProxyType
from zoneinfo import ZoneInfo

from personalize.decisions.cells import Cells
from personalize.decisions.codes import outcomes
from personalize.decisions.conditions.check import read
from personalize.decisions.conditions.clauses import clock_use
from personalize.decisions.conditions.compile import compile_clause
from personalize.decisions.conditions.scope import Place, Scope
from personalize.decisions.engine import NO_RULES, NOBODY, BoundRule, Contender, Judge, Verdict, always, decide, sift
from personalize.decisions.rules import Breaker, bind_callable
from personalize.decisions.texts import Texts, texts_in
from personalize.errors import ConfigError, ManyErrors
from personalize.hooks.records import Callee, Candidate
from personalize.model.attributes import Absence, Value
from personalize.model.content import Recipe, Rule, RuleKind, Slot, Variant
from personalize.model.decisions import Outcome
from personalize.model.placeholders import names_in

RuleKey = tuple[str, str, str, str]
Places = Callable[[str, str], Place]
"""Where a condition stands in a file: by kind (`variant`, `segment`, `rule`) and name (`slot/variant`)."""

SEGMENTS = "segments"
SEGMENTS_INDEX = 0xFFFF
CLOCK = ("none", "today", "now")
MOST_OUTCOMES = 4096


ALWAYS = BoundRule(-1, always)


def rule_key(rule: Rule) -> RuleKey:
    """Return what names a plugin's callable: only the same version may stand in for it."""
    return rule.kind.value, rule.plugin, rule.version, rule.name


def nowhere(kind: str, name: str) -> Place:
    """Return the place of a condition that stands in no file."""
    return Place(file="", field=f"{kind} {name}")


class CompiledSlot:
    """One slot ready to decide. `missing` names rules whose plugin is not installed in that version."""

    def __init__(
        self,
        slot: Slot,
        index: int,
        contenders: tuple[Contender, ...],
        *,
        languages: tuple[str, ...],
        zone: ZoneInfo,
        clock: str = "none",
        missing: tuple[str, ...] = (),
    ) -> None:
        self.slot, self.name, self.index = slot, slot.name, index
        self.contenders, self.clock, self.missing = contenders, clock, missing
        self.variants = tuple(contender.variant for contender in contenders)
        self.names = tuple(variant.name for variant in self.variants)
        self.facts = tuple(slot.context)
        self._turns = sorted({time for c in contenders if c.scheduled for time in (c.starts, c.ends)})
        self.timeless = clock == "none" and not self._turns
        self._languages, self._zone = frozenset(languages), zone
        self._decide = sift if index == SEGMENTS_INDEX else decide
        self._texts: dict[tuple[int, str], Texts] = {}
        self._outcomes: dict[bytes, tuple[Outcome, ...]] = {}

    def decide(self, view: Cells, *, stranger: bool = False, failing: frozenset[int] = NO_RULES) -> Verdict:
        """Return the verdict over this slot's candidates; `failing` rules fail without being asked."""
        return self._decide(self.contenders, view, stranger=stranger, failing=failing)

    def texts(self, winner: int, language: str, cells: tuple[Value | Absence, ...]) -> Mapping[str, str]:
        """Return the winner's texts in a language, its placeholders filled from these cells."""
        fill = self._texts.get((winner, language))
        if fill is None:
            contender = self.contenders[winner]
            fill = texts_in(contender.variant, language, contender.placeholders, self._zone)
            if language in self._languages:
                self._texts[(winner, language)] = fill
        return fill(cells)

    def next_turn(self, at: int) -> int:
        """Return the first moment after `at` (µs) at which a schedule opens or closes a candidate."""
        turns = self._turns
        place = bisect_right(turns, at) if turns else 0
        return turns[place] if place < len(turns) else 1 << 62

    def outcomes(self, blob: bytes) -> tuple[Outcome, ...]:
        """Return the candidates' fates as values; the same blob gives the same tuple."""
        found = self._outcomes.get(blob)
        if found is None:
            if len(self._outcomes) >= MOST_OUTCOMES:
                self._outcomes.clear()
            found = self._outcomes[blob] = outcomes(blob, self.names)
        return found


class CompiledRecipe:
    """A whole recipe ready to decide; `digest` is its content hash in hex."""

    def __init__(self, recipe: Recipe, digest: str, slots: dict[str, CompiledSlot]) -> None:
        self.recipe, self.digest, self.slots = recipe, digest, slots
        self.digest_bytes = bytes.fromhex(digest)
        self.zone = ZoneInfo(recipe.timezone)


def compile_recipe(
    recipe: Recipe,
    digest: str,
    callees: Mapping[RuleKey, Callee],
    *,
    places: Places = nowhere,
    breaker: Breaker | None = None,
) -> CompiledRecipe:
    """Return the recipe compiled. Raises ManyErrors with every condition that cannot be used."""
    compiler = _Compiler(recipe, callees, places, breaker or Breaker())
    slots = {slot.name: compiler.slot(slot, index) for index, slot in enumerate(recipe.slots)}
    slots[SEGMENTS] = compiler.segments()
    if compiler.errors:
        raise ManyErrors(tuple(compiler.errors))
    return CompiledRecipe(recipe, digest, slots)


class _Compiler:
    """Compiles slot by slot and collects every error on the way."""

    def __init__(self, recipe: Recipe, callees: Mapping[RuleKey, Callee], places: Places, breaker: Breaker) -> None:
        self.recipe, self.callees, self.places, self.breaker = recipe, callees, places, breaker
        self.errors: list[ConfigError] = []
        self.clock = "none"
        self.missing: list[str] = []
        self._segments = {segment.name: segment for segment in recipe.segments}

    def scope(self, slot: Slot | None) -> Scope:
        """Return the names that conditions of this slot may use."""
        return Scope(
            attributes=self.recipe.attributes,
            context={} if slot is None else slot.context,
            segments=self._segments,
            timezone=self.recipe.timezone,
        )

    def slot(self, slot: Slot, index: int) -> CompiledSlot:
        """Return one slot with its contenders, in the recipe's order."""
        self.clock, self.missing = "none", []
        scope = self.scope(slot)
        contenders = tuple(
            self._contender(variant, scope) for variant in self.recipe.variants if variant.slot == slot.name
        )
        return self._compiled(slot, index, contenders)

    def segments(self) -> CompiledSlot:
        """Return the reserved slot whose candidates are the segments themselves."""
        self.clock, self.missing = "none", []
        scope = self.scope(None)
        contenders = tuple(
            Contender(
                Variant(slot=SEGMENTS, name=segment.name, when=segment.when, titles=segment.titles),
                self._condition(segment.when, scope, self.places("segment", segment.name)),
                {},
                (),
                ALWAYS,
            )
            for segment in self.recipe.segments
        )
        return self._compiled(Slot(name=SEGMENTS), SEGMENTS_INDEX, contenders)

    def _compiled(self, slot: Slot, index: int, contenders: tuple[Contender, ...]) -> CompiledSlot:
        return CompiledSlot(
            slot,
            index,
            contenders,
            languages=self.recipe.languages,
            zone=ZoneInfo(self.recipe.timezone),
            clock=self.clock,
            missing=tuple(dict.fromkeys(self.missing)),
        )

    def _contender(self, variant: Variant, scope: Scope) -> Contender:
        place = self.places("variant", f"{variant.slot}/{variant.name}")
        when = self._condition(variant.when, scope, place) if variant.when else None
        rules = [
            (index, rule) for index, rule in enumerate(self.recipe.rules) if rule.applies_to(variant.slot, variant.name)
        ]
        suppressors = [self._bind(i, r, variant, scope) for i, r in rules if r.kind is RuleKind.suppressor]
        choosers = [self._bind(i, r, variant, scope) for i, r in rules if r.kind is RuleKind.chooser]
        return Contender(
            variant,
            when,
            self._placeholders(variant, scope, place),
            tuple(sorted(filter(None, suppressors), key=_order)),
            min(filter(None, choosers), key=_order, default=NOBODY),
        )

    def _bind(self, index: int, rule: Rule, variant: Variant, scope: Scope) -> BoundRule | None:
        judge = self._judge(rule, variant, scope)
        if judge is None:
            return None
        return BoundRule(index, judge, rule.on_unknown == "suppress", rule.order)

    def _judge(self, rule: Rule, variant: Variant, scope: Scope) -> Judge | None:
        if rule.when:
            return self._condition(rule.when, scope, self.places("rule", f"{rule.plugin}/{rule.name}"))
        if not rule.callable:
            return always
        self._uses("now" if "now" in rule.reads else "today" if "today" in rule.reads else "none")
        callee = self.callees.get(rule_key(rule))
        if callee is None:
            self.missing.append(f"{rule.plugin} {rule.version} ({rule.name})")
            return None
        candidate = Candidate(slot=variant.slot, variant=variant.name, tags=MappingProxyType(variant.tags))
        index = {name: scope.index(name) for name in rule.reads if name not in CLOCK and self._known(name, scope)}
        return bind_callable(callee, candidate, index, rule.reads, f"{rule.plugin}/{rule.name}", self.breaker)

    def _known(self, name: str, scope: Scope) -> bool:
        return name in scope.context or any(attribute.name == name for attribute in scope.attributes)

    def _condition(self, text: str, scope: Scope, place: Place) -> Judge | None:
        try:
            clause = read(text, scope, place)
        except ConfigError as error:
            self.errors.append(error)
            return None
        self._uses(clock_use(clause))
        return compile_clause(clause, scope)

    def _placeholders(self, variant: Variant, scope: Scope, place: Place) -> dict[str, int]:
        names = dict.fromkeys(
            name for texts in variant.fields.values() for text in texts.values() for name in names_in(text)
        )
        unknown = [name for name in names if not self._known(name, scope)]
        for name in unknown:
            self.errors.append(
                ConfigError(
                    f"the text has a placeholder {{{name}}}, but no attribute of that name is in the dictionary",
                    remedy="Use an attribute's name, or {{ for a brace",
                    file=place.file,
                    line=place.line,
                    field=f"variant {variant.slot}/{variant.name}",
                )
            )
        return {} if unknown else {name: scope.index(name) for name in names}

    def _uses(self, clock: str) -> None:
        self.clock = max(self.clock, clock, key=CLOCK.index)


def _order(rule: BoundRule) -> int:
    return rule.order
