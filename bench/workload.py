"""The workload: 10 slots over 30 attributes, the same rules in our notation and in GrowthBook's.

Every slot has three variants whose conditions begin with different attributes, and those that come first
have three attributes, so each decision reads at least three ingredients whichever variant wins. We ask
every candidate, for each is to have its reason; GrowthBook stops at the first rule that fits. GrowthBook
cannot count days from today: its rules get the dates worked out beforehand, and only what the person
consented to.
"""

import random
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, NamedTuple

from personalize.hooks import PluginConfig, Suppressor, hookimpl

Values = dict[str, Any]
Condition = dict[str, Any]


class Rule(NamedTuple):
    """One variant: its condition in both notations, in the order in which they are tried."""

    variant: str
    when: str
    condition: Condition


NEWS = frozenset({"interests", "city", "joined"})
"""Attributes that may be used with consent only; the others rest on legitimate interest."""
OFTEN_MISSING = ("first_name", "city", "total", "data_gb", "age", "joined", "calls", "loyalty")
CHOICES = {
    "plan": ("basic", "plus", "premium"),
    "payment": ("bank", "card", "invoice"),
    "region": ("north", "east", "south", "west"),
    "channel": ("web", "shop", "phone"),
    "device": ("ios", "android", "none"),
    "household": ("single", "couple", "family"),
    "loyalty": ("bronze", "silver", "gold"),
}
TYPES = {
    **dict.fromkeys(("active", "fibre", "mobile", "tv", "paperless", "senior", "partner", "app_user"), "yes/no"),
    **dict.fromkeys(
        ("tenure", "monthly", "total", "age", "months_left", "data_gb", "calls", "complaints", "visits"), "number"
    ),
    **dict.fromkeys(CHOICES, "choice"),
    **dict.fromkeys(("city", "first_name"), "text"),
    **dict.fromkeys(("contract_end", "joined"), "date"),
    **dict.fromkeys(("products", "interests"), "set of text"),
}
PRODUCTS = ("fibre", "mobile", "tv", "landline", "alarm")
INTERESTS = ("climate", "sport", "games", "music", "cooking")
CITIES = ("Waterhaven", "Nieuwstad", "Oudeburg", "Zandvliet")
NAMES = ("Anna", "Bram", "Chris", "Dina", "Emre", "Fleur", "Gijs", "Hanne")
FEW_COMPLAINTS = {"complaints": {"$lt": 5}}
SUPPRESSED_SLOTS = ("offer", "basket")


def rules(today: date) -> dict[str, tuple[Rule, ...]]:
    """Return each slot's variants in order."""
    soon, long_ago = (today + timedelta(days=60)).isoformat(), (today - timedelta(days=1500)).isoformat()
    return {
        "hero": (
            Rule(
                "renew",
                "active and contract_end <= today + days(60) and 'fibre' in products",
                {"active": True, "contract_end": {"$lte": soon}, "products": {"$in": ["fibre"]}},
            ),
            Rule(
                "upgrade",
                "plan == 'basic' and data_gb > 20 and tenure >= 12",
                {"plan": "basic", "data_gb": {"$gt": 20}, "tenure": {"$gte": 12}},
            ),
            Rule(
                "welcome",
                "visits < 5 or tenure < 3",
                {"$or": [{"visits": {"$lt": 5}}, {"tenure": {"$lt": 3}}]},
            ),
        ),
        "offer": (
            Rule(
                "internet",
                "not fibre and region in {'north', 'east'}",
                {"fibre": False, "region": {"$in": ["north", "east"]}, **FEW_COMPLAINTS},
            ),
            Rule(
                "television",
                "not tv and household == 'family' and monthly < 60",
                {"tv": False, "household": "family", "monthly": {"$lt": 60}, **FEW_COMPLAINTS},
            ),
            Rule(
                "phone",
                "device != 'none' and age < 30",
                {"device": {"$ne": "none"}, "age": {"$lt": 30}, **FEW_COMPLAINTS},
            ),
        ),
        "banner": (
            Rule(
                "gold",
                "loyalty == 'gold' and total > 2000 and active",
                {"loyalty": "gold", "total": {"$gt": 2000}, "active": True},
            ),
            Rule("calm", "complaints == 0 and monthly > 50", {"complaints": 0, "monthly": {"$gt": 50}}),
            Rule("paperless", "not paperless and app_user", {"paperless": False, "app_user": True}),
        ),
        "sidebar": (
            Rule("senior", "senior and age >= 65 and active", {"senior": True, "age": {"$gte": 65}, "active": True}),
            Rule("family", "partner and household == 'family'", {"partner": True, "household": "family"}),
            Rule("caller", "calls > 100 and not mobile", {"calls": {"$gt": 100}, "mobile": False}),
        ),
        "footer": (
            Rule(
                "card",
                "payment == 'invoice' and monthly > 40 and tenure >= 3",
                {"payment": "invoice", "monthly": {"$gt": 40}, "tenure": {"$gte": 3}},
            ),
            Rule(
                "app",
                "not app_user and device in {'ios', 'android'}",
                {"app_user": False, "device": {"$in": ["ios", "android"]}},
            ),
            Rule("shop", "channel == 'shop' and region == 'south'", {"channel": "shop", "region": "south"}),
        ),
        "news": (
            Rule(
                "climate",
                "'climate' in interests and age < 60 and active",
                {"interests": {"$in": ["climate"]}, "age": {"$lt": 60}, "active": True},
            ),
            Rule(
                "local",
                "(city == 'Waterhaven' or 'sport' in interests) and visits > 2",
                {"$or": [{"city": "Waterhaven"}, {"interests": {"$in": ["sport"]}}], "visits": {"$gt": 2}},
            ),
            Rule(
                "veteran",
                "joined <= today - days(1500) and visits > 50",
                {"joined": {"$lte": long_ago}, "visits": {"$gt": 50}},
            ),
        ),
        "service": (
            Rule("outage", "region == 'west' and fibre and active", {"region": "west", "fibre": True, "active": True}),
            Rule(
                "help",
                "(complaints >= 3 or calls > 300) and tenure >= 1",
                {"$or": [{"complaints": {"$gte": 3}}, {"calls": {"$gt": 300}}], "tenure": {"$gte": 1}},
            ),
            Rule("manual", "tenure < 6 and channel == 'web'", {"tenure": {"$lt": 6}, "channel": "web"}),
        ),
        "reward": (
            Rule(
                "gift",
                "total >= 3000 and loyalty in {'silver', 'gold'} and active",
                {"total": {"$gte": 3000}, "loyalty": {"$in": ["silver", "gold"]}, "active": True},
            ),
            Rule("points", "partner and visits > 120", {"partner": True, "visits": {"$gt": 120}}),
            Rule(
                "greeting",
                "months_left > 6 and active",
                {"months_left": {"$gt": 6}, "active": True, "first_name": {"$exists": True}},
            ),
        ),
        "basket": (
            Rule(
                "bundle",
                "data_gb < 5 and mobile and not tv",
                {"data_gb": {"$lt": 5}, "mobile": True, "tv": False, **FEW_COMPLAINTS},
            ),
            Rule(
                "premium",
                "plan == 'premium' and monthly > 80",
                {"plan": "premium", "monthly": {"$gt": 80}, **FEW_COMPLAINTS},
            ),
            Rule(
                "switch",
                "payment == 'card' or (payment == 'bank' and months_left <= 3)",
                {
                    "$or": [{"payment": "card"}, {"payment": "bank", "months_left": {"$lte": 3}}],
                    **FEW_COMPLAINTS,
                },
            ),
        ),
        "survey": (
            Rule(
                "happy",
                "complaints == 0 and visits > 100 and app_user",
                {"complaints": 0, "visits": {"$gt": 100}, "app_user": True},
            ),
            Rule("leaving", "months_left <= 2 and not paperless", {"months_left": {"$lte": 2}, "paperless": False}),
            Rule(
                "young",
                "age < 25 and channel == 'web' and device == 'android'",
                {"age": {"$lt": 25}, "channel": "web", "device": "android"},
            ),
        ),
    }


SLOTS = tuple(rules(date(2026, 1, 1)))
ABOUT_THE_PAGE = {
    "story": {
        "deep": "page >= 0 and visits > 120 and active",
        "start": "page < 500000 and tenure < 12 and not senior",
        "plain": "page > 0 and monthly > 20",
    },
    "related": {
        "sport": "page >= 0 and calls > 100 and mobile",
        "games": "page > 10 and data_gb > 20",
        "music": "page < 900000 and plan == 'plus' and partner",
    },
    "notice": {
        "card": "page >= 0 and payment == 'invoice' and monthly > 40",
        "app": "page > 0 and not app_user and device in {'android', 'ios'}",
        "shop": "page < 900000 and channel == 'shop'",
    },
}
"""Slots beside those, whose rules read the number of the page: on another page they are decided anew."""


class Person(NamedTuple):
    """One made-up customer: all that the CRM says, and whether the news purpose has consent."""

    number: int
    values: Values
    consent: bool

    @property
    def usable(self) -> Values:
        """Return what may be used of the values."""
        return {name: value for name, value in self.values.items() if self.consent or name not in NEWS}


def people(first: int, count: int, today: date) -> list[Person]:
    """Return these customers; the same numbers give the same people."""
    return [_person(number, today) for number in range(first, first + count)]


def _person(number: int, today: date) -> Person:
    dice = random.Random(number)
    values: Values = {name: dice.random() < 0.5 for name, kind in TYPES.items() if kind == "yes/no"}
    values |= {name: dice.choice(choices) for name, choices in CHOICES.items()}
    values |= {
        "tenure": dice.randrange(72),
        "monthly": dice.randrange(1500, 12000) / 100,
        "total": dice.randrange(500000) / 100,
        "age": dice.randrange(18, 95),
        "months_left": dice.randrange(24),
        "data_gb": dice.randrange(80),
        "calls": dice.randrange(400),
        "complaints": dice.choice((0, 0, 0, 1, 2, 3, 5, 8)),
        "visits": dice.randrange(250),
        "city": dice.choice(CITIES),
        "first_name": dice.choice(NAMES),
        # never a day on which a rule turns, so that the bench may run over midnight
        "contract_end": (today + timedelta(days=dice.choice((-40, 10, 30, 50, 70, 200, 400)))).isoformat(),
        "joined": (today - timedelta(days=dice.choice((30, 400, 1000, 1490, 1510, 3000)))).isoformat(),
        "products": sorted(dice.sample(PRODUCTS, dice.randrange(1, 4))),
        "interests": sorted(dice.sample(INTERESTS, dice.randrange(1, 4))),
    }
    for name in OFTEN_MISSING:
        if dice.random() < 0.05:
            del values[name]
    return Person(number, {name: values[name] for name in TYPES if name in values}, dice.random() < 0.8)


def growthbook_features(today: date) -> dict[str, Any]:
    """Return the rules as GrowthBook's payload has them."""
    return {
        slot: {
            "defaultValue": "default",
            "rules": [{"condition": rule.condition, "force": rule.variant} for rule in variants],
        }
        for slot, variants in rules(today).items()
    }


class Complaints:
    """Keeps offers away from people who complain: GrowthBook has it as one more clause of each rule."""

    __name__ = "complaints"
    __version__ = "1"

    @hookimpl
    def personalize_suppressors(self, config: PluginConfig) -> Iterable[Suppressor]:
        """Yield the one rule."""
        yield Suppressor(
            name="complaints",
            when="complaints >= 5",
            slots=SUPPRESSED_SLOTS,
            titles={"nl": "u hebt klachten", "nb": "du har klaget", "en": "you have complaints"},
        )
