"""A settings file that is right, to be spoilt in one place."""

from collections.abc import Callable
from pathlib import Path

import pytest

from personalize.errors import ConfigError, ManyErrors
from personalize.settings import Settings, load_settings

TELECOM = """\
[site]
url = "http://127.0.0.1:8000"
timezone = "Europe/Amsterdam"
languages = ["nl", "en"]

[notices.mail]
version = 2
texts = { nl = "Mag het?", en = "May we?" }

[purposes.offers]
basis = "legitimate_interest"
titles = { nl = "aanbiedingen", en = "offers" }

[purposes.newsletter]
basis = "consent"
notice = "mail"
valid = "1y"
titles = { nl = "nieuwsbrief", en = "newsletter" }

[sources.crm]
country = "NL"
key = "customer_number"
identifiers = { customer_number = "customer_id", address = ["postcode", "house_number"] }

[sources.crm.columns]
active = { column = "churn", values = { No = true, Yes = false } }
contract_end = { column = "ends", format = "d-m-y" }
products.members.internet = { column = "internet_service", absent = ["No"] }
products.members.tv = "streaming_tv"

[sources.stop]
kind = "objections"
key = "email"
identifiers.email = "email"
purposes = ["offers"]

[attributes.active]
type = "yes/no"
source = "crm"
purpose = "offers"
shelf_life = "90d"
titles = { nl = "klant", en = "customer" }

[attributes.contract_end]
type = "date"
source = "crm"
purpose = "offers"
assurance = "mailbox"
titles = { nl = "einde contract", en = "end of contract" }

[attributes.products]
type = "set of text"
source = "crm"
purpose = "offers"
titles = { nl = "producten", en = "products" }

[segments.customers]
when = "active"

[slots.offer]
fields = { headline = "text", photo = { kind = "image", required = false } }
template = "slots/offer.html"
context = { topic = "text" }

[plugins.renewal-window]
attribute = "contract_end"
"""

Load = Callable[[str], Settings]
Errors = Callable[[str], list[ConfigError]]


@pytest.fixture
def telecom() -> str:
    return TELECOM


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def read(text: str) -> Settings:
        file = tmp_path / "personalize.toml"
        file.write_text(text, "utf-8")
        return load_settings(file)

    return read


@pytest.fixture
def errors(load: Load) -> Errors:
    def read(text: str) -> list[ConfigError]:
        with pytest.raises(ManyErrors) as raised:
            load(text)
        return list(raised.value.errors)

    return read
