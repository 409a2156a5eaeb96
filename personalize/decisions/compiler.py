"""From a recipe to one that is ready to decide: reads its conditions, binds its rules, collects what is wrong."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from personalize.decisions.compiled import SEGMENTS_INDEX, CompiledRecipe, CompiledSlot
from personalize.decisions.conditions.check import read
from personalize.decisions.conditions.clauses import Clause, clock_use, reads
from personalize.decisions.conditions.scope import Place, Scope
from personalize.decisions.engine import ALWAYS, NOBODY, BoundRule, Call, Contender
from personalize.decisions.floors import as_segment, floors_of
from personalize.decisions.rules import bind_callable
from personalize.errors import ConfigError, ManyErrors
from personalize.hooks.breaker import Breaker
from personalize.hooks.records import Callee, Candidate
from personalize.model.content import SEGMENTS, Recipe, Rule, RuleKind, Segment, Slot, Variant
from personalize.model.placeholders import names_in

RuleKey = tuple[str, str, str, str]
Places = Callable[[str, str], Place]
"""Where a condition stands in a file: by kind (`variant`, `segment`, `rule`) and name (`slot/variant`)."""

CLOCK = ("none", "today", "now")


def rule_key(rule: Rule) -> RuleKey:
    """Return what names a plugin's callable: only the same version may stand in for it."""
    return rule.kind.value, rule.plugin, rule.version, rule.name


def nowhere(kind: str, name: str) -> Place:
    """Return the place of a condition that stands in no file."""
    return Place(file="", field=f"{kind} {name}")


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
        self._read: dict[str, Clause] = {}

    def scope(self, slot: Slot | None) -> Scope:
        """Return the names that conditions of this slot may use."""
        return Scope(
            attributes=self.recipe.attributes,
            context={} if slot is None else slot.context,
            words={} if slot is None else slot.words,
            segments=self._segments,
            timezone=self.recipe.timezone,
        )

    def slot(self, slot: Slot, index: int) -> CompiledSlot:
        """Return one slot with its contenders, in the recipe's order."""
        scope = self._begin(slot)
        contenders = tuple(
            self._contender(variant, scope) for variant in self.recipe.variants if variant.slot == slot.name
        )
        return self._compiled(slot, index, contenders, scope)

    def segments(self) -> CompiledSlot:
        """Return the reserved slot whose candidates are the segments themselves."""
        scope = self._begin(None)
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
        for segment, contender in zip(self.recipe.segments, contenders, strict=True):
            self._check_minimum(segment, contender.when)
        return self._compiled(Slot(name=SEGMENTS), SEGMENTS_INDEX, contenders, scope)

    def _check_minimum(self, segment: Segment, clause: Clause | None) -> None:
        """Refuse a minimum that could not hold anything back."""
        if segment.assurance and clause and not reads(clause) & {each.name for each in self.recipe.attributes}:
            place = self.places("segment", segment.name)
            self.errors.append(
                ConfigError(
                    "it asks for an assurance, but it reads no attribute that could be withheld",
                    remedy="Leave `assurance` out",
                    file=place.file,
                    line=place.line,
                    field=f"segment {segment.name}",
                )
            )

    def _begin(self, slot: Slot | None) -> Scope:
        self.clock, self.missing = "none", []
        self._read.clear()
        return self.scope(slot)

    def _compiled(self, slot: Slot, index: int, contenders: tuple[Contender, ...], scope: Scope) -> CompiledSlot:
        asking = map(as_segment, contenders) if index == SEGMENTS_INDEX else contenders
        return CompiledSlot(
            slot,
            index,
            contenders,
            scope,
            languages=self.recipe.languages,
            clock=self.clock,
            missing=tuple(dict.fromkeys(self.missing)),
            floors=floors_of(slot, asking, self._segments, self.recipe.attributes),
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
        answer = self._answer(rule, variant, scope)
        if answer is None:
            return None
        silent = rule.kind is RuleKind.suppressor and rule.on_unknown == "suppress"
        return BoundRule(index, f"{rule.plugin}/{rule.name}", answer, silent, rule.order)

    def _answer(self, rule: Rule, variant: Variant, scope: Scope) -> Clause | Call | bool | None:
        if rule.when:
            return self._condition(rule.when, scope, self.places("rule", f"{rule.plugin}/{rule.name}"))
        if not rule.callable:
            return True
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

    def _condition(self, text: str, scope: Scope, place: Place) -> Clause | None:
        clause = self._read.get(text)
        if clause is None:
            try:
                clause = self._read[text] = read(text, scope, place)
            except ManyErrors as many:
                self.errors += many.errors
                return None
            self._uses(clock_use(clause))
        return clause

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
