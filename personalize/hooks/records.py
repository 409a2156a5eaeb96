"""The frozen records that hooks yield once, at start-up, and what their callables are given."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Protocol

from msgspec import Struct

from personalize.model.attributes import Absence, Attribute, Titles, Value
from personalize.model.consent import Purpose
from personalize.model.content import Slot


class View(Protocol):
    """What a callable may read: the attributes its record declares, each as a value or a named absence."""

    def get(self, name: str) -> Value | Absence:
        """Return a declared attribute's value, or the absence with its cause. The read is noted."""
        ...


class Context(Protocol):
    """The page's facts and the clock, as far as the record declares them in `reads`."""

    @property
    def now(self) -> datetime:
        """Return the request's moment, in the site's time zone; declare `now`."""
        ...

    @property
    def today(self) -> date:
        """Return the site's date; declare `today`."""
        ...

    def get(self, name: str) -> Value | Absence:
        """Return a declared page fact, or its absence."""
        ...


class Candidate(Struct, frozen=True, kw_only=True):
    """The variant in question."""

    slot: str
    variant: str
    tags: Mapping[str, str] = {}


Callee = Callable[[View, Candidate, Context], bool]


class Suppressor(Struct, frozen=True, kw_only=True):
    """Keeps candidates away from people they are not for.

    Give either `when`, a condition in the text notation, or `suppress`, a plain function without
    side effects that returns True to keep the candidate away. `reads` names all that the function
    may read (attributes, page facts, `now`, `today`); any other read is the plugin's error.
    A condition that meets an absence does not suppress, unless `on_unknown` is "suppress".
    Empty `slots` and `variants` mean all. `titles` is the sentence that explains the rule, per language:
    "you already have this product". `whether` says the same after "we did not know", for when the rule
    could not look: "whether you already have this product".
    """

    name: str
    when: str = ""
    suppress: Callee | None = None
    reads: tuple[str, ...] = ()
    order: int = 100
    slots: tuple[str, ...] = ()
    variants: tuple[str, ...] = ()
    on_unknown: str = "show"
    titles: Titles = {}
    whether: Titles = {}


class Chooser(Struct, frozen=True, kw_only=True):
    """Has the say over the candidates it names: True shows one, False leaves it out.

    Fields as in `Suppressor`. Choosers are asked by `order`, lowest first; the first that says
    True has chosen. A candidate that no chooser names is left to priority order.
    """

    name: str
    when: str = ""
    choose: Callee | None = None
    reads: tuple[str, ...] = ()
    order: int = 100
    slots: tuple[str, ...] = ()
    variants: tuple[str, ...] = ()
    titles: Titles = {}


class Agreed(Struct, frozen=True, kw_only=True):
    """A yes with what proves it: `evidence` is the text that says it, as the browser sent it.

    `at` is when it was said, `until` when it ends, in µs since 1970 UTC; None where it is not told.
    """

    evidence: bytes
    at: int | None = None
    until: int | None = None


Headers = Sequence[tuple[bytes, bytes]]
Signals = Mapping[str, "bool | Agreed | None"]
"""What a source says of purposes, by name: False is a no, True or `Agreed` a yes, None nothing."""
Hear = Callable[[Headers, Mapping[str, Purpose]], Signals]


class ConsentSource(Struct, frozen=True, kw_only=True):
    """Hears what the browser itself says about purposes: the cookie of the site's banner, `Sec-GPC`.

    `read` is a plain function without side effects. It gets a request's raw headers (ASGI's: names in
    lower case) and the site's purposes, and is asked once for each request of a known person. A no takes
    the purpose out of this request's grants. A yes is a consent given in this browser; the ledger's own no
    is stronger. `purposes` are those it speaks for, empty means all: should it fail, they are
    taken as a no. `version` is that of the text the banner shows, the plugin's own unless told.
    """

    name: str
    read: Hear
    purposes: tuple[str, ...] = ()
    version: str = ""


class PluginConfig(Struct, frozen=True, kw_only=True):
    """What a plugin is told at start-up: its own `[plugins.NAME]` table, the dictionary, the slots, the purposes."""

    name: str
    options: Mapping[str, Any]
    attributes: Mapping[str, Attribute]
    slots: Mapping[str, Slot]
    purposes: Mapping[str, Purpose] = {}
