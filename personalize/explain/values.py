"""A stored value as people read it."""

from zoneinfo import ZoneInfo

from personalize.explain.dates import local, moment_words
from personalize.explain.language import Language
from personalize.model.attributes import Attribute, AttributeType
from personalize.model.spoken import spoken, write_list, write_value
from personalize.profile.values import READERS, SETS


def value_words(plain: object, attribute: Attribute | None, lang: Language, zone: ZoneInfo) -> str:
    """Return a plain value in words: “yes”, “3 February 2027”, “internet and television”.

    A value of no type, or not of its type, stands as it was delivered; its members are listed.
    """
    if attribute is None:
        return _as_delivered(plain, lang)
    kind = attribute.type
    if kind is AttributeType.instant and isinstance(plain, int):
        return moment_words(local(plain, zone), lang)
    value = READERS[kind](plain)
    if value is None:
        return _as_delivered(plain, lang)
    return write_value(value, lang.name, zone, attribute.values) or lang.say("none")


def _as_delivered(plain: object, lang: Language) -> str:
    if isinstance(plain, SETS):
        return write_list([str(each) for each in plain], spoken(lang.name).every) or lang.say("none")
    return str(plain)
