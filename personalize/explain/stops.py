"""What was not to be used when an entry was made, because the person had asked for it: it then was as if missing."""

from collections.abc import Callable, Iterable, Mapping
from enum import Enum, auto

from personalize.model.attributes import Cause
from personalize.model.content import Recipe
from personalize.model.cookbook import CookbookEntry
from personalize.model.people import Assurance
from personalize.ports import DeviceLink
from personalize.settings.sources import DEVICE


class Stop(Enum):
    """Why a value was as if missing."""

    use = auto()
    """They asked us not to use it."""
    dispute = auto()
    """They said that one value is wrong: another one may have come and gone since."""
    in_browser = auto()
    """They asked so in a browser that was linked to them: what is seen there is not used. No entry tells in which."""


def stops_at(
    entry: CookbookEntry,
    recipe: Recipe,
    restricted_at: Callable[[int, int], Mapping[str, bool]],
    links_of: Callable[[int], Iterable[DeviceLink]],
) -> Mapping[str, Stop]:
    """Return what was stopped by the person, and of what is observed in browsers also by those linked to them.

    `restricted_at` tells of a subject and a time (µs) what was restricted then, and whether that was one value.
    """
    missing = {each.attribute for each in entry.absences if each.cause is Cause.missing}
    observed = {each.name for each in recipe.attributes if each.source == DEVICE and each.name in missing}
    links = links_of(entry.subject) if observed and entry.assurance == Assurance.login else ()
    linked = [each.device for each in links if _lasted(each, entry.at)]
    in_browser = {
        name: Stop.dispute if disputed else Stop.in_browser
        for device in linked
        for name, disputed in restricted_at(device, entry.at).items()
        if name in observed
    }
    own = restricted_at(entry.subject, entry.at)
    return in_browser | {name: Stop.dispute if disputed else Stop.use for name, disputed in own.items()}


def _lasted(link: DeviceLink, at: int) -> bool:
    return link.linked_at <= at and (link.cut_at is None or at < link.cut_at)
