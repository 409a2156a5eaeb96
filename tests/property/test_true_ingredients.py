"""Law 2 by non-interference: what an entry does not list changes nothing, what it lists can change something."""

import itertools
import random
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from personalize.builtin.priority import LAST
from personalize.decisions.compiler import compile_recipe, rule_key
from personalize.model.attributes import ABSENCES, Attribute, AttributeType, Cause
from personalize.model.consent import Basis, Purpose
from personalize.model.content import Recipe, Rule, RuleKind, Slot, Variant
from personalize.profile.view import Calendar, Moment, ProfileView

FLIPS = 10_000
NOON = 1_800_000_000_000_000
MOMENT = Moment(NOON, Calendar(ZoneInfo("Europe/Amsterdam")))
TODAY = MOMENT.today
ABSENT = (ABSENCES[Cause.missing], ABSENCES[Cause.no_consent])
DOMAINS = {
    "active": (True, False, *ABSENT),
    "away": (True, False, *ABSENT),
    "age": (17, 18, 65, *ABSENT),
    "ends": (TODAY, TODAY + timedelta(days=30), date(2020, 1, 1), *ABSENT),
    "products": (frozenset(), frozenset({"tv"}), frozenset({"tv", "phone"}), *ABSENT),
    "first_name": ("Anna", "Bo", *ABSENT),
}
TYPES = {
    "active": AttributeType.yes_no,
    "away": AttributeType.yes_no,
    "age": AttributeType.number,
    "ends": AttributeType.date,
    "products": AttributeType.set,
    "first_name": AttributeType.text,
}
NAMES = tuple(DOMAINS)
LEAVES = (
    "active",
    "away",
    "age < 18",
    "age >= 65",
    "today <= ends",
    "ends <= today + days(60)",
    "'tv' in products",
    "any_of(products, {'phone', 'tv'})",
    "known(first_name)",
    "first_name == 'Anna'",
)


def clause(random_, depth=2):
    """Return a random condition in the text notation."""
    if depth == 0 or random_.random() < 0.3:
        leaf = random_.choice(LEAVES)
        return leaf if random_.random() < 0.7 else f"not ({leaf})"
    joined = random_.choice((" and ", " or ")).join(clause(random_, depth - 1) for _ in range(random_.randint(2, 3)))
    return f"not ({joined})" if random_.random() < 0.2 else f"({joined})"


def asks_both(view, candidate, context):
    """Read one value, and a second only where the first says so: a plugin as people write them."""
    return view.get("active") is True and view.get("age") == 18


def random_recipe(random_):
    """Return a recipe of one slot with random variants and rules, and the plugins' callables."""
    variants = [
        Variant(
            slot="offer",
            name=f"v{place}",
            when=clause(random_) if random_.random() < 0.8 else "",
            fields={"text": {"en": "Hello {first_name}" if random_.random() < 0.3 else "Hello"}},
        )
        for place in range(random_.randint(1, 4))
    ]
    rules = [
        Rule(kind=RuleKind.suppressor, plugin="p", version="1", name="s", when=clause(random_, 1)),
        Rule(kind=RuleKind.chooser, plugin="p", version="1", name="c", when=clause(random_, 1), variants=("v1",)),
        Rule(kind=RuleKind.suppressor, plugin="p", version="1", name="f", callable=True, reads=("active", "age")),
    ]
    chosen = [rule for rule in rules if random_.random() < 0.4]
    priority = Rule(kind=RuleKind.chooser, plugin="builtin", version="1", name="priority-order", order=LAST)
    recipe = Recipe(
        timezone="Europe/Amsterdam",
        languages=("en",),
        attributes=tuple(Attribute(name=name, type=TYPES[name], source="crm", purpose="service") for name in NAMES),
        purposes=(Purpose(name="service", basis=Basis.legitimate_interest),),
        slots=(Slot(name="offer"),),
        variants=tuple(variants),
        rules=(*chosen, priority),
    )
    callees = {rule_key(rule): asks_both for rule in chosen if rule.callable}
    return compile_recipe(recipe, "00" * 32, callees).slots["offer"]


def outcome(slot, cells):
    """Return everything a decision lets out, and the places it read."""
    view = ProfileView(cells, MOMENT)
    verdict = slot.decide(view)
    texts = dict(slot.texts(verdict.winner, "en", cells)) if verdict.winner >= 0 else {}
    return (verdict.winner, verdict.reason, verdict.codes, tuple(texts.items())), verdict.mask


def listed_places(mask):
    return [place for place in range(len(NAMES)) if mask >> place & 1]


def flipped(cells, place, value):
    return (*cells[:place], value, *cells[place + 1 :])


def assignments(cells, places):
    """Yield every assignment of these places, the rest as it is."""
    for values in itertools.product(*(DOMAINS[NAMES[place]] for place in places)):
        assigned = list(cells)
        for place, value in zip(places, values, strict=True):
            assigned[place] = value
        yield tuple(assigned)


def matters(slot, cells, place, places):
    """Say whether flipping one place changes anything under some assignment of the others."""
    others = [other for other in places if other != place]
    for assigned in assignments(cells, others):
        seen = {outcome(slot, flipped(assigned, place, value))[0] for value in DOMAINS[NAMES[place]]}
        if len(seen) > 1:
            return True
    return False


def test_flipping_what_is_not_listed_changes_nothing():
    random_, flips = random.Random(4), 0
    while flips < FLIPS:
        slot = random_recipe(random_)
        for _ in range(10):
            cells = tuple(random_.choice(DOMAINS[name]) for name in NAMES)
            expected, mask = outcome(slot, cells)
            for place in set(range(len(NAMES))) - set(listed_places(mask)):
                for value in DOMAINS[NAMES[place]]:
                    assert outcome(slot, flipped(cells, place, value)) == (expected, mask)
                    flips += 1
    assert flips >= FLIPS


def as_recorded(cells, places):
    """Return the cells as the entry knows them: what it does not list is missing, as in a replay."""
    return tuple(cell if place in places else ABSENT[0] for place, cell in enumerate(cells))


def test_everything_listed_can_change_something():
    random_, tautologies, listed = random.Random(5), [], 0
    for _ in range(150):
        slot = random_recipe(random_)
        cells = tuple(random_.choice(DOMAINS[name]) for name in NAMES)
        places = listed_places(outcome(slot, cells)[1])
        recorded = as_recorded(cells, places)
        assert outcome(slot, recorded) == outcome(slot, cells)
        for place in places:
            listed += 1
            if not matters(slot, recorded, place, places):
                tautologies.append((NAMES[place], [variant.when for variant in slot.variants]))
    print(f"{listed} listed reads, {len(tautologies)} of them tautologies: {tautologies}")
    assert listed > 150
    assert len(tautologies) < listed / 20
