"""Slots decided together: one page in the journal, and each slot's faults its own."""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from personalize import pipeline
from personalize.cookbook.record import Recorder
from personalize.errors import JournalError
from personalize.model.attributes import Cause
from personalize.model.decisions import Decision, Reason
from personalize.pipeline import MOST_AT_ONCE
from personalize.recognition.recognise import Credentials
from personalize.testing import TrialSite
from personalize.verdicts import Verdicts, judge

NAMES = ("hero", "offer", "banner")
SITE = """
[site]
url = "http://127.0.0.1:8000"
timezone = "Europe/Amsterdam"
languages = ["en"]
[purposes.offers]
basis = "legitimate_interest"
titles.en = "offers"
[sources.crm]
key = "customer_number"
identifiers = {customer_number = "id"}
[sources.crm.columns]
age = "age"
[attributes.age]
type = "number"
source = "crm"
purpose = "offers"
titles.en = "your age"
[slots.hero]
fields = {headline = "text"}
context = {topic = "text"}
[slots.offer]
fields = {headline = "text"}
[slots.banner]
fields = {headline = "text"}
"""
VARIANTS = """
[[variant]]
slot = "hero"
name = "young"
when = "age < 30 and topic == 'climate'"
fields.headline = "Hello"
[[variant]]
slot = "offer"
name = "grown"
when = "age >= 18"
fields.headline = "Offer for {age}"
"""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[TrialSite]:
    (tmp_path / "personalize.toml").write_text(SITE, encoding="utf-8")
    with TrialSite(tmp_path / "personalize.toml", content=VARIANTS) as site:
        site.knows("customer_number:7", age=20)
        yield site


def decided(site: TrialSite, *names: str, facts: bool = False, number: int = 7) -> list[Decision]:
    pipeline = site.house.pipeline
    prepared = pipeline.prepare(Credentials(login=f"customer_number:{number}"))
    contexts = [{"topic": "climate"} if name == "hero" else {} for name in names] if facts else ()
    return pipeline.decide_all(prepared, names, contexts, code=5)


def test_a_page_is_one_row_and_each_slot_has_its_own_entry_with_what_it_read(site: TrialSite) -> None:
    hero, offer, banner = decided(site, *NAMES, facts=True)
    assert (hero.variant, offer.variant, banner.variant) == ("young", "grown", None)
    assert offer.fields == {"headline": "Offer for 20"}
    site.house.indexer.drain()
    assert site.house.store.cookbook.one("SELECT count(*) FROM entries") == (1,)
    entries = [site.house.cookbook.by_id(each.entry_id) for each in (hero, offer, banner)]
    assert [(e.slot, [i.attribute for i in e.ingredients], e.context) for e in entries if e] == [
        ("hero", ["age"], {"topic": "climate"}),
        ("offer", ["age"], {}),
        ("banner", [], {}),
    ]


def test_the_same_page_again_repeats_the_first_one_slot_by_slot(site: TrialSite) -> None:
    first, again = decided(site, *NAMES), decided(site, *NAMES)
    found = [site.house.cookbook.by_id(each.entry_id) for each in again]
    assert [entry and entry.same_as for entry in found] == [each.entry_id for each in first]
    assert site.replay().differences == ()


def test_what_others_are_answered_too_cannot_be_changed_by_a_site(site: TrialSite) -> None:
    hero, offer, _ = decided(site, *NAMES, facts=True)
    answer: Any = offer.answer
    with pytest.raises(AttributeError):
        answer.variant = "mine"
    for each in (hero, offer, decided(site, "hero")[0]):
        fields: Any = each.fields
        own: Any = each.shared.own
        with pytest.raises(TypeError, match=r"dict\(decision\.fields\)"):
            fields["headline"] = "mine"
        with pytest.raises(TypeError):
            own[0] = {"headline": "mine"}
        assert json.loads(json.dumps(fields)) == deepcopy(fields) == dict(fields)
    again = decided(site, *NAMES, facts=True)
    assert [each.fields for each in again[:2]] == [{"headline": "Hello"}, {"headline": "Offer for 20"}]


def test_unknown_and_switched_off_slots_keep_their_places_among_the_others(site: TrialSite) -> None:
    made = decided(site, "nope", "offer", "nada", "hero")
    assert [(each.slot, each.reason) for each in made] == [
        ("nope", Reason.ERROR),
        ("offer", Reason.TARGETING_MATCH),
        ("nada", Reason.ERROR),
        ("hero", Reason.NOT_MATCHED),
    ]
    assert [bool(each.entry_id) for each in made] == [False, True, False, True]


def test_more_slots_than_go_into_one_page_are_taken_in_turns(site: TrialSite) -> None:
    made = decided(site, *("offer", "hero") * MOST_AT_ONCE)
    assert len({each.entry_id for each in made}) == 2 * MOST_AT_ONCE
    assert [each.variant for each in made] == ["grown", None] * MOST_AT_ONCE


def test_what_fails_in_one_slot_is_not_the_others(site: TrialSite, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(site.house.pipeline.serving.recipe.slots["hero"], "judge", broken)
    made = decided(site, *NAMES)
    assert [(each.slot, each.reason) for each in made] == [
        ("hero", Reason.ERROR),
        ("offer", Reason.TARGETING_MATCH),
        ("banner", Reason.DEFAULT),
    ]


def test_an_unwritten_page_gives_every_slot_its_default(site: TrialSite, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> bytes:
        raise JournalError("full")

    with monkeypatch.context() as patch:
        patch.setattr(Recorder, "write", refuse)
        assert {each.reason for each in decided(site, *NAMES)} == {Reason.UNRECORDED}
    assert decided(site, *NAMES)[1].variant == "grown"


def test_strangers_get_the_public_outcome_and_leave_no_row(site: TrialSite) -> None:
    made = decided(site, *NAMES, number=99)
    assert [each.variant for each in made] == [None, None, None]
    assert not any(each.entry_id or each.code for each in made)


def test_names_from_outside_are_not_kept(site: TrialSite) -> None:
    serving = site.house.pipeline.serving
    for number in range(10):
        decided(site, f"nope{number}", "offer")
    assert serving.page(NAMES) is serving.page(NAMES)
    assert serving.page(("nope", "offer")) is not serving.page(("nope", "offer"))


def test_who_is_forgotten_meanwhile_is_asked_for_again(site: TrialSite, monkeypatch: pytest.MonkeyPatch) -> None:
    forgetting(site, monkeypatch, 1)
    made = decided(site, "offer")[0]
    assert (made.variant, bool(made.entry_id)) == ("grown", True)


def test_an_objection_meanwhile_holds_at_once(site: TrialSite, monkeypatch: pytest.MonkeyPatch) -> None:
    forgetting(site, monkeypatch, 1, lambda: site.objects("customer_number:7", "offers"))
    made = decided(site, "offer")[0]
    assert (made.variant, made.outcomes[0].cause) == (None, Cause.objected)
    assert made.entry_id


def test_who_is_forgotten_again_and_again_gets_the_default(site: TrialSite, monkeypatch: pytest.MonkeyPatch) -> None:
    forgetting(site, monkeypatch, 2)
    assert decided(site, "offer")[0].reason is Reason.UNRECORDED
    assert decided(site, "offer")[0].variant == "grown"


def forgetting(
    site: TrialSite, patch: pytest.MonkeyPatch, times: int, also: Callable[[], object] = lambda: None
) -> None:
    """Let the person be forgotten while the first decisions are made."""
    left = [times]

    def judged(*given: Any) -> Verdicts:
        verdicts = judge(*given)
        if left[0]:
            left[0] -= 1
            also()
            site.house.pipeline.forget(site.house.subject_of("customer_number:7"))
        return verdicts

    patch.setattr(pipeline, "judge", judged)
