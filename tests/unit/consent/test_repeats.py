"""Answers that say nothing new are not recorded, floods end, and neither ever changes what is in force."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from personalize.consent.gate import PERMITTING, states
from personalize.consent.repeats import MOST_A_DAY, said_already
from personalize.errors import SaidTooOften
from personalize.model.consent import Action, ConsentEvent
from personalize.model.moments import DAY, MINUTE
from personalize.model.people import Assurance
from tests.unit.consent.test_gate import NOW, PURPOSES, event

YES, NO = Action.given, Action.refused
SAID = [Action.given, Action.refused, Action.withdrawn, Action.objected, Action.objection_lifted]


def answer(action: Action, at: int = NOW, purpose: str = "letter") -> ConsentEvent:
    """Return an answer as a page records it."""
    shown = {"notice": "letter@1"} if action in (YES, NO) else {}
    term = {"valid_until": at + PURPOSES[purpose].valid * 1_000_000} if action is YES else {}
    return event(action, at, purpose, **shown, **term)


def record(answers: list[ConsentEvent]) -> list[ConsentEvent]:
    """Return what is recorded of these answers."""
    said: list[ConsentEvent] = []
    for each in answers:
        try:
            said += [] if said_already(each, said) else [each]
        except SaidTooOften:
            assert each.action in PERMITTING
    return said


def test_a_no_is_recorded_again_as_a_yes_that_nobody_sees_yet_may_stand_between() -> None:
    assert said_already(answer(NO, NOW + 1), [answer(NO)]) is None


@pytest.mark.parametrize("action", sorted(PERMITTING & set(SAID)))
def test_the_same_yes_stands_for_a_minute_and_is_then_recorded_anew(action: Action) -> None:
    first = answer(action)
    assert said_already(answer(action, NOW + MINUTE - 1), [first]) is first
    assert said_already(answer(action, NOW + MINUTE), [first]) is None


def test_the_same_yes_all_day_is_never_too_often() -> None:
    said = [answer(YES, NOW + n * MINUTE) for n in range(MOST_A_DAY)]
    assert said_already(answer(YES, NOW + DAY // 2), said) is said[-1]


@pytest.mark.parametrize(
    "other",
    [
        {"notice": "letter@2"},
        {"actor": "desk:eva"},
        {"assurance": Assurance.mailbox},
        {"evidence": {"act": "paper"}},
        {"valid_until": NOW + 5 * DAY},
    ],
)
def test_another_text_act_person_or_term_is_another_answer(other: dict[str, object]) -> None:
    assert said_already(replace(answer(YES, NOW + 1), **other), [answer(YES)]) is None


def test_a_flood_of_answers_ends_and_its_last_word_is_no() -> None:
    flood = [answer(NO if n % 2 else YES, NOW + n * 1_000_000) for n in range(1_000)]
    assert record(flood) == flood[:MOST_A_DAY] + [each for each in flood[MOST_A_DAY:] if each.action is NO][:MOST_A_DAY]
    kept = flood[: MOST_A_DAY - 1]
    assert kept[-1].action is YES
    assert said_already(answer(Action.withdrawn, NOW + 2 * MINUTE), [*kept, answer(YES, NOW + MINUTE)]) is None
    assert len(record([answer(SAID[n % 5], NOW + n * 1_000_000) for n in range(1_000)])) <= 2 * MOST_A_DAY + 2
    assert said_already(answer(YES, NOW + DAY + MINUTE), flood[:MOST_A_DAY]) is None


def test_a_flood_through_a_link_takes_no_yes_from_the_person_themselves() -> None:
    flood = [replace(answer(Action.withdrawn, NOW + n), assurance=Assurance.click) for n in range(1_000)]
    assert len(record(flood)) == 2 * MOST_A_DAY
    assert said_already(answer(YES, NOW + MINUTE), record(flood)) is None


@given(st.lists(st.tuples(st.sampled_from(SAID), st.integers(0, 5)), min_size=1, max_size=2 * MOST_A_DAY))
def test_the_last_word_is_no_whenever_what_was_said_before_is_written(steps: list[tuple[Action, int]]) -> None:
    said, waiting = list[ConsentEvent](), list[tuple[int, ConsentEvent]]()
    for n, (action, late) in enumerate(steps):
        said += [each for until, each in waiting if until == n]
        waiting = [(until, each) for until, each in waiting if until > n]
        each = answer(action, NOW + n)
        try:
            waiting += [] if said_already(each, said) else [(n + 1 + late, each)]
        except SaidTooOften:
            assert action in PERMITTING
    said += [each for _, each in waiting]
    if steps[-1][0] not in PERMITTING:
        assert states(said, PURPOSES, NOW + DAY)["letter"].status != "given"


@given(
    st.sampled_from(["letter", "service"]),
    st.lists(
        st.tuples(st.sampled_from(SAID), st.sampled_from([1, MINUTE // 2, MINUTE, DAY // 24, DAY // 2])), max_size=120
    ),
)
def test_what_is_not_recorded_would_have_changed_nothing(purpose: str, steps: list[tuple[Action, int]]) -> None:
    now, said, everything = NOW, list[ConsentEvent](), list[ConsentEvent]()
    for action, later in steps:
        now += later
        each = answer(action, now, purpose)
        try:
            said += [] if said_already(each, said) else [each]
        except SaidTooOften:
            continue
        everything.append(each)
        assert states(said, PURPOSES, now)[purpose].status == states(everything, PURPOSES, now)[purpose].status
