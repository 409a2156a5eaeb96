"""What holds for every slot: its written function decides as a slow reader of the design would, step by step."""

from datetime import UTC, datetime
from random import Random
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalize.decisions.compiled import CompiledSlot
from personalize.decisions.compiler import compile_recipe
from personalize.decisions.conditions.check import read
from personalize.decisions.conditions.clauses import And, Clause, InSegment, Not, Or
from personalize.decisions.conditions.text import text
from personalize.decisions.judge import MOST_TOGETHER
from personalize.model.attributes import Absence, Cause
from personalize.model.consent import Basis, Purpose
from personalize.model.content import Recipe, Rule, RuleKind, Slot, Variant
from personalize.profile.view import Calendar, Moment, ProfileView
from tests.property.condition_samples import CLAUSES, CONTEXT, KINDS, NOW, SCOPE, SEGMENTS, cells
from tests.property.test_conditions import Reference

AT = round((NOW - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()) * 1_000_000
CALENDAR = Calendar(ZoneInfo("Europe/Amsterdam"))
TIMES = (None, None, None, None, AT - 1, AT, AT + 1)
RECIPES = 8
"""How many are made of the same conditions."""
TEXTS = ("", "", "{city}", "{city} {topic}")
WORDS = CLAUSES.map(text).filter(lambda written: len(written) < 3000)
Fate = tuple[str, str | None, int]


class Slow(Reference):
    """The reference of conditions, and the first absence that kept a leaf from its answer."""

    absent: Absence | None = None

    def surely(self, clause: Clause, wanted: bool) -> bool:
        before, met = len(self.read), super().surely(clause, wanted)
        if not met and self.absent is None and not isinstance(clause, And | Or | Not | InSegment):
            found = [self.values[name] for name in self.read[before:]]
            self.absent = next((value for value in found if isinstance(value, Absence)), None)
        return met


class Decider:
    """Decides one slot for one set of cells as section 2 of the design says it."""

    def __init__(self, recipe: Recipe, values: tuple[Any, ...], stranger: bool, failing: frozenset[int]) -> None:
        self.recipe, self.values, self.stranger, self.failing = recipe, values, stranger, failing
        self.reads: set[str] = set()

    def decide(self) -> list[Fate]:
        fates = [self.fate(variant) for variant in self.recipe.variants]
        eligible = [place for place, fate in enumerate(fates) if fate is None]
        for place in sorted(eligible, key=lambda place: self.chooser(place)[1].order):
            taken = self.choice(*self.chooser(place))
            fates[place] = taken
            if taken[0] == "TARGETING_MATCH":
                break
        return [fate or ("OUTRANKED", None, -1) for fate in fates]

    def fate(self, variant: Variant) -> Fate | None:
        starts, ends = variant.starts, variant.ends
        if (starts is not None and starts > AT) or (ends is not None and ends <= AT):
            return ("NOT_SCHEDULED", None, -1)
        met, absent = self.met(variant.when) if variant.when else (True, None)
        if not met:
            return self.refused(absent, -1)
        for name in ("city", "topic"):
            if f"{{{name}}}" in variant.fields["t"]["en"]:
                self.reads.add(name)
                value = self.values[list(KINDS).index(name)]
                if isinstance(value, Absence):
                    return self.refused(value, -1)
        return self.suppressed(variant)

    def suppressed(self, variant: Variant) -> Fate | None:
        for index, rule in sorted(self.rules(RuleKind.suppressor, variant), key=lambda pair: pair[1].order):
            if index in self.failing:
                return ("ERROR", None, index)
            met, absent = self.met(rule.when)
            if met or (absent is not None and rule.on_unknown == "suppress"):
                return ("SUPPRESSED", None, index)
        return None

    def chooser(self, place: int) -> tuple[int, Rule]:
        found = list(self.rules(RuleKind.chooser, self.recipe.variants[place]))
        return min(found, key=lambda pair: pair[1].order)

    def choice(self, index: int, rule: Rule) -> Fate:
        if index in self.failing:
            return ("ERROR", None, index)
        met, absent = self.met(rule.when) if rule.when else (True, None)
        return ("TARGETING_MATCH", None, index) if met else self.refused(absent, index)

    def rules(self, kind: RuleKind, variant: Variant) -> list[tuple[int, Rule]]:
        every = enumerate(self.recipe.rules)
        return [(index, rule) for index, rule in every if rule.kind is kind and rule.applies_to("s", variant.name)]

    def met(self, when: str) -> tuple[bool, Absence | None]:
        slow = Slow(self.values)
        met = slow.surely(read(when, SCOPE), True)
        self.reads |= set(slow.read)
        return met, None if met else slow.absent

    def refused(self, absent: Absence | None, index: int) -> Fate:
        if absent is None:
            return ("NOT_MATCHED", None, index)
        if absent.cause > Cause.no_consent:
            return ("NOT_MATCHED", absent.cause.name, index)
        if self.stranger:
            return ("NOT_RECOGNISED", "no_consent", index)
        return ("NO_CONSENT", absent.cause.name, index)


def recipe_of(random: Random, words: list[str]) -> Recipe:
    """Return a recipe of one slot `s` with some of these conditions."""
    variants = [
        Variant(
            slot="s",
            name=f"v{place}",
            when=random.choice(["", "", *words]),
            starts=random.choice(TIMES),
            ends=random.choice(TIMES),
            fields={"t": {"en": random.choice(TEXTS)}},
        )
        for place in range(random.randint(0, 6))
    ]
    rules = [
        Rule(
            kind=random.choice([RuleKind.suppressor, RuleKind.chooser]),
            plugin="p",
            version="1",
            name=f"r{index}",
            when=random.choice(words),
            order=random.randint(-1, 1),
            on_unknown=random.choice(["show", "suppress"]),
            variants=tuple(variant.name for variant in variants if random.random() < 0.5),
        )
        for index in range(random.randint(0, 4))
    ]
    rules.append(Rule(kind=RuleKind.chooser, plugin="b", version="1", name="priority", order=100))
    return Recipe(
        timezone="Europe/Amsterdam",
        languages=("en",),
        attributes=SCOPE.attributes,
        purposes=(Purpose(name="offers", basis=Basis.legitimate_interest),),
        slots=(Slot(name="s", context=CONTEXT),),
        segments=SEGMENTS,
        variants=tuple(variants),
        rules=tuple(rules),
    )


def compiled(recipe: Recipe) -> CompiledSlot:
    return compile_recipe(recipe, "00" * 32, {}).slots["s"]


@pytest.mark.parametrize("together", [MOST_TOGETHER, 2])
@given(st.integers(0, 1 << 32), st.lists(WORDS, min_size=3, max_size=3), cells(), st.booleans(), st.booleans())
def test_a_slot_decides_as_a_slow_reader_of_the_design(
    together: int, seed: int, words: list[str], values: tuple[Any, ...], stranger: bool, some_fail: bool
) -> None:
    random = Random(seed)
    with patch("personalize.decisions.judge.MOST_TOGETHER", together):
        for _ in range(RECIPES):
            compare(recipe_of(random, words), values, stranger, random.randrange(5) if some_fail else -1)


def compare(recipe: Recipe, values: tuple[Any, ...], stranger: bool, fails: int) -> None:
    failing = frozenset({fails} if 0 <= fails < len(recipe.rules) else ())
    slow, slot = Decider(recipe, values, stranger, failing), compiled(recipe)
    view = ProfileView(values, Moment(AT, CALENDAR))
    verdict = slot.decide(view, stranger=stranger, failing=failing)
    told = [(o.reason.name, o.cause and o.cause.name, o.rule) for o in slot.outcomes(verdict.codes)]
    assert told == slow.decide()
    assert {name for index, name in enumerate(KINDS) if view.mask >> index & 1} == slow.reads
    assert set(verdict.failed) == {rule for reason, _, rule in told if reason == "ERROR"}
    shown = [place for place, fate in enumerate(told) if fate[0] == "TARGETING_MATCH"]
    assert ([verdict.winner] if verdict.winner >= 0 else []) == shown
