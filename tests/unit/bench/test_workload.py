from collections.abc import Iterator
from datetime import date

import pytest
from growthbook import GrowthBook

from bench.checking import Wrong, check_variants
from bench.evaluator import expected
from bench.site import build, seed
from bench.workload import SLOTS, TYPES, growthbook_features, people, rules
from personalize.house import House

TODAY = date.today()  # noqa: DTZ011
PERSONS = people(1, 200, TODAY)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    personalizer = build(tmp_path_factory.mktemp("bench") / "site")
    seed(personalizer.open(), PERSONS)
    yield personalizer.house
    personalizer.close()


def test_ours_growthbooks_and_the_independent_answers_agree(house: House) -> None:
    growthbook = GrowthBook(features=growthbook_features(TODAY))
    assert check_variants(house, growthbook, PERSONS, TODAY) == 200 * len(SLOTS)


def test_one_changed_rule_is_noticed(house: House) -> None:
    features = growthbook_features(TODAY)
    features["hero"]["rules"].pop(0)
    with pytest.raises(Wrong, match="hero"):
        check_variants(house, GrowthBook(features=features), PERSONS, TODAY)


def test_the_workload_has_ten_slots_over_thirty_attributes() -> None:
    assert (len(SLOTS), len(TYPES)) == (10, 30)


def test_every_variant_and_every_default_is_somebodys() -> None:
    seen = {(slot, variant) for p in people(1, 3000, TODAY) for slot, variant in expected(p.usable, TODAY).items()}
    wanted = {(slot, rule.variant) for slot, variants in rules(TODAY).items() for rule in variants}
    assert seen == wanted | {(slot, "default") for slot in SLOTS}
