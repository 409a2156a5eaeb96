"""What a condition may speak of, and where its text stands."""

from zoneinfo import ZoneInfo

from msgspec import Struct

from personalize.errors import ConfigError
from personalize.model.attributes import Attribute, AttributeType
from personalize.model.content import FactWords, Segment, fact_words
from personalize.settings.names import WORDS

CALLS = {
    "all_of": "all_of(products, {'internet', 'tv'})",
    "any_of": "any_of(products, {'internet', 'tv'})",
    "date": "date('2026-01-31')",
    "days": "days(90)",
    "hours": "hours(24)",
    "instant": "instant('2026-01-31T08:00')",
    "known": "known(contract_end)",
    "months": "months(3)",
    "segment": "segment('customers')",
}
"""The notation's functions, each with an example of its use, quoted as it can stand in a TOML text."""


class Scope(Struct, frozen=True, kw_only=True):
    """The dictionary, the page facts of a slot, the segments, and the site's time zone.

    Raises ConfigError for a name that stands for two things.
    """

    attributes: tuple[Attribute, ...]
    context: dict[str, AttributeType] = {}
    words: dict[str, FactWords] = {}
    segments: dict[str, Segment] = {}
    timezone: str

    def __post_init__(self) -> None:
        """Refuse names that would hide each other."""
        seen = set[str]()
        for name in self.names:
            if name in WORDS:
                raise ConfigError(f"`{name}` is a word of the notation", remedy="Choose another name")
            if name in seen:
                raise ConfigError(f"`{name}` is declared twice", remedy="Rename one of the two")
            seen.add(name)

    @property
    def names(self) -> tuple[str, ...]:
        """Return every name in the order of a view's cells."""
        return (*(attribute.name for attribute in self.attributes), *self.context)

    @property
    def zone(self) -> ZoneInfo:
        """Return the site's time zone."""
        return ZoneInfo(self.timezone)

    def index(self, name: str) -> int:
        """Return the place of a name among a view's cells; raises ValueError for an unknown one."""
        return self.names.index(name)

    def attribute(self, name: str) -> Attribute | None:
        """Return a name's definition in the dictionary; None for a page fact or an unknown name."""
        return next((attribute for attribute in self.attributes if attribute.name == name), None)

    def described(self, name: str) -> Attribute | None:
        """Return the definition of a name with what people call it; of a page fact one without a source."""
        if name not in self.context:
            return self.attribute(name)
        return fact_words(name, self.context[name], self.words)

    def type_of(self, name: str) -> AttributeType | None:
        """Return the type of a name's values, or None when it is unknown."""
        attribute = self.attribute(name)
        return attribute.type if attribute else self.context.get(name)


class Place(Struct, frozen=True):
    """Where a condition's text starts: file, line and column (from 1), and the field it fills."""

    file: str = ""
    line: int = 1
    column: int = 1
    field: str = "when"


class Source(Struct, frozen=True):
    """A condition's text together with its place."""

    text: str
    place: Place

    def error(self, offset: int, cause: str, remedy: str) -> ConfigError:
        """Return the error about the character at `offset`."""
        before = self.text[:offset].split("\n")
        column = len(before[-1]) + (self.place.column if len(before) == 1 else 1)
        place = self.place
        line = place.line + len(before) - 1
        return ConfigError(cause, remedy=remedy, file=place.file, line=line, column=column, field=place.field)
