"""What was looked up, as somebody reads it in the trail."""

from collections.abc import Mapping

from personalize.consent.receipts import receipt_number, show_receipt
from personalize.explain.language import Language, capital, marked
from personalize.model.attributes import Titles
from personalize.settings import Settings
from personalize.web.privacy.words import IDENTIFIERS, identifier_told
from personalize.web.shell.things import THINGS, thing_told

FRUITLESS: Mapping[str, str] = {
    "unknown": marked("nothing under it"),
    "mistyped": marked("mistyped"),
    "foreign": marked("none of ours"),
    "expired": marked("no longer kept"),
    "damaged": marked("cannot be read"),
    "unreadable": marked("cannot be read"),
}
"""What came of a code or receipt that led to nothing: it stands in its place."""
OUTCOMES: Mapping[str, str] = {
    "corrected": marked("The source was corrected"),
    "kept": marked("The value was right"),
}
ENOUGH = 8
"""Digits of a digest that tell two identifiers apart, as far as people compare them."""


def query_told(query: str, lang: Language, settings: Settings) -> str:
    """Return what was looked up in words: a code, receipt or decision without its kind, which stands before it."""
    kind, _, what = query.partition(":")
    if kind == "entry":
        return what
    if kind in ("code", "receipt"):
        number = receipt_number(what) if kind == "receipt" else None
        return lang.say(FRUITLESS[what]) if what in FRUITLESS else show_receipt(number) if number else what
    if kind in IDENTIFIERS:
        return identifier_told(f"{kind}:{what[:ENOUGH]}", lang).strip()
    if kind == "request":
        return _request(what, lang)
    titles = _titles(kind, settings)
    if what in titles:
        return capital(lang.title(titles[what], what))
    return f"{thing_told(kind, lang)}: {what}" if kind in THINGS else query


def _request(what: str, lang: Language) -> str:
    number, _, outcome = what.partition(" ")
    told = lang.say("Request {number}", number=number)
    return f"{told}: {lang.say(OUTCOMES[outcome])}" if outcome in OUTCOMES else told


def _titles(kind: str, settings: Settings) -> Mapping[str, Titles]:
    if kind == "purpose":
        return {name: purpose.titles for name, purpose in settings.purposes.items()}
    if kind in ("attribute", "value"):
        return {each.name: each.titles for each in settings.attributes}
    return {}
