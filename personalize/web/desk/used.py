"""A decision that a recall found, in the reader's words."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from msgspec import Struct

from personalize.cookbook.codes import code_of, show_code
from personalize.explain.dates import local
from personalize.explain.language import Language, marked
from personalize.house import House
from personalize.model.attributes import Cause
from personalize.model.content import Recipe
from personalize.rights.recall import Thing, Used
from personalize.web.desk.counts import titles_of
from personalize.web.desk.recallable import attribute_title
from personalize.web.desk.renamed import recipe_knowing
from personalize.web.desk.told import place_title

HOW: Mapping[str, str] = {
    "decided": marked("it decided"),
    "asked": marked("it was asked, and did not decide"),
    "value": marked("its value was read"),
    Cause.objected.name: marked("not read: objected to"),
    Cause.no_consent.name: marked("not read: no consent"),
    Cause.assurance.name: marked("not read: not logged in"),
    Cause.missing.name: marked("nothing was known"),
    Cause.wrong_type.name: marked("its value could not be read"),
    Cause.stale.name: marked("its value was too old"),
}


class Row(Struct, frozen=True, kw_only=True):
    """One decision in the page's list; `variant` is empty for the ordinary content."""

    entry: str
    code: str
    at: str
    slot: str
    variant: str
    how: str
    person: int
    served: bool


def row_of(house: House, used: Used, thing: Thing, lang: Language, zone: ZoneInfo) -> Row:
    """Return a decision as the list shows it, in the titles of then."""
    recipe = house.recipe(used.recipe)
    return Row(
        entry=used.entry_id.hex(),
        code=show_code(code_of(used.number)),
        at=f"{local(used.at, zone):%Y-%m-%d %H:%M:%S}",
        slot=place_title(recipe, used.slot, lang),
        variant=_variant_title(recipe, used.slot, used.variant, lang),
        how=_how(recipe, used.how, thing, lang),
        person=used.subject,
        served=used.served,
    )


def titles_shown(house: House, slot: str, variant: str | None, lang: Language) -> tuple[str, str]:
    """Return what a slot and its variant are called, or were while they were there."""
    recipe = recipe_knowing(house, slot, variant)
    return place_title(recipe, slot, lang), _variant_title(recipe, slot, variant, lang)


def _how(recipe: Recipe | None, how: str, thing: Thing, lang: Language) -> str:
    if thing in (Thing.batch, Thing.notice):
        return lang.listing([attribute_title(recipe, name, lang) for name in how.split(", ")])
    return lang.say(HOW[how]) if how in HOW else how


def _variant_title(recipe: Recipe | None, slot: str, variant: str | None, lang: Language) -> str:
    """Return what a variant is called; nothing for the ordinary content."""
    if variant is None:
        return ""
    return (titles_of(recipe, slot, variant, lang)[0] if recipe else "") or variant
