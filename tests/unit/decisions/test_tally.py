import os
import threading

import pytest

from personalize.decisions.codes import code
from personalize.decisions.engine import fate_of
from personalize.decisions.tally import Tallies
from personalize.model.attributes import Cause
from personalize.model.decisions import Answer, Reason

SHOWN = code(Reason.NOT_MATCHED, Cause.stale) + code(Reason.TARGETING_MATCH)
REFUSED = code(Reason.NO_CONSENT, Cause.no_consent) + code(Reason.NOT_MATCHED, Cause.stale)
UNMET = code(Reason.NOT_MATCHED) + code(Reason.OUTRANKED)


def answer(codes: bytes, slot: str = "hero") -> Answer:
    fate = fate_of(codes, ("climate", "sport"))
    return Answer(slot=slot, variant=fate.variant, reason=fate.reason, outcomes=fate.outcomes)


def test_a_tally_knows_slot_variant_reason_and_causes() -> None:
    tally = Tallies().of(answer(SHOWN))
    assert (tally.slot, tally.variant, tally.reason) == ("hero", "sport", Reason.TARGETING_MATCH)
    assert tally.causes == {Cause.stale}


def test_a_default_has_no_variant_and_every_cause_that_kept_a_value_away() -> None:
    tally = Tallies().of(answer(REFUSED))
    assert (tally.variant, tally.reason) == (None, Reason.NO_CONSENT)
    assert tally.causes == {Cause.no_consent, Cause.stale}


def test_counts_go_on_over_recipes_and_lie_at_hand_with_the_answer() -> None:
    tallies, before, after = Tallies(), answer(SHOWN), answer(SHOWN)
    tallies.of(before).count += 2
    tallies.of(after).count += 1
    assert [tally.count for tally in tallies.all()] == [3]
    assert after.tally is before.tally


@pytest.mark.parametrize("other", [("banner", SHOWN), ("hero", REFUSED), ("hero", UNMET)])
def test_another_slot_verdict_or_cause_is_another_tally(other: tuple[str, bytes]) -> None:
    tallies = Tallies()
    tallies.of(answer(SHOWN)).count += 1
    slot, codes = other
    assert tallies.of(answer(codes, slot)).count == 0
    assert len(tallies.all()) == 2


def test_which_candidate_met_a_cause_makes_no_other_tally() -> None:
    """Otherwise there were as many as there are ways to lose, not slots x variants x reasons x sets of causes."""
    tallies = Tallies()
    first = code(Reason.NOT_MATCHED, Cause.stale) + code(Reason.NOT_MATCHED)
    second = code(Reason.NOT_MATCHED) + code(Reason.NOT_MATCHED, Cause.stale)
    assert tallies.of(answer(first)) is tallies.of(answer(second))


def test_a_default_without_a_verdict_is_counted_by_slot_and_reason() -> None:
    tallies = Tallies()
    for reason in (Reason.UNRECORDED, Reason.LATE, Reason.UNRECORDED):
        tallies.default("hero", reason)
    assert {tally.reason: tally.count for tally in tallies.all()} == {Reason.UNRECORDED: 2, Reason.LATE: 1}


def test_threads_lose_no_count() -> None:
    tally = Tallies().of(answer(SHOWN))

    def count() -> None:
        for _ in range(50_000):
            tally.count += 1

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert tally.count == 200_000


def test_a_forked_worker_begins_at_nothing() -> None:
    tallies = Tallies()
    tallies.default("hero", Reason.ERROR)
    if (child := os.fork()) == 0:
        os._exit(sum(tally.count for tally in tallies.all()))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert sum(tally.count for tally in tallies.all()) == 1
