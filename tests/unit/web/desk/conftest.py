"""A newspaper with customers whom it knows, visits of theirs, and somebody of the staff at the desk."""

import re
from collections.abc import Iterator
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from personalize.cookbook import served
from personalize.model.people import Assurance, Visitor
from personalize.model.staff import Look
from personalize.recognition.cookies import cookie_name
from personalize.recognition.recognise import Credentials
from personalize.testing import TrialSite
from personalize.testing.browser import Browser
from tests.unit.web.settings import attribute, reading, spoken

TOML = """
[site]
url = "http://127.0.0.1:8000"
languages = ["en", "nl", "nb"]
timezone = "Europe/Amsterdam"

[staff]
url = "http://127.0.0.1:8001"
masked = ["contract_end"]

[purposes.subscription]
basis = "legitimate_interest"
titles = { en = "Your subscription", nl = "Uw abonnement", nb = "Abonnementet ditt" }

[sources.crm]
country = "NL"
key = "customer_number"
identifiers = { customer_number = "number", email = "email", phone = "phone", address = ["postcode", "house"] }
titles = { en = "our records", nl = "onze administratie", nb = "registeret vårt" }
columns = { subscriber = "subscriber", contract_end = "contract_end" }

[sources.letters]
country = "NL"
key = "customer_number"
identifiers = { customer_number = "number" }
columns = { interest = "interest" }

[slots.hero]
fields = { headline = "text" }
titles = { en = "the front page", nl = "de voorpagina", nb = "forsiden" }

[slots.offer]
fields = { headline = "text" }
titles = { en = "the offer", nl = "het aanbod", nb = "tilbudet" }
"""
TOML += reading(
    titles=spoken(en="Reading history", nl="Leesgeschiedenis", nb="Lesehistorikk"),
    texts=spoken(en="Yes, remember what I read.", nl="Ja, onthoud wat ik lees.", nb="Ja, husk hva jeg leser."),
)
TOML += attribute("subscriber", "yes/no", en="subscriber", nl="abonnee", nb="abonnent")
TOML += attribute("contract_end", "date", en="end of contract", nl="einde van het contract", nb="slutten på kontrakten")
TOML += attribute(
    *("interest", "text", 'assurance = "click"'),
    source="letters",
    purpose="reading",
    en="interest",
    nl="interesse",
    nb="interesse",
)
CONTENT = """
[[variant]]
slot = "hero"
name = "climate"
when = "interest == 'climate'"
[variant.fields]
headline = { en = "The climate now", nl = "Het klimaat nu", nb = "Klimaet nå" }

[[variant]]
slot = "offer"
name = "renewal"
when = "subscriber and contract_end <= date('2030-01-01')"
order = 1
[variant.fields]
headline = { en = "Keep reading", nl = "Blijf lezen", nb = "Fortsett å lese" }

[[variant]]
slot = "offer"
name = "switch"
order = 2
[variant.fields]
headline = { en = "Switch now", nl = "Stap nu over", nb = "Bytt nå" }
"""
OBSERVED = attribute("topic", "text", 'assurance = "click"', source="device", purpose="reading", en="t", nl="t", nb="t")
ON_TOPIC = CONTENT.replace("when = \"interest == 'climate'\"", "when = \"topic == 'climate'\"")
ANNA, BEN = "customer_number:1001", "customer_number:1002"
SECRET = "31 December 2029"
HERE = {"sec-fetch-site": "same-origin", "origin": "http://127.0.0.1:8001"}


class Counter:
    """The desk, with somebody behind it; `roles` may change between requests."""

    def __init__(self, site: TrialSite) -> None:
        self.site, self.roles = site, ["service"]
        site.personalizer.staff = lambda scope: ("Marit", self.roles)
        self.client = TestClient(site.personalizer.staff_app, base_url="http://127.0.0.1:8001")

    def get(self, path: str, **headers: str) -> Response:
        return self.client.get(path, headers=headers)

    def post(self, path: str, /, **fields: str) -> Response:
        token = re.search(r'name="token" value="([^"]+)"', self.get("/variants").text)
        assert token
        return self.client.post(path, data={"token": token[1], **fields}, headers=HERE)

    def look_up(self, text: str, **fields: str) -> Response:
        return self.post("/", q=text, **{"reason": "why", "case": "C-17", **fields})

    def text(self, path: str) -> str:
        return plain(self.get(path))

    def trail(self) -> list[Look]:
        return self.site.house.staff.looks(since=0, until=1 << 62)


def plain(page: Response) -> str:
    """The words of a page, as somebody reads them."""
    body = page.text[page.text.index("<main") :] if "<main" in page.text else page.text
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", body)).split())


def visit(site: TrialSite, identifier: str) -> str:
    """Let somebody open the page, and return the visit code at its foot."""
    found = re.search(r"\b\w{4}-\w{4}\b(?=\s*<)", site.browser(identifier).open("/").text.partition("<footer>")[2])
    assert found
    return found[0]


def decide(site: TrialSite, identifier: str, slot: str) -> None:
    """Decide a slot that no page shows: the site's template fails, say."""
    pipeline = site.house.pipeline
    pipeline.decide(pipeline.prepare(Credentials(login=identifier)), slot, code=123_456_789)


def edit(site: TrialSite, old: str, new: str) -> None:
    """Write something else into the content files, and follow that."""
    edited = site.folder / "content" / "trial.toml"
    edited.write_text(edited.read_text("utf-8").replace(old, new), "utf-8")
    site.house.publisher.watch._next_look = 0.0
    site.house.refresh()


def device_at(site: TrialSite, browser: Browser) -> int:
    """Make this browser a device that agreed to being remembered, and that read about the climate."""
    house = site.house
    device, cookie = house.browsers.begin_device(house.clock.now())
    visitor = Visitor(subject=device, assurance=Assurance.click, device=device)
    house.ledger.give(visitor, "reading", "en", house.settings.notices["reading"].digests["en"])
    kept, stored = house.observations.on_device("topic", "climate")
    assert house.observations.keep(
        device, kept, stored, [house.pipeline.view(visitor, house.clock.now()).admitted.grants]
    )
    browser.cookies[cookie_name(site.url).decode().rstrip("=")] = cookie
    return device


@pytest.fixture
def waited(monkeypatch: pytest.MonkeyPatch) -> None:
    """So long after everything that what was put on its page is known."""
    monkeypatch.setattr(served, "KNOWN_AFTER", 0)


@pytest.fixture
def edits_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take what was written just now for complete."""
    monkeypatch.setattr("personalize.content.watch.QUIET_SECONDS", 0)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[TrialSite]:
    (tmp_path / "personalize.toml").write_text(TOML, encoding="utf-8")
    with TrialSite(tmp_path / "personalize.toml", content=CONTENT) as site:
        site.knows(ANNA, subscriber=True, contract_end=date(2029, 12, 31), interest="climate")
        site.knows(BEN, subscriber=False)
        site.gives(ANNA, "reading")
        yield site


@pytest.fixture
def observing(tmp_path: Path) -> Iterator[TrialSite]:
    (tmp_path / "personalize.toml").write_text(TOML + OBSERVED, encoding="utf-8")
    with TrialSite(tmp_path / "personalize.toml", content=ON_TOPIC) as site:
        site.knows(ANNA, subscriber=True)
        site.gives(ANNA, "reading")
        yield site


@pytest.fixture
def desk(site: TrialSite) -> Counter:
    return Counter(site)


@pytest.fixture
def code(site: TrialSite) -> str:
    return visit(site, ANNA)


@pytest.fixture
def told(desk: Counter, code: str) -> Any:
    """The desk with Anna's page view looked up."""
    assert desk.look_up(code).status_code == 200
    return desk
