"""What the page says of one purpose: that it was withdrawn, and when."""

from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace
from starlette.testclient import TestClient

from personalize.consent.gate import states
from personalize.explain.language import language
from personalize.model.consent import Action, Basis, ConsentEvent
from personalize.model.moments import DAY
from personalize.model.people import Assurance, Visitor
from personalize.personalizer import Personalizer
from personalize.web.privacy.cards import card

ANN = Visitor(assurance=Assurance.login, identifier="customer_number:4711")
NEVER = "Not allowed: you have not agreed"
GIVEN = ConsentEvent(
    event_id=bytes(16),
    subject=7,
    purpose="",
    action=Action.given,
    basis=Basis.consent,
    method="page",
    actor="visitor",
    assurance=Assurance.login,
    occurred_at=0,
    recorded_at=0,
)


def state_of(personalizer: Personalizer) -> str:
    """What the page says of reading, told what Ann said over time."""
    settings, ledger = personalizer.settings, personalizer.house.ledger
    subject = personalizer.house.subject_of(ANN.identifier or "")
    purpose, state = settings.purposes["reading"], ledger.state(subject)["reading"]
    told = card(purpose, None, state, language("en"), ZoneInfo("UTC"), True, ledger.events(subject))
    return told.state


def said(personalizer: Personalizer, action: Action) -> None:
    ledger = personalizer.house.ledger
    digest = personalizer.settings.notices["reading"].digests["en"]
    match action:
        case Action.given:
            ledger.give(ANN, "reading", "en", digest)
        case Action.withdrawn:
            ledger.withdraw(ANN, "reading")
        case Action.refused:
            ledger.refuse(ANN, "reading", "en", digest)
        case Action.objected:
            ledger.object(ANN, "reading")
        case Action.objection_lifted:
            ledger.lift(ANN, "reading")


def test_no_mail_is_told_of_that_was_never_sent(personalizer: Personalizer) -> None:
    """Only a consent of before a purpose took a confirmation is unconfirmed: nobody was sent a mail for it."""
    purpose = replace(personalizer.settings.purposes["reading"], double_opt_in=True, asked_since=1)
    event = replace(GIVEN, purpose="reading")
    state = states([event], {"reading": purpose}, 1)["reading"]
    told = card(purpose, None, state, language("en"), ZoneInfo("UTC"), True, [event])
    assert told.state == "Not allowed yet: it has to be confirmed by mail"


def test_nobody_who_agreed_ahead_of_the_clock_is_told_that_they_never_did(personalizer: Personalizer) -> None:
    purpose = personalizer.settings.purposes["reading"]
    event = replace(GIVEN, purpose="reading", notice=f"reading@{purpose.asked_since}", occurred_at=DAY)
    state = states([event], {"reading": purpose}, 1)["reading"]
    told = card(purpose, None, state, language("en"), ZoneInfo("UTC"), True, [event])
    assert told.state == "Not allowed yet: your permission is dated later than now"


@pytest.mark.parametrize(
    ("actions", "words"),
    [
        ("given withdrawn", "Not allowed: you withdrew it on "),
        ("given withdrawn objected objection_lifted", "Not allowed: you withdrew it on "),
        ("given withdrawn refused", NEVER),
        ("refused", NEVER),
        ("given withdrawn given", "You agreed on "),
        ("given withdrawn objected", "You objected on "),
    ],
)
def test_a_withdrawal_is_told_with_its_day_where_it_is_the_last_word(
    client: TestClient, personalizer: Personalizer, actions: str, words: str
) -> None:
    for action in actions.split():
        said(personalizer, Action(action))
    told = state_of(personalizer)
    assert told.startswith(words)
    assert (told != words) is words.endswith(" ")
