"""A recipe made ready to decide: conditions compiled, rules bound, nothing left to look up on the request path."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from personalize.decisions.cells import Cells, apart
from personalize.decisions.conditions.scope import Scope
from personalize.decisions.engine import NO_RULES, Contender, Fate, Judge, Verdict, fate_of
from personalize.decisions.floors import Floors
from personalize.decisions.judge import compile_slot
from personalize.decisions.texts import Filled, texts_in
from personalize.model.attributes import Absence, Value
from personalize.model.content import Recipe, Slot
from personalize.model.decisions import Answer, Outcome
from personalize.model.texts import NO_TEXTS

SEGMENTS_INDEX = 0xFFFF
MOST_FATES = 4096
MOST_JUDGES = 64


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
        clock: str,
        missing: tuple[str, ...],
        floors: Floors,
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

    def texts(self, winner: int, language: str, cells: tuple[Value | Absence | None, ...]) -> Mapping[str, str]:
        """Return the winner's texts in a language, its placeholders filled from these cells."""
        fill = self._texts.get((winner, language))
        if fill is None:
            contender = self.contenders[winner]
            fill = texts_in(contender.variant, language, contender.placeholders, self._scope)
            if language in self._languages:
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
