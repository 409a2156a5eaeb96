"""A site on disk: settings, content, keys and customers whose variants follow from their number."""

import csv
from pathlib import Path
from typing import Any

from personalize.onboarding.importing import import_file
from personalize.ports import SystemClock
from personalize.recognition.keys import KeyRing
from personalize.testing.still import Still
from tests.faults.site.app import customer

SETTINGS = """
[site]
url = "https://site.example"
languages = ["en"]

[purposes.service]
basis = "legitimate_interest"
titles = { en = "Fitting offers" }

[purposes.reading]
basis = "consent"
notice = "reading"
recognise = true
titles = { en = "Stories you like" }

[notices.reading]
version = 1
texts = { en = "You may choose stories for me." }

[sources.crm]
country = "NL"
key = "customer_number"
identifiers = { customer_number = "number" }
titles = { en = "our customer records" }

[sources.crm.columns]
first_name = "first_name"
plan = "plan"
active = { column = "active", values = { yes = true, no = false } }
topic = "topic"

[attributes.first_name]
type = "text"
source = "crm"
purpose = "service"
titles = { en = "first name" }

[attributes.plan]
type = "choice"
choices = ["basic", "plus", "max"]
source = "crm"
purpose = "service"
titles = { en = "plan" }

[attributes.active]
type = "yes/no"
source = "crm"
purpose = "service"
titles = { en = "customer at present" }

[attributes.topic]
type = "text"
source = "crm"
purpose = "reading"
titles = { en = "favourite topic" }

[slots.hero]
fields = { text = "text" }
titles = { en = "the hero" }

[slots.offer]
fields = { text = "text" }
titles = { en = "the offer" }

[slots.story]
fields = { text = "text" }
titles = { en = "the story" }
"""
CONTENT = """
[[variant]]
slot = "hero"
name = "plus"
when = "plan == 'plus'"
[variant.fields]
text = "More for {first_name}"

[[variant]]
slot = "hero"
name = "max"
when = "plan == 'max'"
[variant.fields]
text = "Everything for {first_name}"

[[variant]]
slot = "offer"
name = "come-back"
when = "not active"
[variant.fields]
text = "Come back"

[[variant]]
slot = "story"
name = "climate"
when = "topic == 'climate'"
[variant.fields]
text = "The sea rises"
"""
PLANS = ("basic", "plus", "max")
READERS = 20
"""So many customers, from the first on, agreed to stories being chosen for them."""


def shown(number: int) -> dict[str, str]:
    """Return the variant that each slot has for a customer."""
    plan = PLANS[number % 3]
    return {
        "hero": "default" if plan == "basic" else plan,
        "offer": "default" if number % 2 else "come-back",
        "story": "climate" if number <= READERS else "default",
    }


def build(folder: Path, customers: int = 30) -> Path:
    """Write a site with these customers into a folder and return its settings file."""
    settings = write_files(folder)
    with opened(settings) as house:
        crm, noes = _customers(folder, customers), house.rights.noes
        import_file(crm, "crm", house.settings, house.store, house.ring, SystemClock(), noes=noes)
        for number in range(1, min(READERS, customers) + 1):
            agree(house, number)
    return settings


def write_files(folder: Path) -> Path:
    """Write settings, content and keys, and return the settings file."""
    (folder / "content").mkdir(parents=True)
    (folder / "content" / "variants.toml").write_text(CONTENT, encoding="utf-8")
    KeyRing.new(SystemClock().now()).save(folder / "personalize.keys")
    settings = folder / "personalize.toml"
    settings.write_text(SETTINGS, encoding="utf-8")
    return settings


class opened:  # reads as a verb
    """The house of a site, open for as long as the block; nobody indexes in it."""

    def __init__(self, settings: Path, **more: Any) -> None:
        self.personalizer = Still.from_toml(settings, **more)

    def __enter__(self) -> Any:
        return self.personalizer.open()

    def __exit__(self, *failure: object) -> None:
        self.personalizer.close()


def agree(house: Any, number: int) -> None:
    """Let a customer agree to stories being chosen."""
    notice = house.settings.notices["reading"]
    house.ledger.give(customer(house, number), "reading", "en", notice.digests["en"])


def _customers(folder: Path, count: int) -> Path:
    path = folder / "crm.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["number", "first_name", "plan", "active", "topic"])
        for number in range(1, count + 1):
            active = "yes" if number % 2 else "no"
            rows.writerow([number, f"Person {number}", PLANS[number % 3], active, "climate"])
    return path
