"""A phrase for every reason and every cause, in every language."""

from collections.abc import Callable

import pytest

from personalize.explain.facts import Facts
from personalize.explain.language import LANGUAGES, language
from personalize.explain.phrases import CAUSES, PERSONS, REASONS, cause_phrase, reason_phrase
from personalize.explain.sentences import explain
from personalize.model.attributes import Cause
from personalize.model.cookbook import CookbookEntry
from personalize.model.decisions import Outcome, Reason
from personalize.model.people import Assurance


def test_the_tables_are_complete() -> None:
    assert set(REASONS) == set(Reason)
    assert set(CAUSES) == set(Cause)
    assert set(PERSONS) == set(Assurance)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_two_reasons_sound_the_same(lang: str) -> None:
    phrases = {reason_phrase(reason, language(lang)) for reason in Reason}
    assert len(phrases) == len(Reason)


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_differs_between_languages(reason: Reason) -> None:
    assert len({reason_phrase(reason, language(lang)) for lang in LANGUAGES}) == len(LANGUAGES)


@pytest.mark.parametrize("cause", Cause)
def test_every_cause_names_its_attribute_in_every_language(cause: Cause) -> None:
    phrases = {cause_phrase(cause, language(lang), title="Interest", purpose="Reading") for lang in LANGUAGES}
    assert len(phrases) == len(LANGUAGES)
    assert all("Interest" in phrase for phrase in phrases)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_six_causes_and_not_equal_give_seven_answers(
    entry: Callable[..., CookbookEntry], facts: Facts, lang: str
) -> None:
    entries = [
        entry(outcomes=(Outcome("climate", Reason.NOT_MATCHED, cause),), missed={"interest": cause}) for cause in Cause
    ]
    entries.append(entry(outcomes=(Outcome("climate", Reason.NOT_MATCHED),), read={"interest": "sport"}))
    assert len({explain(each, facts, lang).others[0].sentence for each in entries}) == 7


@pytest.mark.parametrize("lang", LANGUAGES)
def test_each_assurance_has_its_own_way_of_not_being_enough(lang: str) -> None:
    below = [Assurance.none, Assurance.click, Assurance.mailbox]
    known = {"title": "Interest", "purpose": "Reading"}
    phrases = {cause_phrase(Cause.assurance, language(lang), **known, assurance=level) for level in below}
    assert len(phrases) == 3
