"""Why staff look: the reasons to choose from, and a reason of the trail in its reader's language."""

from collections.abc import Mapping
from functools import cache

from personalize.explain.language import LANGUAGES, Language, language, marked

REASONS: Mapping[str, str] = {
    "why": marked("Somebody asks why they saw something"),
    "complaint": marked("A complaint"),
    "rights": marked("A request for insight, correction or erasure"),
    "wrong": marked("Something seems wrong with our data or pages"),
    "check": marked("An internal check"),
    "other": marked("Another reason"),
}
OTHER = "other"
"""The reason that takes words of one's own, and is those words."""


def reason_written(reason: str, note: str, lang: Language) -> str:
    """Return the reason as the trail keeps it: as whoever looked read it, with their own words."""
    if reason == OTHER:
        return note
    said = lang.say(REASONS[reason])
    return f"{said}: {note}" if note else said


def reason_told(text: str, lang: Language) -> str:
    """Return a reason of the trail for a reader: those of the list in their language, other words as written."""
    said, colon, note = text.partition(": ")
    sentence = _sentences().get(said)
    return f"{lang.say(sentence)}{colon}{note}" if sentence else text


@cache
def _sentences() -> Mapping[str, str]:
    """Return the reasons of the list by how each language says them."""
    listed = [sentence for reason, sentence in REASONS.items() if reason != OTHER]
    return {language(name).say(sentence): sentence for name in LANGUAGES for sentence in listed}
