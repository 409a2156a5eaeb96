"""Recipes for the engine's tests: three attributes, one slot, whatever variants and rules a test names."""

from zoneinfo import ZoneInfo

import pytest

from personalize.builtin.priority import LAST
from personalize.decisions.compiler import compile_recipe, rule_key
from personalize.model.attributes import ABSENCES, Attribute, AttributeType, Cause
from personalize.model.consent import Basis, Purpose
from personalize.model.content import Recipe, Rule, RuleKind, Slot, Variant
from personalize.profile.view import Calendar, Moment, ProfileView

ATTRIBUTES = (
    Attribute(name="active", type=AttributeType.yes_no, source="crm", purpose="service"),
    Attribute(name="name", type=AttributeType.text, source="crm", purpose="service"),
    Attribute(name="products", type=AttributeType.set, source="crm", purpose="service"),
)
PRIORITY = Rule(kind=RuleKind.chooser, plugin="builtin", version="1", name="priority-order", order=LAST)
NOON = 1_800_000_000_000_000


@pytest.fixture
def recipe():
    """Return a function that makes a recipe of one slot, `offer`."""

    def make(*variants, rules=(), segments=()):
        return Recipe(
            timezone="Europe/Amsterdam",
            languages=("en",),
            attributes=ATTRIBUTES,
            purposes=(Purpose(name="service", basis=Basis.legitimate_interest),),
            slots=(Slot(name="offer", context={"topic": AttributeType.text}),),
            variants=tuple(Variant(slot="offer", **variant) for variant in variants),
            rules=(*rules, PRIORITY),
            segments=tuple(segments),
        )

    return make


@pytest.fixture
def decide():
    """Return a function that decides `offer` for cells given by name; what is not given is missing."""

    def run(recipe, callees=None, *, slot="offer", stranger=False, at=NOON, failing=frozenset(), **values):
        named = {rule_key(rule): callees[rule.name] for rule in recipe.rules if callees and rule.name in callees}
        compiled = compile_recipe(recipe, "00" * 32, named).slots[slot]
        names = [attribute.name for attribute in ATTRIBUTES] + (["topic"] if slot == "offer" else [])
        cells = tuple(values.get(name, ABSENCES[Cause.missing]) for name in names)
        view = ProfileView(cells, Moment(at, Calendar(ZoneInfo(recipe.timezone))))
        verdict = compiled.decide(view, stranger=stranger, failing=failing)
        winner = compiled.names[verdict.winner] if verdict.winner >= 0 else None
        fates = {o.variant: (o.reason.name, o.cause and o.cause.name) for o in compiled.outcomes(verdict.codes)}
        return winner, fates, verdict

    return run
