"""What became of a consent that was not in force when an entry was made: told only where it is certain."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from personalize.explain.facts import Facts
from personalize.explain.language import LANGUAGES
from personalize.explain.sentences import explain
from personalize.explain.standing import Unallowed, unallowed
from personalize.model.attributes import Cause
from personalize.model.consent import Action, Basis, ConsentEvent
from personalize.model.content import Recipe
from personalize.model.cookbook import CookbookEntry
from tests.unit.explain.conftest import AT, DAY, RECIPE, RECORD

Make = Callable[..., CookbookEntry]
SAID: dict[str, tuple[tuple[Action, int], ...]] = {
    "never": (),
    "refused": ((Action.refused, 3),),
    "withdrawn": ((Action.given, 9), (Action.withdrawn, 3)),
    "expired": ((Action.given, 400),),
    "unconfirmed": ((Action.requested, 3),),
    "visit": ((Action.given, 9),),
}


def event(action: Action, days: float, purpose: str = "reading") -> ConsentEvent:
    at = AT - round(days * DAY)
    return ConsentEvent(
        event_id=RECORD,
        subject=5,
        purpose=purpose,
        action=action,
        basis=Basis.consent,
        method="page",
        actor="visitor",
        assurance=0,
        occurred_at=at,
        recorded_at=at,
        valid_until=at + 365 * DAY if action is Action.given else None,
        notice="reading@1",
    )


def why(entry: CookbookEntry, said: tuple[tuple[Action, int], ...], recipe: Recipe = RECIPE) -> dict[str, Unallowed]:
    return unallowed(entry, recipe, [event(*each) for each in said])


def asking_since(version: int) -> Recipe:
    purposes = tuple(replace(each, asked_since=version) for each in RECIPE.purposes)
    return replace(RECIPE, purposes=purposes)


@pytest.mark.parametrize("reason", SAID)
def test_what_became_of_a_consent_is_told(entry: Make, reason: str) -> None:
    assert why(entry(missed={"interest": Cause.no_consent}), SAID[reason]) == {"reading": Unallowed(reason)}


def test_a_text_that_has_changed_is_told(entry: Make) -> None:
    found = why(entry(missed={"interest": Cause.no_consent}), ((Action.given, 9),), asking_since(2))
    assert found == {"reading": Unallowed.outdated}


def test_a_legitimate_interest_is_stopped_on_that_visit_alone(entry: Make) -> None:
    assert why(entry(missed={"active": Cause.no_consent}), ()) == {"offers": Unallowed.visit}


def test_what_was_said_a_moment_before_may_not_have_been_heard(entry: Make) -> None:
    for action in (Action.given, Action.withdrawn):
        assert unallowed(entry(missed={"interest": Cause.no_consent}), RECIPE, [event(action, 1e-5)]) == {}


def test_what_was_said_later_does_not_count(entry: Make) -> None:
    later = event(Action.given, -1)
    assert unallowed(entry(missed={"interest": Cause.no_consent}), RECIPE, [later]) == {"reading": Unallowed.never}


def test_other_causes_are_no_matter_of_a_consent(entry: Make) -> None:
    assert why(entry(missed={"interest": Cause.objected, "active": Cause.missing}), ()) == {}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_each_is_another_sentence(entry: Make, facts: Facts, lang: str) -> None:
    withheld = entry(missed={"interest": Cause.no_consent})
    told = [{"reading": each} for each in Unallowed]
    said = [explain(withheld, replace(facts, unallowed=each), lang).absences[0].sentence for each in ({}, *told)]
    assert len(set(said)) == len(said)
    purpose = {"nl": "“Leesgedrag”", "nb": "«Lesevaner»", "en": "“Reading habits”"}[lang]
    assert all(purpose in each and each.endswith(".") for each in said)
