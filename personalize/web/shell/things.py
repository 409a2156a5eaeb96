"""What a recall starts from, as its form and the trail call it."""

from collections.abc import Mapping

from personalize.explain.language import Language, marked
from personalize.rights.recall import Thing

THINGS: Mapping[str, str] = {
    Thing.batch: marked("An import: its number"),
    Thing.attribute: marked("An attribute: its name"),
    Thing.rule: marked("A rule: plugin/name"),
    Thing.notice: marked("A consent text: name@version"),
    Thing.plugin: marked("A plugin: name@version"),
}
"""With what to type for it."""


def thing_told(thing: str, lang: Language) -> str:
    """Return what it is: “An import”."""
    return lang.say(THINGS[thing]).partition(":")[0]
