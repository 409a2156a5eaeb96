"""What somebody said that a value should be, in a sentence of ours."""

from zoneinfo import ZoneInfo

from personalize.explain.language import language
from personalize.rights.corrections import Correction
from personalize.web.privacy.mine import asked_words


def test_what_was_claimed_leaves_the_words_after_it_in_order() -> None:
    asked = Correction(number=4, subject=1, attribute="plan", asked_at=1_790_000_000_000_000, claimed="\u202eשלום")
    said = asked_words(asked, language("en"), ZoneInfo("UTC"))
    assert "should be “\u2068שלום\u2069”. That is being looked into (request 4)." in said
