"""Whatever somebody said, in whatever order: a receipt has ended just where its consent is not in force."""

from hypothesis import example, given
from hypothesis import strategies as st

from personalize.consent.gate import AGREEING, states
from personalize.consent.receipts import receipts_of
from personalize.model.consent import Action, Basis, ConsentEvent, Purpose
from personalize.model.people import Assurance

DAY = 86_400 * 1_000_000
NOW = 1_000 * DAY
SAYINGS = st.lists(
    st.tuples(st.sampled_from(Action), st.integers(-1, 6), st.integers(1, 2), st.sampled_from((None, 4, 9)))
)
PURPOSES = st.builds(
    Purpose,
    name=st.just("letter"),
    basis=st.just(Basis.consent),
    valid=st.sampled_from((3 * 86_400, 730 * 86_400)),
    asked_since=st.integers(1, 2),
    double_opt_in=st.booleans(),
)


def event(number: int, action: Action, days_ago: int, version: int, lasts: int | None) -> ConsentEvent:
    at = NOW - days_ago * DAY
    return ConsentEvent(
        event_id=number.to_bytes(16, "big"),
        subject=7,
        purpose="letter",
        action=action,
        basis=Basis.consent,
        method="page",
        actor="visitor",
        assurance=Assurance.login,
        occurred_at=at,
        recorded_at=at,
        valid_until=None if lasts is None else at + lasts * DAY,
        notice=f"letter@{version}",
    )


@given(SAYINGS, PURPOSES)
@example([(Action.given, -1, 1, None)], Purpose(name="letter", basis=Basis.consent))
@example([(Action.objected, 1, 1, None), (Action.given, 0, 1, None)], Purpose(name="letter", basis=Basis.consent))
def test_a_receipt_has_ended_just_where_its_consent_is_not_in_force(
    sayings: list[tuple[Action, int, int, int | None]], purpose: Purpose
) -> None:
    events = [event(number, *saying) for number, saying in enumerate(sayings)]
    state = states(events, {"letter": purpose}, NOW)["letter"]
    receipts = receipts_of(events, {"letter": purpose}, {}, NOW)
    going_on = [each.receipt for each in receipts if each.action in AGREEING and not each.ended_by]
    assert going_on == ([state.record.hex()] if state.status == "given" else [])
    assert [each.ended_by for each in receipts if each.ended_by == state.because] or not state.because
