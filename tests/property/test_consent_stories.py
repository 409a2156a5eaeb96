"""Stories about clocks and links that a random walk once told; each is short enough to read."""

from pathlib import Path

import pytest

from tests.property.reference import CLICK, DAY, LOGIN, NOBODY, SECOND
from tests.property.walk import Walk

MINUTE, HOUR = 60 * SECOND, 3600 * SECOND


@pytest.fixture
def walk(tmp_path: Path):
    with Walk(tmp_path / "site") as walk:
        walk.import_values("post", {"c1": {"letters": 0}}, 0)
        walk.log_in(0, "c1")
        walk.look(0, again=True)
        yield walk


def sees(walk: Walk) -> str:
    """Look as the visitor who is logged in, have it compared, and say whether the letters were read, or why not."""
    walk.look(0, again=False)
    return getattr(walk.canary.sang[-1]["letters"], "name", "read")


def standing(walk: Walk, purpose: str = "letter") -> str:
    subject = walk.house.subject_of("customer_number:c1")
    return walk.house.ledger.state(subject)[purpose].status


def test_a_withdrawal_counts_although_the_clock_was_set_back(walk):
    walk.say(0, "letter", "yes")
    walk.move_clock(-HOUR)
    walk.say(0, "letter", "no")
    walk.move_clock(2 * HOUR)
    assert standing(walk) == "not_given"
    assert sees(walk) == "no_consent"


def test_an_objection_counts_although_the_clock_was_set_back(walk):
    walk.say(0, "service", "objection")
    walk.move_clock(MINUTE)
    walk.say(0, "service", "lifted")
    walk.move_clock(-HOUR)
    walk.say(0, "service", "objection")
    walk.move_clock(2 * HOUR)
    assert standing(walk, "service") == "objected"


def test_a_withdrawal_outlives_a_consent_from_ahead_of_the_clock(walk):
    walk.import_words("consents", [("c1", "letter")], -12 * HOUR)
    walk.say(0, "letter", "no")
    walk.move_clock(DAY)
    assert sees(walk) == "no_consent"


def test_a_consent_from_ahead_of_the_clock_comes_into_force_in_a_warm_profile(walk):
    walk.import_words("consents", [("c1", "letter")], -12 * HOUR)
    assert sees(walk) == "no_consent"
    walk.move_clock(13 * HOUR)
    assert sees(walk) == "read"


def test_a_warm_profile_is_not_trusted_before_its_own_time(walk):
    walk.say(0, "letter", "yes")
    assert sees(walk) == "read"
    walk.move_clock(-HOUR)
    assert sees(walk) == "no_consent"


def test_who_withdraws_being_recognised_is_a_stranger_to_their_own_cookie(walk):
    walk.say(0, "recognition", "yes")
    walk.send_link("c1")
    walk.click(1, -1)
    assert walk.prepare(walk.browsers[1]).visitor.assurance == CLICK
    walk.say(0, "recognition", "no")
    visitor = walk.prepare(walk.browsers[1]).visitor
    assert (visitor.subject, visitor.assurance) == (None, NOBODY)
    assert walk.prepare(walk.browsers[0]).visitor.assurance == LOGIN
