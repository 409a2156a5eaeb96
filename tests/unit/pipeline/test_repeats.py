"""What counts as the same inputs: what was read, and nothing else (law 2)."""

import pytest

from personalize.model.decisions import Decision
from personalize.recognition.recognise import Credentials
from personalize.testing import TrialSite
from tests.unit.pipeline.test_decide_all import site as site

CHILD, GROWN = 20, 40


def page(site: TrialSite, topic: str | None, *names: str) -> list[Decision]:
    pipeline = site.house.pipeline
    prepared = pipeline.prepare(Credentials(login="customer_number:7"))
    contexts = [{"topic": topic}] * len(names) if topic is not None else ()
    return pipeline.decide_all(prepared, names, contexts, code=5)


def repeats(site: TrialSite) -> list[bool]:
    """Return for each page, in order, whether it repeats another."""
    site.house.indexer.drain()
    rows = site.house.store.cookbook.all("SELECT hex(substr(rest, 1, 1)) FROM entries ORDER BY id")
    return [kind == "02" for (kind,) in rows]


@pytest.mark.parametrize(("age", "same"), [(GROWN, True), (CHILD, False)])
def test_a_fact_of_the_page_matters_only_to_whom_a_rule_read_it_for(site: TrialSite, age: int, same: bool) -> None:
    site.knows("customer_number:7", age=age)
    for topic in ("climate", "sport", None, "climate"):
        page(site, topic, "hero")
    assert repeats(site) == [False, same, same, True]
    texts = [entry.context for entry in site.house.cookbook.by_time(0, 1 << 62)]
    assert texts == ([{}] * 4 if same else [{"topic": "climate"}, {"topic": "sport"}, {}, {"topic": "climate"}])


def test_a_slot_decided_for_one_page_is_not_asked_again_on_another(site: TrialSite) -> None:
    [alone] = page(site, None, "offer")
    hero, offer = page(site, "climate", "hero", "offer")
    assert (hero.variant, offer.variant, offer.fields) == ("young", alone.variant, alone.fields)
    assert repeats(site) == [False, False]
    entry = site.house.cookbook.by_id(offer.entry_id)
    assert entry is not None
    assert [item.attribute for item in entry.ingredients] == ["age"]


def test_a_changed_value_is_decided_anew_everywhere(site: TrialSite) -> None:
    page(site, "climate", "hero", "offer")
    site.knows("customer_number:7", age=16)
    hero, offer = page(site, "climate", "hero", "offer")
    assert (hero.variant, offer.variant) == ("young", None)
    assert repeats(site) == [False, False]
