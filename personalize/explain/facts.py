"""What an explanation is made from besides the entry: recipe, consents, imports, and the clock."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from msgspec import Struct

from personalize.explain.standing import Unallowed
from personalize.explain.stops import Stop
from personalize.model.attributes import Titles
from personalize.model.consent import ConsentEvent, Notice
from personalize.model.content import Recipe
from personalize.ports import Batch


class Facts(Struct, frozen=True, kw_only=True):
    """Everything an entry refers to, looked up beforehand. What lacks is left out of the sentences.

    `consents` are by event id, `batches` by number, `sources` are the titles of sources by name, `notices`
    the consent texts by name, with their earlier versions: what was agreed to is found by its hash.
    `now` (µs) is the moment of reading: a year is said only where it is not this one. `timezone` is the site's today:
    by its clock it is told when something happened, as everywhere else. Where it is empty that is the recipe's.
    `device` says that the subject is a browser, and nobody in particular.
    `person_told` says that the reader knows already how sure we were of who it was, as of all places of that page.
    `unallowed` says what became of the consent to a purpose without one in force, where that is certain.
    The person asked not to use what is `stopped`, before the entry was made: it then was as if missing.
    `masked` are attributes whose values the reader may not see: the sentences name them,
    and tell neither what they were nor what a condition asked of them.
    """

    recipe: Recipe
    now: int
    timezone: str = ""
    consents: Mapping[bytes, ConsentEvent] = {}
    batches: Mapping[int, Batch] = {}
    sources: Mapping[str, Titles] = {}
    notices: Mapping[str, Notice] = {}
    masked: frozenset[str] = frozenset()
    device: bool = False
    person_told: bool = False
    stopped: Mapping[str, Stop] = {}
    unallowed: Mapping[str, Unallowed] = {}

    @property
    def wall(self) -> ZoneInfo:
        """Return the zone in which it is told when something happened."""
        return ZoneInfo(self.timezone or self.recipe.timezone)
