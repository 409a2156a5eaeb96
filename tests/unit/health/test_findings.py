"""Each finding: what makes it, that less does not, and that it says what to do without saying where."""

import pytest

from personalize.cookbook.backlog import Backlog
from personalize.health.condition import Condition
from personalize.health.findings import (
    DAY,
    FEWEST_ERRORS,
    LEAST_FREE,
    UNINDEXED_SECONDS,
    UNSWEPT_SECONDS,
    WAITED_DAYS,
    WAITING_BYTES,
    WAITING_SECONDS,
    findings_of,
)

WELL = Condition(idle=0.5, backlog=Backlog(1000, 0.5), free=LEAST_FREE, decided=1000, failed=0)
WRONG = {
    "store": Condition(store="The store cannot be used now."),
    "keys": Condition(keys="The key file cannot be read."),
    "consent": Condition(askable=False),
    "erasures": Condition(erasures="The erasure list cannot be used."),
    "content": Condition(refused=True),
    "unswept": Condition(unswept=UNSWEPT_SECONDS + 1),
    "restore": Condition(unfinished=True),
    "errors": Condition(decided=100, failed=FEWEST_ERRORS),
    "disk": Condition(free=LEAST_FREE - 1),
    "unindexed": Condition(idle=UNINDEXED_SECONDS + 0.1),
    "backlog": Condition(backlog=Backlog(WAITING_BYTES + 1, 1.0)),
    "lag": Condition(backlog=Backlog(1, WAITING_SECONDS + 1)),
    "heads": Condition(heads="The heads cannot be used."),
    "retention": Condition(overdue=True),
    "corrections": Condition(corrections=1, waited=WAITED_DAYS * DAY + 1),
}
JUST_RIGHT = {
    "errors": Condition(decided=1000, failed=10),
    "few errors": Condition(decided=FEWEST_ERRORS, failed=FEWEST_ERRORS - 1),
    "unswept": Condition(unswept=UNSWEPT_SECONDS),
    "unindexed": Condition(idle=UNINDEXED_SECONDS),
    "nobody needed": Condition(idle=None),
    "backlog": Condition(backlog=Backlog(WAITING_BYTES, WAITING_SECONDS)),
    "corrections": Condition(corrections=1, waited=WAITED_DAYS * DAY),
}


def test_a_site_that_is_well_has_no_finding() -> None:
    assert findings_of(WELL) == ()


@pytest.mark.parametrize("name", WRONG)
def test_each_fault_is_one_finding_with_a_sentence_and_a_remedy(name: str) -> None:
    (finding,) = findings_of(WRONG[name])
    assert finding.name == name
    assert finding.sentence.endswith(".")
    assert finding.remedy.endswith(".")


@pytest.mark.parametrize("name", JUST_RIGHT)
def test_at_the_bound_nothing_is_wrong_yet(name: str) -> None:
    assert findings_of(JUST_RIGHT[name]) == ()


def test_the_worst_comes_first() -> None:
    everything = Condition(
        idle=60.0,
        backlog=Backlog(WAITING_BYTES + 1, WAITING_SECONDS + 1),
        free=0,
        store="Gone.",
        keys="Gone.",
        askable=False,
        erasures="Gone.",
        heads="Gone.",
        refused=True,
        unswept=UNSWEPT_SECONDS + 1,
        unfinished=True,
        decided=10,
        failed=10,
        overdue=True,
        corrections=1,
        waited=WAITED_DAYS * DAY + 1,
    )
    assert [finding.name for finding in findings_of(everything)] == list(WRONG)
