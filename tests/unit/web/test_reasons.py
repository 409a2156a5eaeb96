"""A reason of the trail is told in the language of whoever reads it."""

import pytest

from personalize.explain.language import LANGUAGES, language
from personalize.web.shell.reasons import OTHER, REASONS, reason_told, reason_written


@pytest.mark.parametrize("note", ["", "she called twice: at nine and at ten"])
@pytest.mark.parametrize("reason", [reason for reason in REASONS if reason != OTHER])
def test_a_reason_of_the_list_is_told_in_every_language(reason: str, note: str) -> None:
    for writer in map(language, LANGUAGES):
        for reader in map(language, LANGUAGES):
            told = reason_told(reason_written(reason, note, writer), reader)
            assert told == reason_written(reason, note, reader)


@pytest.mark.parametrize("text", ["", "why", "Another reason", "She asked: A complaint", "<b>asks</b>"])
def test_words_of_ones_own_stay_as_they_were_written(text: str) -> None:
    assert reason_told(text, language("nl")) == text
