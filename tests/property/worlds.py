"""Little worlds for what-if: a recipe, one person of whom everything is known, and their decision as an entry."""

import random
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from personalize.consent.gate import admit
from personalize.decisions.compiled import CompiledRecipe
from personalize.decisions.compiler import compile_recipe
from personalize.model.attributes import ABSENCES, Absence, Attribute, AttributeType, Cause, Stored
from personalize.model.consent import Action, Basis, ConsentEvent, Purpose
from personalize.model.content import Recipe, Rule, RuleKind, Segment, Slot, Variant
from personalize.model.cookbook import CookbookEntry, Ingredient, Withheld
from personalize.model.people import Assurance
from personalize.profile.admitted import NO_CONSENT, Dictionary
from personalize.profile.devices import observed_in
from personalize.profile.lowered import lowered
from personalize.profile.view import Calendar, Moment, ProfileView
from personalize.settings.sources import DEVICE

AT = 1_893_000_000_000_000
MOMENT = Moment(AT, Calendar(ZoneInfo("Europe/Amsterdam")))
TODAY = MOMENT.today
STATUSES = ("new", "silver", "gold")
PRODUCTS = ("internet", "tv", "phone")
LEVELS = (Assurance.login, Assurance.mailbox, Assurance.click)
LEGIT, CONSENT = Basis.legitimate_interest, Basis.consent
PURPOSES = (Purpose(name="offers", basis=LEGIT), Purpose(name="reading", basis=CONSENT, recognise=True))


def attribute(name: str, kind: str, purpose: str, assurance: Assurance, **more: Any) -> Attribute:
    return Attribute(
        name=name,
        type=AttributeType(kind),
        purpose=purpose,
        assurance=assurance,
        shelf_life=86_400,
        **{"source": "crm", **more},
    )


ATTRIBUTES = (
    attribute("active", "yes/no", "offers", Assurance.login),
    attribute("left", "number", "offers", Assurance.click),
    attribute("products", "set of text", "offers", Assurance.login),
    attribute("ends", "date", "reading", Assurance.mailbox),
    attribute("status", "choice", "reading", Assurance.click, choices=STATUSES),
    attribute("interest", "text", "reading", Assurance.click, source=DEVICE),
)
LEAVES = (
    *("active", "not active", "left < 3", "left >= 5", "left == 2", "known(left)", "not known(interest)"),
    *("'tv' in products", "any_of(products, {'internet', 'phone'})", "all_of(products, {'tv', 'phone'})"),
    *("products == {'tv'}", "products != {'tv', 'internet'}", "today <= ends", "ends < today + months(1)"),
    *("ends - days(14) <= today", "status == 'gold'", "status in {'new', 'silver'}", "known(status)"),
    *("interest == 'climate'", "interest != 'sport'", "interest in {'sport', 'art'}", "segment('good')"),
)
DOMAINS: dict[str, tuple[Any, ...]] = {
    "active": (True, False),
    "left": tuple(range(-1, 9)),
    "products": tuple(
        [name for place, name in enumerate((*PRODUCTS, "other")) if bits >> place & 1] for bits in range(16)
    ),
    "ends": tuple((TODAY + timedelta(days=days)).isoformat() for days in range(-40, 70)),
    "status": STATUSES,
    "interest": ("climate", "sport", "art", "anything"),
}


def clause(pick: random.Random, depth: int = 2) -> str:
    """Return a random condition."""
    if depth == 0 or pick.random() < 0.35:
        return pick.choice(LEAVES)
    joined = pick.choice((" and ", " or ")).join(clause(pick, depth - 1) for _ in range(2))
    return f"not ({joined})" if pick.random() < 0.15 else f"({joined})"


def random_recipe(pick: random.Random) -> Recipe:
    """Return a recipe of one slot: some variants, perhaps a suppressor and a chooser, and plain order."""
    variants = tuple(
        Variant(
            slot="offer", name=f"v{n}", when=clause(pick) if pick.random() < 0.8 else "", fields={"text": {"en": "x"}}
        )
        for n in range(pick.randint(1, 3))
    )
    silent = pick.choice(("show", "suppress"))
    own = [
        Rule(kind=RuleKind.suppressor, plugin="p", version="1", name="s", when=clause(pick, 1), on_unknown=silent),
        Rule(kind=RuleKind.chooser, plugin="p", version="1", name="c", when=clause(pick, 1), variants=("v1",)),
    ]
    order = Rule(kind=RuleKind.chooser, plugin="builtin", version="1", name="order", order=1_000)
    return Recipe(
        timezone="Europe/Amsterdam",
        languages=("nl", "nb", "en"),
        attributes=ATTRIBUTES,
        purposes=PURPOSES,
        segments=(Segment(name="good", when="status == 'gold' or left > 6"),),
        slots=(Slot(name="offer"),),
        variants=variants,
        rules=(*(rule for rule in own if pick.random() < 0.5), order),
    )


class World:
    """Everything about one person, whatever a decision reads of it; made over by `but`."""

    def __init__(
        self, compiled: CompiledRecipe, level: Assurance, said: dict[str, str], values: dict[str, Stored]
    ) -> None:
        self.compiled, self.level, self.said, self.values = compiled, level, said, values

    @classmethod
    def random(cls, pick: random.Random) -> "World":
        values = {}
        for name, domain in DOMAINS.items():
            age = pick.choice((0, 3600, 3600, 3600, 90_000)) * 1_000_000
            if pick.random() < 0.85:
                values[name] = Stored(pick.choice(domain), AT - age, 1)
        said = {"offers": pick.choice(("", "", "objected")), "reading": pick.choice(("", "given", "given", "objected"))}
        compiled = compile_recipe(random_recipe(pick), "00" * 32, {})
        levels = LEVELS if said["reading"] == "given" else LEVELS[:2]  # else no link recognises them
        return cls(compiled, pick.choice(levels), said, values)

    def but(self, **changes: Any) -> "World":
        kept = {"level": self.level, "said": self.said, "values": self.values}
        return World(self.compiled, **{**kept, **changes})

    def events(self) -> list[ConsentEvent]:
        return [
            ConsentEvent(
                event_id=purpose.name.encode().ljust(16),
                subject=5,
                purpose=purpose.name,
                action=Action(self.said[purpose.name]),
                basis=purpose.basis,
                method="page",
                actor="visitor",
                assurance=Assurance.login,
                occurred_at=AT - 1_000,
                recorded_at=AT - 1_000,
            )
            for purpose in PURPOSES
            if self.said[purpose.name]
        ]

    def decide(self) -> tuple[str | None, ProfileView, Any]:
        """Return what the whole world shows."""
        dictionary, slot = Dictionary(ATTRIBUTES), self.compiled.slots["offer"]
        purposes = {purpose.name: purpose for purpose in PURPOSES}
        grants = admit(5, self.level, 1, self.events(), purposes, AT)
        unwilling = self.level is Assurance.click and not any(purposes[name].recognise for name in grants.in_force)
        stranger = unwilling or self.level is Assurance.none
        admitted = lowered(dictionary.admit(self.values, grants, AT), observed_in(dictionary), self.level)
        cells = (NO_CONSENT,) * len(ATTRIBUTES) if stranger else admitted.cells
        view = ProfileView(cells, MOMENT)
        verdict = slot.decide(view, stranger=stranger)
        return slot.names[verdict.winner] if verdict.winner >= 0 else None, view, verdict

    def entry(self) -> CookbookEntry:
        """Return the decision as the cookbook would keep it: what was read, and no more."""
        variant, view, verdict = self.decide()
        ingredients, absences = [], []
        for place, found in enumerate(ATTRIBUTES):
            cell = view.cells[place]
            if not verdict.mask >> place & 1:
                continue
            if isinstance(cell, Absence):
                absences.append(Withheld(attribute=found.name, cause=cell.cause))
            else:
                value = self.values[found.name]
                ingredients.append(Ingredient(attribute=found.name, value=value, purpose=found.purpose))
        return CookbookEntry(
            entry_id=bytes(12),
            at=AT,
            code="7KQ42MX9",
            slot="offer",
            subject=5,
            recipe="00" * 32,
            variant=variant,
            reason=verdict.reason,
            outcomes=self.compiled.slots["offer"].outcomes(verdict.codes),
            assurance=self.level,
            ingredients=tuple(ingredients),
            absences=tuple(absences),
        )


def readable(world: World, name: str) -> bool:
    """Say whether the gates let this person's value be looked at."""
    _, view, _ = world.decide()
    cell = view.cells[[a.name for a in ATTRIBUTES].index(name)]
    return not (isinstance(cell, Absence) and cell in (ABSENCES[c] for c in list(Cause)[:3]))


def apart(now: Any, then: Any) -> int:
    """Return how far apart two plain values are; what has no order is always as far."""
    if now is None or isinstance(now, bool) or type(now) is not type(then):
        return 0
    if isinstance(now, int):
        return abs(now - then)
    if isinstance(now, list):
        return len(set(now) ^ set(then))
    return abs((date.fromisoformat(now) - date.fromisoformat(then)).days) if now[:1].isdigit() else 0
