"""A recipe made ready to decide: conditions compiled, rules bound, nothing left to look up on the request path."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from zoneinfo import ZoneInfo

from personalize.decisions.cells import Cells, apart
from personalize.decisions.conditions.check import read
from personalize.decisions.conditions.clauses import Clause, clock_use, reads
from personalize.decisions.conditions.scope import Place, Scope
from personalize.decisions.engine import (
    ALWAYS,
    NO_RULES,
    NOBODY,
    BoundRule,
    Call,
    Contender,
    Fate,
    Judge,
    Verdict,
    fate_of,
)
from personalize.decisions.floors import Floors, as_segment, floors_of
from personalize.decisions.judge import compile_slot
from personalize.decisions.rules import Breaker, bind_callable
from personalize.decisions.texts import Filled, texts_in
from personalize.errors import ConfigError, ManyErrors
from personalize.hooks.records import Callee, Candidate
from personalize.model.attributes import Absence, Value
from personalize.model.content import SEGMENTS, Recipe, Rule, RuleKind, Segment, Slot, Variant
from personalize.model.decisions import Answer, Outcome
from personalize.model.placeholders import names_in
from personalize.model.texts import NO_TEXTS

RuleKey = tuple[str, str, str, str]
Places = Callable[[str, str], Place]
"""Where a condition stands in a file: by kind (`variant`, `segment`, `rule`) and name (`slot/variant`)."""

SEGMENTS_INDEX = 0xFFFF
CLOCK = ("none", "today", "now")
MOST_FATES = 4096
MOST_JUDGES = 64


def rule_key(rule: Rule) -> RuleKey:
    """Return what names a plugin's callable: only the same version may stand in for it."""
    return rule.kind.value, rule.plugin, rule.version, rule.name


def nowhere(kind: str, name: str) -> Place:
    """Return the place of a condition that stands in no file."""
    return Place(file="", field=f"{kind} {name}")


class CompiledSlot:
    """One slot ready to decide. `missing` names rules whose plugin is not installed in that version.

    `floors` are the places that take a surer visitor here than elsewhere, `floor` is the highest of them;
    at its `turns` (µs) a schedule opens or closes a candidate. A `fallible` slot has a rule that can fail; the
    texts of the `named` candidates name somebody's data. `judge` is its function, written as in `source`.
    """

    def __init__(
        self,
        slot: Slot,
        index: int,
        contenders: tuple[Contender, ...],
        scope: Scope,
        *,
        languages: tuple[str, ...],
        clock: str = "none",
        missing: tuple[str, ...] = (),
        floors: Floors = (),
    ) -> None:
        self.slot, self.name, self.index = slot, slot.name, index
        self.contenders, self.clock, self.missing = contenders, clock, missing
        self.floors, self.floor = floors, max((floor for _, floor in floors), default=0)
        self.variants = tuple(contender.variant for contender in contenders)
        self.names = tuple(variant.name for variant in self.variants)
        self.facts = tuple(slot.context)
        self.named = frozenset(place for place, each in enumerate(contenders) if each.placeholders)
        self.turns = frozenset(time for c in contenders if c.scheduled for time in (c.starts, c.ends))
        self._attributes = len(scope.attributes)
        self._languages, self._scope = frozenset(languages), scope
        self._texts: dict[tuple[int, str], Filled] = {}
        self._fates: dict[bytes, Fate] = {}
        self._judges: dict[frozenset[int], Judge] = {}
        self.fallible = any(callable(rule.answer) for c in contenders for rule in (*c.suppressors, c.chooser))
        self._rules = frozenset(rule.index for c in contenders for rule in (*c.suppressors, c.chooser))
        self.source, self.judge = self._written(NO_RULES)

    def fate(self, codes: bytes) -> Fate:
        """Return what codes tell; the same codes give the same fate."""
        found = self._fates.get(codes)
        if found is None:
            if len(self._fates) >= MOST_FATES:
                self._fates.clear()
            found = self._fates[codes] = fate_of(codes, self.names, sifting=self.index == SEGMENTS_INDEX)
        return found

    def answer(self, codes: bytes, mask: int, failed: tuple[int, ...]) -> Answer:
        """Return what codes, the mask of reads and the rules that failed mean for a visitor."""
        fate = self.fate(codes)
        return Answer(
            slot=self.name,
            variant=fate.variant,
            reason=fate.reason,
            outcomes=fate.outcomes,
            mask=mask,
            winner=fate.winner,
            failed=failed,
            index=self.index,
            codes=codes,
            say=self.say,
        )

    def say(self, winner: int, language: str) -> Mapping[str, str]:
        """Return the texts of a winner that names nobody's data; the default has none."""
        return self.texts(winner, language, ()) if winner >= 0 else NO_TEXTS

    def decide(self, view: Cells, *, stranger: bool = False, failing: frozenset[int] = NO_RULES) -> Verdict:
        """Return the verdict over this slot's candidates; `failing` rules fail without being asked."""
        judge = self._without(failing & self._rules) if failing else self.judge
        answer = judge(*apart(view.cells, self._attributes), view.moment, stranger)
        view.mask |= answer.mask
        return Verdict(answer.winner, answer.reason, answer.codes, view.mask, answer.failed)

    def speaks(self, language: str) -> bool:
        """Say whether this is one of the site's languages."""
        return language in self._languages

    def texts(self, winner: int, language: str, cells: tuple[Value | Absence | None, ...]) -> Mapping[str, str]:
        """Return the winner's texts in a language, its placeholders filled from these cells."""
        fill = self._texts.get((winner, language))
        if fill is None:
            contender = self.contenders[winner]
            fill = texts_in(contender.variant, language, contender.placeholders, self._scope)
            if self.speaks(language):
                self._texts[(winner, language)] = fill
        return fill(cells)

    def outcomes(self, codes: bytes) -> tuple[Outcome, ...]:
        """Return the candidates' fates as values; the same codes give the same tuple."""
        return self.fate(codes).outcomes

    def _without(self, failing: frozenset[int]) -> Judge:
        """Return the function in which these rules fail."""
        if not failing:
            return self.judge
        found = self._judges.get(failing)
        if found is None:
            if len(self._judges) >= MOST_JUDGES:
                self._judges.clear()
            found = self._judges[failing] = self._written(failing)[1]
        return found

    def _written(self, failing: frozenset[int]) -> tuple[str, Judge]:
        title, sifting = f"slot {self.name}", self.index == SEGMENTS_INDEX
        return compile_slot(title, self.contenders, self._scope, self.answer, failing=failing, sifting=sifting)


class CompiledRecipe:
    """A whole recipe ready to decide; `digest` is its content hash in hex."""

    def __init__(self, recipe: Recipe, digest: str, slots: dict[str, CompiledSlot]) -> None:
        self.recipe, self.digest, self.slots = recipe, digest, slots
        self.digest_bytes = bytes.fromhex(digest)
        self.zone = ZoneInfo(recipe.timezone)
        self.first = recipe.languages[0]


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
            except ConfigError as error:
                self.errors.append(error)
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
