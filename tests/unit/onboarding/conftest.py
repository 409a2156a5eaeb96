"""A site with a customer source and lists of objections and consents, and an importer for texts."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from personalize.onboarding.importing import import_file
from personalize.onboarding.summary import ImportSummary
from personalize.recognition.keys import KeyRing
from personalize.rights.rights import follow_list
from personalize.settings import Settings, load_settings
from personalize.storage.open import Store, open_store

NOW = 1_800_000_000_000_000
DAY = 86_400_000_000

SETTINGS = """\
[site]
url = "https://www.example.org"
languages = ["en"]

[notices.mail]
version = 1
texts.en = "May we?"

[purposes.offers]
basis = "legitimate_interest"
titles.en = "offers"

[purposes.newsletter]
basis = "consent"
notice = "mail"
titles.en = "newsletter"

[sources.crm]
country = "NL"
key = "customer_number"
identifiers = { customer_number = "id", email = "email", address = ["postcode", "number"] }
proved = "email"

[sources.crm.columns]
active = "active"
term = "months"
city = "city"
products.members = { internet = "internet", tv = { column = "tv", absent = ["No"] } }

[sources.dated]
country = "NL"
key = "customer_number"
observed = "seen"
identifiers = { customer_number = "id" }
columns = { ends = { column = "ends", format = "d-m-y" }, price = { column = "price", format = "," } }

[sources.news]
key = "email"
identifiers = { email = "email", customer_number = "id" }
proved = "customer_number"
columns = { theme = "theme" }

[sources.trusting]
key = "customer_number"
identifiers = { customer_number = "id", email = "email" }
columns = { mood = "mood" }

[sources.homes]
country = "NL"
key = "address"
identifiers = { address = ["postcode", "number"] }
columns = { label = "label" }

[sources.calls]
country = "NL"
key = "phone"
identifiers = { phone = "phone", email = "email", customer_number = "id" }
proved = ["email", "customer_number"]

[sources.stop]
kind = "objections"
key = "customer_number"
identifiers = { customer_number = "id" }
purposes = ["offers"]

[sources.yes]
kind = "consents"
key = "email"
identifiers = { email = "email" }
purpose_column = "purpose"
time_column = "given"
notice = "mail"

[sources.shop]
kind = "consents"
key = "email"
identifiers = { email = "email" }
purposes = ["newsletter"]
time_column = { column = "given", format = "d-m-y" }

[sources.lists]
key = "customer_number"
identifiers = { customer_number = "id" }
observed = { column = "seen", format = "d-m-y" }

[sources.till]
kind = "consents"
key = "email"
identifiers = { email = "email" }
purposes = ["newsletter"]
time_column = "given"
version_column = "version"
hash_column = "hash"
means_column = "means"

[attributes]
active = { type = "yes/no", source = "crm", purpose = "offers", titles.en = "a" }
term = { type = "number", source = "crm", purpose = "offers", titles.en = "b" }
city = { type = "text", source = "crm", purpose = "offers", titles.en = "c" }
products = { type = "set of text", source = "crm", purpose = "offers", titles.en = "d" }
ends = { type = "date", source = "dated", purpose = "offers", titles.en = "e" }
mood = { type = "text", source = "trusting", purpose = "offers", titles.en = "i" }
theme = { type = "text", source = "news", purpose = "offers", titles.en = "g" }
label = { type = "text", source = "homes", purpose = "offers", titles.en = "h" }
price = { type = "number", source = "dated", purpose = "offers", titles.en = "f" }
"""

Import = Callable[..., ImportSummary]


class FixedClock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> int:
        return self.at


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "personalize.toml").write_text(SETTINGS)
    return load_settings(tmp_path / "personalize.toml")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path / "store")
    yield opened
    opened.close()


@pytest.fixture
def ring() -> KeyRing:
    return KeyRing.new(NOW)


@pytest.fixture
def load(tmp_path: Path, settings: Settings, store: Store, ring: KeyRing, clock: FixedClock) -> Import:
    """Import a text as a file of a source."""

    def write_and_import(text: str | bytes, source: str = "crm", **options: Any) -> ImportSummary:
        path = tmp_path / "extract.csv"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        noes = follow_list(settings, store, ring, NOW)
        return import_file(path, source, settings, store, ring, clock, noes=noes, **options)

    return write_and_import


@pytest.fixture
def values(store: Store, ring: KeyRing) -> Callable[[str], dict[str, Any] | None]:
    """Return the plain values of the person with a customer number."""

    def of(number: str) -> dict[str, Any] | None:
        subject = store.profiles.subject_of(ring.identifier_digest("customer_number", number))
        person = store.profiles.load(subject) if subject else None
        return {name: stored.plain for name, stored in person.values.items()} if person else None

    return of
