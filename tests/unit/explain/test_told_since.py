"""What became of an entry since: not put on its page, erased, told by the clock and in the year of today."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from personalize.explain.explanation import full, spoken
from personalize.explain.facts import Facts
from personalize.explain.reader import Reader
from personalize.explain.sentences import briefly, explain
from personalize.model.cookbook import CookbookEntry
from personalize.model.decisions import Reason

Make = Callable[..., CookbookEntry]


@pytest.mark.parametrize(
    ("lang", "variant", "words"),
    [
        ("en", "switch", "we chose “Switch now” for “Top of the home page”. It was decided, but as far as we know not"),
        (
            "nl",
            None,
            "kozen wij de gewone inhoud voor de plek “Bovenaan de homepage”. Dit is wel beslist, maar voor zover",
        ),
        (
            "nb",
            "switch",
            "valgte vi «Bytt nå» til plassen «Øverst på forsiden». Dette ble bestemt, men så vidt vi vet ikke",
        ),
    ],
)
def test_what_is_not_known_to_stand_on_a_page_is_not_called_shown(
    entry: Make, facts: Facts, lang: str, variant: str | None, words: str
) -> None:
    unserved = entry(served=False, variant=variant)
    assert words in spoken(explain(unserved, facts, lang))
    assert words.partition(". ")[0] in briefly(unserved, facts, lang)[0]


def test_groups_stand_on_no_page(entry: Make, facts: Facts) -> None:
    assert explain(entry(slot="segments", served=False), facts, "en").unserved == ""


def test_an_erased_entry_tells_no_data_and_says_that_it_is_gone(entry: Make, facts: Facts) -> None:
    gone = entry(erased=True, variant="switch", reason=Reason.TARGETING_MATCH)
    text = full(explain(gone, facts, "en"))
    assert "has been erased" in text
    assert "No personal data was used" not in text


def test_a_moment_is_told_by_the_clock_of_today_and_values_by_that_of_then(
    by_login: CookbookEntry, facts: Facts
) -> None:
    moved = replace(facts, timezone="America/New_York")
    told, developers = explain(by_login, moved, "en"), explain(by_login, moved, "en", Reader.developer)
    assert (told.when, told.at) == ("Thursday 22 November at 08:02", "2029-11-22T08:02:00-05:00")
    assert developers.at == told.at
    assert [line.observed for line in told.ingredients] == ["2029-11-19T14:02:00+01:00"] * len(told.ingredients)


def test_of_the_erased_nothing_is_said_that_hangs_on_what_they_were(
    by_login: CookbookEntry, entry: Make, facts: Facts
) -> None:
    gone = entry(erased=True, reason=by_login.reason, outcomes=by_login.outcomes)
    others = {line.variant: line.sentence for line in explain(gone, facts, "en").others}
    assert others["switch"].endswith(": we keep it away from visitors it is not meant for.")
    for variant in ("renewal", "climate"):
        assert others[variant].endswith(": it is meant for other visitors.")
    developers = [line.sentence for line in explain(gone, facts, "en", Reader.developer).others]
    assert not any("interest ==" in each or "months_left" in each for each in developers), developers


def test_the_year_is_said_where_it_is_not_this_one(by_click: CookbookEntry, facts: Facts) -> None:
    later = replace(facts, now=facts.now + 400 * 86_400_000_000)
    assert explain(by_click, facts, "en").when == "Thursday 22 November at 14:02"
    assert explain(by_click, later, "en").when == "Thursday 22 November 2029 at 14:02"
