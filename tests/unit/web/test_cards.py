"""What the page says of one purpose: that it was withdrawn, and when."""

from zoneinfo import ZoneInfo

import pytest
from starlette.testclient import TestClient

from personalize.explain.language import language
from personalize.model.consent import Action
from personalize.model.people import Assurance, Visitor
from personalize.personalizer import Personalizer
from personalize.web.privacy.cards import card

ANN = Visitor(assurance=Assurance.login, identifier="customer_number:4711")
NEVER = "Not allowed: you have not agreed"


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
