"""The gate: what events add up to, and that doubt means no."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from personalize.consent.gate import LEEWAY, admit, states
from personalize.model.consent import Action, Basis, ConsentEvent, Purpose
from personalize.model.people import Assurance

DAY = 86_400 * 1_000_000
NOW = 1_000 * DAY
LETTER = Purpose(name="letter", basis=Basis.consent, notice="letter")
SERVICE = Purpose(name="service", basis=Basis.legitimate_interest)
PURPOSES = {"letter": LETTER, "service": SERVICE}


def event(action, at=NOW - DAY, purpose="letter", **more):
    return ConsentEvent(
        event_id=at.to_bytes(16, "big"),
        subject=1,
        purpose=purpose,
        action=action,
        basis=PURPOSES[purpose].basis,
        method="page",
        actor="visitor",
        assurance=Assurance.login,
        occurred_at=at,
        recorded_at=at,
        **more,
    )


def in_force(*events, now=NOW):
    return set(admit(1, Assurance.login, 0, events, PURPOSES, now).in_force)


def test_without_events_only_legitimate_interest_is_in_force():
    assert in_force() == {"service"}


def test_a_given_consent_is_in_force_until_its_term():
    given = event(Action.given)
    assert "letter" in in_force(given)
    assert "letter" not in in_force(given, now=given.occurred_at + LETTER.valid * 1_000_000)


def test_the_events_own_term_counts_where_it_is_shorter():
    given = event(Action.given, valid_until=NOW + DAY)
    assert "letter" in in_force(given)
    assert "letter" not in in_force(given, now=NOW + DAY)


@pytest.mark.parametrize("ending", [Action.withdrawn, Action.refused, Action.expired])
def test_every_ending_ends_a_consent(ending):
    assert "letter" not in in_force(event(Action.given), event(ending, NOW))


@pytest.mark.parametrize("purpose", ["letter", "service"])
def test_an_objection_is_stronger_than_a_later_consent(purpose):
    events = [event(Action.objected, NOW - 2 * DAY, purpose), event(Action.given, NOW - DAY, purpose)]
    assert purpose not in in_force(*events)


def test_a_lifted_objection_lets_legitimate_interest_return():
    objected = event(Action.objected, NOW - 2 * DAY, "service")
    assert in_force(objected) == set()
    assert in_force(objected, event(Action.objection_lifted, NOW - DAY, "service")) == {"service"}


def test_withdrawing_from_legitimate_interest_counts_as_objecting():
    assert in_force(event(Action.withdrawn, purpose="service")) == set()


def test_an_old_consent_recorded_late_does_not_undo_a_withdrawal():
    late = event(Action.given, NOW - 5 * DAY)
    assert "letter" not in in_force(event(Action.withdrawn, NOW - DAY), late)


def test_at_the_same_moment_the_withdrawal_wins():
    assert "letter" not in in_force(event(Action.withdrawn), event(Action.given))


def test_a_consent_from_further_ahead_than_clocks_differ_waits_for_its_moment():
    assert "letter" in in_force(event(Action.given, NOW + LEEWAY))
    ahead = event(Action.given, NOW + DAY)
    assert "letter" not in in_force(ahead)
    begins = admit(1, Assurance.login, 0, [ahead], PURPOSES, NOW).valid_until
    assert begins == NOW + DAY - LEEWAY
    assert "letter" in in_force(ahead, now=begins)


def test_grants_say_when_they_may_change_by_themselves():
    given = event(Action.given, valid_until=NOW + DAY)
    assert admit(1, Assurance.login, 0, [given], PURPOSES, NOW).valid_until == NOW + DAY


def test_a_state_names_the_event_and_notice_behind_it():
    given = event(Action.given, notice="letter@2")
    found = states([given], PURPOSES, NOW)["letter"]
    assert (found.status, found.record, found.notice) == ("given", given.event_id, "letter@2")


@given(st.lists(st.tuples(st.sampled_from(list(Action)), st.integers(0, 30)), max_size=12), st.randoms())
def test_the_order_in_which_events_arrive_makes_no_difference(steps, random):
    events = [event(action, NOW - (31 - day) * DAY) for action, day in steps]
    shuffled = random.sample(events, len(events))
    assert states(events, PURPOSES, NOW)["letter"].status == states(shuffled, PURPOSES, NOW)["letter"].status


RENEWED = replace(LETTER, asked_since=2)
MAILED = replace(LETTER, double_opt_in=True)


def stands(purpose, *events, now=NOW):
    found = states(events, {"letter": purpose}, now)["letter"]
    admitted = admit(1, Assurance.login, 0, events, {"letter": purpose}, now).in_force
    assert (found.status == "given") == ("letter" in admitted)
    return found.status, found.because


def test_a_consent_to_an_older_text_ends_when_the_text_changes_in_substance():
    assert stands(RENEWED, event(Action.given, notice="letter@1")) == ("not_given", "outdated")
    assert stands(RENEWED, event(Action.given, notice="letter@2")) == ("given", "")
    assert stands(RENEWED, event(Action.given, notice="letter@3")) == ("given", "")


def test_a_consent_that_does_not_say_to_what_counts_for_the_first_text_alone():
    assert stands(LETTER, event(Action.given)) == ("given", "")
    assert stands(RENEWED, event(Action.given)) == ("not_given", "outdated")


def test_a_consent_that_has_expired_says_so():
    given = event(Action.given)
    assert stands(LETTER, given, now=given.occurred_at + LETTER.valid * 1_000_000) == ("not_given", "expired")


def test_a_consent_from_ahead_of_the_clock_says_so():
    assert stands(LETTER, event(Action.given, NOW + LEEWAY)) == ("given", "")
    assert stands(LETTER, event(Action.given, NOW + DAY)) == ("not_given", "ahead")


def test_under_double_opt_in_only_what_is_confirmed_counts():
    assert stands(MAILED, event(Action.requested)) == ("not_given", "")
    assert stands(MAILED, event(Action.given)) == ("not_given", "unconfirmed")
    assert stands(MAILED, event(Action.given), event(Action.confirmed, NOW)) == ("given", "")
    assert stands(MAILED, event(Action.confirmed), event(Action.withdrawn, NOW)) == ("not_given", "")


def test_a_consent_that_was_taken_elsewhere_needs_no_mail_of_ours():
    assert stands(MAILED, event(Action.given, batch=3)) == ("given", "")


def test_a_confirmation_does_not_undo_an_objection():
    assert stands(MAILED, event(Action.objected), event(Action.confirmed, NOW)) == ("objected", "")
