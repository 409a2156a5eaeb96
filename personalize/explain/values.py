"""A stored value as people read it."""

from zoneinfo import ZoneInfo

from personalize.explain.dates import local, moment_words
from personalize.explain.language import Language
from personalize.model.attributes import Attribute, AttributeType
from personalize.model.spoken import write_value
from personalize.profile.values import READERS


def value_words(plain: object, attribute: Attribute, lang: Language, zone: ZoneInfo) -> str:
    """Return a plain value in words: “yes”, “3 February 2027”, “internet and television”."""
    kind = attribute.type
    if kind is AttributeType.instant and isinstance(plain, int):
        return moment_words(local(plain, zone), lang)
    value = READERS[kind](plain)
    if value is None:
        return str(plain)
    return write_value(value, lang.name, zone, attribute.values) or lang.say("none")
