"""A telephone company's recipe, and entries made under it."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from personalize.explain.facts import Facts
from personalize.model.attributes import Attribute, AttributeType, Cause, Stored
from personalize.model.consent import Action, Basis, ConsentEvent, Purpose
from personalize.model.content import Field, Recipe, Rule, RuleKind, Segment, Slot, Variant
from personalize.model.cookbook import CookbookEntry, Ingredient, Withheld
from personalize.model.decisions import Outcome, Reason
from personalize.model.people import Assurance
from personalize.ports import Batch

DAY = 86_400 * 1_000_000
AT = round(datetime(2029, 11, 22, 13, 2, tzinfo=UTC).timestamp()) * 1_000_000
RECORD = bytes(range(16))
BATCH = 7


def attribute(name: str, kind: AttributeType, purpose: str, nl: str, nb: str, en: str) -> Attribute:
    titles = {"nl": nl, "nb": nb, "en": en}
    return Attribute(name=name, type=kind, source="crm", purpose=purpose, titles=titles, shelf_life=90 * 86_400)


RECIPE = Recipe(
    timezone="Europe/Amsterdam",
    languages=("nl", "nb", "en"),
    attributes=(
        attribute("active", AttributeType.yes_no, "offers", "Klant", "Kunde", "Customer"),
        attribute("products", AttributeType.set, "offers", "Producten", "Produkter", "Products"),
        attribute("months_left", AttributeType.number, "offers", "Resterende maanden", "Måneder igjen", "Months left"),
        attribute("interest", AttributeType.text, "reading", "Interesse", "Interesse", "Interest"),
    ),
    purposes=(
        Purpose(
            name="offers",
            basis=Basis.legitimate_interest,
            titles={"nl": "Aanbiedingen", "nb": "Tilbud", "en": "Offers"},
        ),
        Purpose(
            name="reading",
            basis=Basis.consent,
            titles={"nl": "Leesgedrag", "nb": "Lesevaner", "en": "Reading habits"},
        ),
    ),
    segments=(Segment(name="customers", when="active", titles={"nl": "Klanten", "en": "Customers"}),),
    slots=(
        Slot(
            name="hero",
            fields=(Field(name="headline"),),
            context={"topic": AttributeType.text},
            titles={"nl": "Bovenaan de homepage", "nb": "Øverst på forsiden", "en": "Top of the home page"},
        ),
    ),
    variants=(
        Variant(slot="hero", name="renewal", fields={"headline": {"nl": "Verleng nu", "en": "Renew now"}}),
        Variant(slot="hero", name="climate", when="interest == 'climate' and topic == 'climate'", order=150),
        Variant(
            slot="hero",
            name="switch",
            order=200,
            titles={"nl": "Stap nu over", "nb": "Bytt nå", "en": "Switch now"},
        ),
        Variant(slot="hero", name="summer", starts=AT + DAY, ends=AT + 9 * DAY, order=300),
    ),
    rules=(
        Rule(
            kind=RuleKind.suppressor,
            plugin="existing-customer",
            version="1",
            name="has-internet",
            variants=("switch",),
            when="active and 'internet' in products",
            titles={
                "nl": "u hebt dit product al",
                "nb": "du har allerede dette produktet",
                "en": "you already have this product",
            },
        ),
        Rule(
            kind=RuleKind.chooser,
            plugin="renewal-window",
            version="1",
            name="renewal-window",
            variants=("renewal",),
            when="active and months_left >= 0 and months_left <= 3",
            titles={
                "nl": "uw contract loopt binnen 3 maanden af",
                "nb": "avtalen din utløper innen 3 måneder",
                "en": "your contract ends within 3 months",
            },
        ),
    ),
)


@pytest.fixture
def facts() -> Facts:
    """Everything an entry under the recipe refers to."""
    given = ConsentEvent(
        event_id=RECORD,
        subject=5,
        purpose="reading",
        action=Action.given,
        basis=Basis.consent,
        method="page",
        actor="visitor",
        assurance=Assurance.login,
        occurred_at=AT - 264 * DAY,
        recorded_at=AT - 264 * DAY,
        notice="reading@2",
    )
    batch = Batch(
        number=BATCH,
        source="crm",
        file_name="customers.csv",
        sha256="",
        observed_at=AT - 3 * DAY,
        imported_at=AT - 3 * DAY,
        accepted=1,
        rejected=0,
    )
    titles = {"nl": "Klantsysteem", "nb": "Kundesystem", "en": "Customer system"}
    return Facts(recipe=RECIPE, now=AT + DAY, consents={RECORD: given}, batches={BATCH: batch}, sources={"crm": titles})


def ingredient(name: str, plain: Any, purpose: str = "offers", record: bytes = b"") -> Ingredient:
    value = Stored(plain, AT - 3 * DAY, BATCH)
    return Ingredient(attribute=name, value=value, purpose=purpose, record=record)


def _entry(**changes: Any) -> CookbookEntry:
    read = changes.pop("read", {})
    missed = changes.pop("missed", {})
    plain: dict[str, Any] = {
        "entry_id": bytes(12),
        "at": AT,
        "code": "7KQ42MX9",
        "slot": "hero",
        "subject": 5,
        "recipe": "ab" * 32,
        "variant": None,
        "reason": Reason.DEFAULT,
        "outcomes": (),
        "assurance": Assurance.login,
        "ingredients": tuple(
            ingredient(name, value, "reading", RECORD) if name == "interest" else ingredient(name, value)
            for name, value in read.items()
        ),
        "absences": tuple(Withheld(attribute=name, cause=cause) for name, cause in missed.items()),
        "served": True,
    }
    return CookbookEntry(**{**plain, **changes})


@pytest.fixture
def entry() -> Callable[..., CookbookEntry]:
    """Make an entry; `read` maps attribute to value, `missed` attribute to cause."""
    return _entry


@pytest.fixture
def by_click(entry: Callable[..., CookbookEntry]) -> CookbookEntry:
    """A customer who came by a newsletter link and saw the offer for what they have."""
    return entry(
        variant="switch",
        reason=Reason.TARGETING_MATCH,
        assurance=Assurance.click,
        outcomes=(
            Outcome("renewal", Reason.NOT_MATCHED, Cause.assurance, 1),
            Outcome("climate", Reason.NOT_MATCHED, Cause.assurance),
            Outcome("switch", Reason.TARGETING_MATCH),
            Outcome("summer", Reason.NOT_SCHEDULED),
        ),
        missed={"active": Cause.assurance, "interest": Cause.assurance},
    )


@pytest.fixture
def by_login(entry: Callable[..., CookbookEntry]) -> CookbookEntry:
    """The same customer, logged in, whose contract runs on: nothing fits."""
    return entry(
        reason=Reason.SUPPRESSED,
        outcomes=(
            Outcome("renewal", Reason.NOT_MATCHED, None, 1),
            Outcome("climate", Reason.NOT_MATCHED),
            Outcome("switch", Reason.SUPPRESSED, None, 0),
            Outcome("summer", Reason.NOT_SCHEDULED),
        ),
        read={"active": True, "products": ["internet", "tv"], "months_left": 11, "interest": "sport"},
    )
