"""The last word is no, also where a yes that was said before it still waits for the store (law 9)."""

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from personalize.model.people import Assurance, Visitor
from personalize.testing import TrialSite
from tests.unit.web.mine.visiting import ANNA, FIELDS, FORM, HERE, press

ALL = {"reading": "given", "subscription": "in_force"}


def withdraw(site: TrialSite, anna: TestClient) -> None:
    assert press(anna, "consent", **{**FIELDS["consent"], "purpose": "reading", "action": "withdraw"}).is_redirect
    assert press(anna, "consent", **{**FIELDS["consent"], "action": "object"}).is_redirect


def unsubscribe(site: TrialSite, anna: TestClient) -> None:
    links, subject = site.house.opt_ins, site.house.subject_of(ANNA)
    assert all(links.unsubscribe(links.unsubscribe_token(subject or 0, purpose)) for purpose in ALL)


def stop(site: TrialSite, anna: TestClient) -> None:
    assert anna.post("/personalize/me/stop?lang=en", headers={**HERE, "content-type": FORM}).is_redirect


def standing(site: TrialSite) -> dict[str, str]:
    state = site.house.ledger.state(site.house.subject_of(ANNA) or 0)
    return {name: state[name].status for name in ALL}


@pytest.mark.parametrize("said_before", [False, True])
@pytest.mark.parametrize("no", [withdraw, unsubscribe, stop])
def test_a_no_is_not_lost_while_a_yes_waits_for_the_store(
    site: TrialSite, anna: TestClient, no: Callable[[TrialSite, TestClient], None], said_before: bool
) -> None:
    visitor = Visitor(subject=site.house.subject_of(ANNA), assurance=Assurance.login, identifier=ANNA)
    text = site.personalizer.settings.notices["reading"].digests["en"]
    if said_before:
        no(site, anna)
    with site.house.ledger.together() as waiting:
        waiting.give(visitor, "reading", "en", text)
        waiting.lift(visitor, "subscription")
        assert standing(site) != ALL
        no(site, anna)
    assert standing(site) == {"reading": "not_given", "subscription": "objected"}


def test_nobody_withdraws_what_they_never_gave(site: TrialSite, anna: TestClient) -> None:
    stop(site, anna)
    events = site.house.ledger.events(site.house.subject_of(ANNA) or 0)
    given = {event.purpose for event in events if event.action == "given"}
    assert {event.purpose for event in events if event.action == "withdrawn"} == given
    assert {event.purpose for event in events if event.action == "refused"}.isdisjoint(given)
    assert any(event.action == "refused" for event in events)
