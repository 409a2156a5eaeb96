"""The page's facts, as text and as values."""

from datetime import date

import pytest
from msgspec.structs import replace

from personalize.asgi.facts import FROM_TEXT, Facts
from personalize.model.attributes import AttributeType
from personalize.model.content import FactWords
from tests.house import House
from tests.unit.asgi.test_visit import visit_of


def facts(url: str = "http://127.0.0.1:8000") -> Facts:
    return Facts(House(url=url).settings)


def test_facts_written_as_text_take_the_declared_type() -> None:
    given = facts().from_text("hero", [("topic", "climate"), ("visits", "3"), ("other", "x")])
    assert given == {"topic": "climate", "visits": 3, "other": "x"}


def test_a_fact_that_does_not_fit_is_left_out_and_said(caplog: pytest.LogCaptureFixture) -> None:
    assert facts().from_text("hero", [("visits", "many")]) == {}
    assert "'visits' is no number" in caplog.text


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (AttributeType.number, "1.5", 1.5),
        (AttributeType.yes_no, "Yes", True),
        (AttributeType.yes_no, "0", False),
        (AttributeType.date, "2026-02-03", date(2026, 2, 3)),
        (AttributeType.set, "internet, tv", frozenset({"internet", "tv"})),
    ],
)
def test_text_reads_as_its_type(kind: AttributeType, text: str, value: object) -> None:
    assert FROM_TEXT[kind](text) == value


def test_an_undeclared_fact_is_named_once_with_its_neighbour(caplog: pytest.LogCaptureFixture) -> None:
    known = facts()
    for _ in range(3):
        known.check(("hero",), {"topics": "climate", "visits": 1})
    assert caplog.text.count("'topics' is not declared in [slots.hero] context") == 1
    assert "Did you mean 'topic'?" in caplog.text


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"visits": "3"}, "'visits' is '3', and no number; no condition reads it"),
        ({"kind": "sprot"}, "'kind' is 'sprot', which is none of its values. Did you mean `sport`?"),
        ({"kind": 7}, "'kind' is 7, and no choice"),
        ({"visits": 3, "kind": " sport "}, ""),
        ({"visits": None, "topic": "anything"}, ""),
    ],
)
def test_a_value_that_no_condition_can_meet_is_named_once(
    given: dict[str, object], said: str, caplog: pytest.LogCaptureFixture
) -> None:
    settings = House(url="http://127.0.0.1:8000").settings
    hero = settings.slots["hero"]
    sport = FactWords(values={"sport": {"en": "sport"}, "news": {"en": "news"}})
    words, context = {"kind": sport, "topic": sport}, {**hero.context, "kind": AttributeType.choice}
    known = Facts(replace(settings, slots={"hero": replace(hero, words=words, context=context)}))
    for _ in range(2):
        known.check(("hero",), given)
    assert said in caplog.text
    assert caplog.text.count("\n") == bool(said)


def test_facts_beside_the_segments_are_no_fault() -> None:
    visit = visit_of(House(url="http://127.0.0.1:8000"), subject=1)
    assert len(visit.decide_all("hero", "segments", topic="climate")) == 2
    assert visit.decide("segments", topic="climate").variant is None


def test_a_page_that_asks_for_no_slot_is_nothing_to_complain_of(caplog: pytest.LogCaptureFixture) -> None:
    assert visit_of(House(url="http://127.0.0.1:8000")).decide_all(topic="climate") == ()
    assert caplog.text == ""


def test_on_a_live_site_nothing_is_said(caplog: pytest.LogCaptureFixture) -> None:
    facts("https://site.example").check(("hero",), {"topics": "climate"})
    assert caplog.text == ""


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "https://site.example"])
def test_unknown_slots_and_languages_are_named_once_in_development_alone(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    visit = visit_of(House(url=url), subject=1)
    for _ in range(2):
        visit.decide("heroo", lang="fr")
        visit.decide_all("hero", "hreo", lang="nl-BE")
        assert visit.segments == frozenset()
    is_loud = url.startswith("http:")
    assert caplog.text.count("there is no slot 'heroo': did you mean 'hero'?") == is_loud
    assert caplog.text.count("there is no slot 'hreo': did you mean 'hero'?") == is_loud
    assert caplog.text.count("language 'fr' is none of the site's (nl, nb, en): 'nl' is taken") == is_loud
    assert caplog.text.count("\n") == 3 * is_loud


def test_a_mistyped_slot_is_answered_with_the_nearest() -> None:
    known = facts()
    assert known.knows("hero")
    assert not known.knows("heroo")
    assert known.nearest("heroo") == ": did you mean 'hero'?"
    assert known.nearest("zzz") == ""
