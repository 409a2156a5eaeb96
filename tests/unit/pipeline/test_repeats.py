"""What counts as the same inputs: what was read, and nothing else (law 2)."""

from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from personalize.hooks import hookimpl
from personalize.hooks.records import Suppressor, View
from personalize.model.decisions import Decision
from personalize.onboarding.importing import import_file
from personalize.recognition.recognise import Credentials
from personalize.testing import TrialSite
from tests.unit.pipeline.test_decide_all import SITE, VARIANTS
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
    for topic in ("climate", "sport", None, "climate", "climate"):
        page(site, topic, "hero")
    assert repeats(site) == [False, same, same, same, True]
    texts = [entry.context for entry in site.house.cookbook.by_time(0, 1 << 62)]
    climate, sport = {"topic": "climate"}, {"topic": "sport"}
    assert texts == ([{}] * 5 if same else [climate, sport, {}, climate, climate])


def test_a_slot_decided_for_one_page_is_not_asked_again_on_another(site: TrialSite) -> None:
    asked: Counter[str] = Counter()
    for name, slot in site.house.pipeline.serving.recipe.slots.items():
        slot.judge = counting(slot.judge, asked, name)
    on_climate, on_sport = (page(site, topic, "hero", "offer") for topic in ("climate", "sport"))
    assert asked == {"hero": 2, "offer": 1}
    assert [each.variant for each in (*on_climate, *on_sport)] == ["young", "grown", None, "grown"]
    assert on_sport[1].fields == on_climate[1].fields
    assert repeats(site) == [False, False]
    entry = site.house.cookbook.by_id(on_sport[1].entry_id)
    assert entry is not None
    assert ([item.attribute for item in entry.ingredients], entry.context) == (["age"], {})


def counting(judge: Callable[..., object], asked: Counter[str], name: str) -> Callable[..., object]:
    def counted(*given: object) -> object:
        asked[name] += 1
        return judge(*given)

    return counted


class Moody:
    """A plugin whose rule cannot answer on pages about sport."""

    @hookimpl
    def personalize_suppressors(self) -> Iterable[Suppressor]:
        yield Suppressor(name="moody", suppress=self._suppress, reads=("topic",), slots=("hero",))

    def _suppress(self, view: object, candidate: object, context: View) -> bool:
        if context.get("topic") == "sport":
            raise ValueError("no mood for it")
        return False


def test_a_rule_that_fails_on_one_page_of_many_stands_in_its_entry_alone(tmp_path: Path) -> None:
    (tmp_path / "personalize.toml").write_text(SITE, encoding="utf-8")
    content = VARIANTS.replace("age < 30 and topic == 'climate'", "age < 30")
    with TrialSite(tmp_path / "personalize.toml", content=content, plugins=[Moody()]) as site:
        house, file = site.house, tmp_path / "crm.csv"
        file.write_text("id,age\n7,20\n8,40\n", encoding="utf-8")  # what one import brought is written down compactly
        import_file(file, "crm", house.settings, house.store, house.ring, house.clock, noes=house.rights.noes)
        made = [page(site, topic, "hero", "offer") for topic in ("climate", "art", "sport", "climate")]
        entries = [house.cookbook.by_id(each.entry_id) for decisions in made for each in decisions]
        assert [entry and entry.failed for entry in entries] == [(), (), (), (), (1,), (), (), ()]
        assert site.replay().differences == ()


def test_a_changed_value_is_decided_anew_everywhere(site: TrialSite) -> None:
    page(site, "climate", "hero", "offer")
    site.knows("customer_number:7", age=16)
    hero, offer = page(site, "climate", "hero", "offer")
    assert (hero.variant, offer.variant) == ("young", None)
    assert repeats(site) == [False, False]
