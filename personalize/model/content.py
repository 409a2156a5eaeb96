"""What can be shown: slots, variants, segments, the rules plugins bring, and the recipe that freezes them."""

from collections.abc import Mapping
from enum import StrEnum

import msgspec
from msgspec import Struct

from personalize.model.attributes import Attribute, AttributeType, Titles, ValueTitles
from personalize.model.consent import Purpose
from personalize.model.people import Assurance

ENGINE = 1
"""Rises when the same recipe and inputs could decide differently."""
SEGMENTS = "segments"
"""The reserved slot under which reading `visit.segments` is recorded; its candidates are the segments."""
VISIT_CODE = "visit_code"
"""The reserved name under which a marker stands for the visit code."""
RESERVED = {SEGMENTS: "the visitor's segments", VISIT_CODE: "the marker of the visit code"}
"""Names that no slot may have, and what for."""


class Field(Struct, frozen=True, kw_only=True):
    """One field that variants of a slot fill. Kinds: text, url, image (a url)."""

    name: str
    kind: str = "text"
    required: bool = True


class FactWords(Struct, frozen=True, kw_only=True):
    """What people call a page fact, and its values, by language."""

    titles: Titles = {}
    values: ValueTitles = {}


class Slot(Struct, frozen=True, kw_only=True):
    """A place on a page. `context` declares the page facts that conditions here may read, `words` what they are called.

    Below its `assurance` no value is read here at all.
    """

    name: str
    fields: tuple[Field, ...] = ()
    context: dict[str, AttributeType] = {}
    words: dict[str, FactWords] = {}
    template: str = ""
    titles: Titles = {}
    enabled: bool = True
    assurance: Assurance = Assurance.none


def fact_words(name: str, kind: AttributeType, words: Mapping[str, FactWords]) -> Attribute:
    """Return a page fact as an attribute that no source delivers."""
    called = words.get(name, FactWords())
    return Attribute(name=name, type=kind, source="", purpose="", titles=called.titles, values=called.values)


class Variant(Struct, frozen=True, kw_only=True):
    """One candidate for a slot. `fields` maps field to language to text; times are µs, end exclusive.

    `when` is a condition in the text notation, empty for everyone. Lower `order` comes first;
    equal orders go by name.
    """

    slot: str
    name: str
    fields: dict[str, Titles] = {}
    when: str = ""
    order: int = 100
    starts: int | None = None
    ends: int | None = None
    titles: Titles = {}
    tags: dict[str, str] = {}


class Segment(Struct, frozen=True, kw_only=True):
    """A named condition. Below its `assurance` what it reads is not read where it is asked for."""

    name: str
    when: str
    titles: Titles = {}
    assurance: Assurance = Assurance.none


class RuleKind(StrEnum):
    """What a plugin's rule does with a candidate."""

    suppressor = "suppressor"
    chooser = "chooser"


class Rule(Struct, frozen=True, kw_only=True):
    """A plugin's record as the recipe freezes it, without its callable.

    `when` holds the condition of a rule that brings one. Where `callable` is true the plugin's
    own function decides, and only that plugin in that version can decide it again. A chooser
    with neither takes every candidate it has the say over. `whether` is the title as it follows
    “we did not know”.
    """

    kind: RuleKind
    plugin: str
    version: str
    name: str
    order: int = 100
    slots: tuple[str, ...] = ()
    variants: tuple[str, ...] = ()
    when: str = ""
    reads: tuple[str, ...] = ()
    on_unknown: str = "show"
    titles: Titles = {}
    whether: Titles = {}
    callable: bool = False

    def applies_to(self, slot: str, variant: str) -> bool:
        """Say whether this rule concerns that variant; empty lists mean all."""
        return (not self.slots or slot in self.slots) and (not self.variants or variant in self.variants)


class Recipe(Struct, frozen=True, kw_only=True):
    """Everything a decision follows from, apart from what it reads: frozen under its content hash."""

    timezone: str
    languages: tuple[str, ...]
    attributes: tuple[Attribute, ...] = ()
    purposes: tuple[Purpose, ...] = ()
    segments: tuple[Segment, ...] = ()
    slots: tuple[Slot, ...] = ()
    variants: tuple[Variant, ...] = ()
    rules: tuple[Rule, ...] = ()
    engine: int = ENGINE


def encode_recipe(recipe: Recipe) -> bytes:
    """Return the one canonical JSON form of a recipe, which its hash is taken over."""
    return msgspec.json.encode(recipe, order="sorted")


def decode_recipe(body: bytes) -> Recipe:
    """Return the recipe of a canonical form; raises msgspec.ValidationError on anything else."""
    return msgspec.json.decode(body, type=Recipe)
