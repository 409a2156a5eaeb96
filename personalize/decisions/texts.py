"""A variant's texts in one language, its placeholders filled."""

from collections.abc import Callable, Mapping
from zoneinfo import ZoneInfo

from personalize.model.attributes import Absence, Value
from personalize.model.content import Variant
from personalize.model.placeholders import fill, names_in
from personalize.model.spoken import write_value


def texts_of(variant: Variant, language: str, cell: Callable[[str], Value | Absence], zone: ZoneInfo) -> dict[str, str]:
    """Return field to text; `cell` gives a placeholder's value, which eligibility has made sure of."""
    texts = {name: in_language(by_language, language) for name, by_language in variant.fields.items()}
    values = {name: _shown(cell(name), language, zone) for text in texts.values() for name in names_in(text)}
    return {name: fill(text, values) for name, text in texts.items()}


def in_language(texts: Mapping[str, str], language: str) -> str:
    """Return the text in this language, else in the first there is."""
    found = texts.get(language)
    return found if found is not None else next(iter(texts.values()), "")


def _shown(cell: Value | Absence, language: str, zone: ZoneInfo) -> str:
    return "" if isinstance(cell, Absence) else write_value(cell, language, zone)
