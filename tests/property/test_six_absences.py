"""Six causes stay six answers: through the trip, in the entry, and in every language's sentences."""

from pathlib import Path

import pytest

from personalize.cookbook.codes import number_of
from tests.property.reference import CAUSES, DAY, SECOND
from tests.property.walk import Walk

CODE = "7KQ42MXJ"
LANGUAGES = ("nl", "nb", "en")
WITHHELD = {
    "mood": "objected",
    "letters": "no_consent",
    "first_name": "assurance",
    "nickname": "missing",
    "visits": "wrong_type",
    "theme": "stale",
}
ASKED = tuple(WITHHELD)


@pytest.fixture
def walk(tmp_path: Path):
    """A site where somebody came by a link, of whom something is withheld for each cause, and one value is not."""
    with Walk(tmp_path / "site") as walk:
        walk.import_values("crm", {"c1": {"visits": 1}}, 0, then=True)
        walk.import_values("post", {"c1": {"letters": 0, "interest": 0}}, 0)
        walk.log_in(0, "c1")
        walk.tell_the_site(0, "crm", {"mood": 0, "theme": 0, "first_name": 0})
        walk.move_clock(6 * DAY)
        walk.say(0, "recognition", "yes")
        walk.say(0, "offers", "yes")
        walk.say(0, "care", "objection")
        walk.tell_the_site(0, "crm", {"last_visit": 0})
        walk.move_clock(SECOND)
        walk.send_link("c1")
        walk.click(1, -1)
        yield walk


def decided(walk: Walk):
    """Return the decision of the page that asks for everything, and its entry looked up by code."""
    prepared = walk.prepare(walk.browsers[1])
    decision = walk.house.pipeline.decide(prepared, "asks", code=number_of(CODE))
    (entry,) = walk.house.cookbook.by_code(decision.code)
    walk.expected[decision.entry_id] = None
    return decision, entry


def test_the_six_causes_are_six_answers_of_the_trip(walk):
    decision, _ = decided(walk)
    causes = {outcome.variant.replace("-", "_"): outcome.cause for outcome in decision.outcomes}
    assert {name: causes[name].name for name in ASKED} == WITHHELD
    assert set(WITHHELD.values()) == set(CAUSES)
    assert causes["last_visit"] is None


def test_the_entry_lists_each_absence_with_its_cause(walk):
    _, entry = decided(walk)
    listed = {item.attribute: item.cause.name for item in entry.absences}
    assert {name: listed[name] for name in ASKED} == WITHHELD
    assert [item.attribute for item in entry.ingredients] == ["last_visit"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_each_cause_has_a_sentence_of_its_own(walk, lang):
    _, entry = decided(walk)
    lines = {line.attribute: line for line in walk.house.explain(entry, lang).absences}
    assert {name: lines[name].cause for name in ASKED} == WITHHELD
    assert all(f"{name} ({lang})" in lines[name].sentence for name in ASKED)
    said = {lines[name].sentence.replace(f"{name} ({lang})", "…") for name in ASKED}
    assert len(said) == len(CAUSES)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_each_candidate_that_was_not_shown_says_its_own_cause(walk, lang):
    _, entry = decided(walk)
    others = {line.variant.replace("-", "_"): line for line in walk.house.explain(entry, lang).others}
    assert {name: others[name].cause for name in ASKED} == WITHHELD
    assert len({others[name].sentence.replace(f"{name} ({lang})", "…") for name in ASKED}) == len(CAUSES)


def test_the_languages_say_it_in_their_own_words(walk):
    _, entry = decided(walk)
    told = [walk.house.explain(entry, lang).absences for lang in LANGUAGES]
    for lines in zip(*told, strict=True):
        assert len({line.sentence.partition(" (")[0] for line in lines}) >= 2
        assert len({line.cause for line in lines}) == 1
