"""A decision as the desk shows it: the sentence to read aloud, and what unfolds below it."""

from collections.abc import Iterable

from msgspec import Struct

from personalize.explain.explainer import Explainer
from personalize.explain.explanation import Explanation, IngredientLine, spoken
from personalize.explain.language import LANGUAGES, Language, capital, language
from personalize.house import House
from personalize.model.content import SEGMENTS, Recipe
from personalize.model.cookbook import CookbookEntry
from personalize.model.staff import Role
from personalize.web.shell.access import LOOKERS, StaffVisit, is_masked

ANYBODY = (*LOOKERS, Role.editor, Role.admin)


class Value(Struct, frozen=True, kw_only=True):
    """One ingredient: `about` says where it came from and what allowed it.

    `text` is what was agreed to, in the language `text_lang`.
    """

    attribute: str
    title: str
    value: str
    about: str
    notice: str
    text: str
    text_lang: str
    masked: bool


class Told(Struct, frozen=True, kw_only=True):
    """One decision. What is said to the caller is in `aloud_lang`: `aloud`, `heard`, `values`, `what_ifs`
    and `no_values`, the sentence where there are none.

    `explanation` says the same as `heard` in the reader's language.
    """

    id: str
    at: int
    slot: str
    title: str
    variant: str | None
    aloud: str
    aloud_lang: str
    explanation: Explanation
    heard: Explanation
    values: tuple[Value, ...]
    what_ifs: tuple[str, ...]
    no_values: str
    erased: bool


def tell(
    house: House,
    explainer: Explainer,
    visit: StaffVisit,
    entry: CookbookEntry,
    *,
    aloud: str = "",
    unmasked: Iterable[str] = (),
) -> Told:
    """Return what the desk says of an entry. `aloud` is the language to read aloud in, the caller's unless told.

    Values above the role of who looks stay hidden, save those `unmasked`.
    """
    lang = visit.lang
    aloud = aloud or language_heard((entry,), lang)
    hidden = masked_for(house, visit, (entry,)) - set(unmasked)
    explanation = explainer.explain(entry, lang.name, masked=hidden)
    heard = explanation if aloud == lang.name else explainer.explain(entry, aloud, masked=hidden)
    return Told(
        id=entry.entry_id.hex(),
        at=entry.at,
        slot=entry.slot,
        title=slot_title(house, entry, lang),
        variant=entry.variant,
        aloud=spoken(heard),
        aloud_lang=aloud,
        explanation=explanation,
        heard=heard,
        values=tuple(_value(line, hidden) for line in heard.ingredients),
        what_ifs=_what_ifs(explainer, entry, aloud, hidden),
        no_values=language(aloud).say("No personal data was used for this."),
        erased=entry.erased,
    )


def language_heard(entries: Iterable[CookbookEntry], lang: Language) -> str:
    """Return the language of the page that the caller saw; the reader's where that is not known."""
    return next((entry.language for entry in entries if entry.language in LANGUAGES), lang.name)


def masked_for(house: House, visit: StaffVisit, entries: Iterable[CookbookEntry]) -> frozenset[str]:
    """Return the attributes whose values who looks may not read without a reason of their own.

    What the entries know and today's settings no longer do is hidden too: its mask went with it.
    """
    today = {each.name for each in house.settings.attributes}
    gone = _names_in(house, entries) - today if Role.data_officer not in visit.staff.roles else frozenset()
    return gone | {name for name in today if is_masked(visit, name)}


def _names_in(house: House, entries: Iterable[CookbookEntry]) -> frozenset[str]:
    """Return the attributes that entries used, or that their recipes knew."""
    entries = list(entries)
    recipes = filter(None, map(house.recipe, {entry.recipe for entry in entries}))
    used = {item.attribute for entry in entries for item in entry.ingredients}
    return frozenset(used | {attribute.name for recipe in recipes for attribute in recipe.attributes})


def slot_title(house: House, entry: CookbookEntry, lang: Language) -> str:
    """Return what a slot was called when the entry was made."""
    return place_title(house.recipe(entry.recipe), entry.slot, lang)


def place_title(recipe: Recipe | None, name: str, lang: Language) -> str:
    """Return what a recipe calls a slot; the slot's name where it has no title there."""
    if name == SEGMENTS:
        return lang.say("Groups of visitors")
    titles = next((slot.titles for slot in recipe.slots if slot.name == name), {}) if recipe else {}
    return capital(lang.title(titles, name))


def _value(line: IngredientLine, hidden: frozenset[str]) -> Value:
    about = line.sentence[len(line.title) + len(line.value) + len(": . ") :]
    return Value(
        attribute=line.attribute,
        title=line.title,
        value=line.value,
        about=about,
        notice=line.notice,
        text=line.text,
        text_lang=line.text_lang,
        masked=line.attribute in hidden,
    )


def _what_ifs(explainer: Explainer, entry: CookbookEntry, lang: str, hidden: frozenset[str]) -> tuple[str, ...]:
    if entry.erased or entry.slot == SEGMENTS:
        return ()
    return tuple(found.sentence for found in explainer.what_if(entry, lang, masked=hidden))
