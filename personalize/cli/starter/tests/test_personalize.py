"""What your visitors may rely on. Run it with `pytest`; change it together with personalize.toml."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from personalize.testing import TrialSite

CONFIG = Path(__file__).resolve().parent.parent / "personalize.toml"
ANN = "customer_number:1001"

# Variants for the tests alone, so that they hold whatever your editors write.
NAMED = """
[[variant]]
slot = "hero"
name = "named"
when = "customer"
[variant.fields]
headline = "Hello {first_name}"
text = "Good to see you again."
"""
CLIMATE = """
[[variant]]
slot = "hero"
name = "climate"
when = "'climate' in interests"
[variant.fields]
headline = "Climate first"
text = "What you like to read."
"""


@pytest.fixture
def site() -> Iterator[TrialSite]:
    """A site of its own with your settings; its store vanishes after each test."""
    with TrialSite(CONFIG, content=NAMED + CLIMATE) as trial:
        trial.knows(ANN, first_name="Ann", customer=True, interests=frozenset({"climate"}))
        yield trial


def test_a_stranger_sees_the_default(site: TrialSite) -> None:
    assert site.browser().open().slot("hero") == "default of hero"


def test_a_personal_page_is_kept_out_of_shared_caches(site: TrialSite) -> None:
    personal, public = site.browser(login=ANN).open(), site.browser().open()
    assert "Hello Ann" in personal.slot("hero")
    assert personal.headers["cache-control"] == "private, no-store"
    assert public.headers["cache-control"] == "public, max-age=60"
    assert "cookie" in public.headers["vary"].lower()


def test_a_scanner_that_opens_a_link_changes_nothing(site: TrialSite) -> None:
    site.gives(ANN, "newsletter")
    link = site.link(ANN)
    before = site.house.ledger.events(site.house.subject_of(ANN))
    for _ in range(20):
        site.browser().request("GET", link)
    assert site.house.ledger.events(site.house.subject_of(ANN)) == before
    assert site.entries(ANN) == []
    assert site.browser().open(link).slot("hero") != "default of hero"


def test_a_forwarded_link_exposes_nothing(site: TrialSite) -> None:
    site.gives(ANN, "newsletter")
    page = site.browser().open(site.link(ANN))
    assert "Climate first" in page.slot("hero")
    assert "Ann" not in page.text


def test_withdrawn_consent_hides_what_rested_on_it(site: TrialSite) -> None:
    site.gives(ANN, "newsletter")
    friend = site.browser()
    assert "Climate first" in friend.open(site.link(ANN)).slot("hero")
    site.withdraws(ANN, "newsletter")
    assert friend.open().slot("hero") == "default of hero"
