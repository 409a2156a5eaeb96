"""What `personalize check` advises about variants and conditions: what nobody will see as it was meant."""

import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from functools import cache, partial

from personalize.content.files import Content, FilePlace
from personalize.decisions.compiled import CompiledSlot
from personalize.decisions.compiler import Places
from personalize.decisions.conditions.clauses import texts_asked
from personalize.decisions.conditions.impossible import excluding, is_impossible
from personalize.decisions.conditions.literals import read_text
from personalize.decisions.conditions.scope import Source
from personalize.decisions.engine import in_turn
from personalize.errors import ConfigError
from personalize.explain.recorded import conditions_of
from personalize.model.attributes import AttributeType
from personalize.model.content import Recipe, Variant
from personalize.settings import Settings
from personalize.settings.characters import named
from personalize.settings.toml_file import nearest_name

MARKUP = re.compile(r"</?[A-Za-z][^<>]*>|&(?:[A-Za-z]+|#[0-9]+);")
UNSEEN = re.compile(r"[\xa0\xad\u2000-\u200f\u2028-\u202f\u205f-\u206f\ufeff]")
"""What comes along unseen when a text is copied from a page or a word processor."""
OTHERS_PLACEHOLDER = re.compile(r"\{\{ *([a-z]\w*) *\}\}|\[([a-z]\w*)\]|%([a-z]\w*)%|«([a-z]\w*)»")
"""How templates, mailing programs and word processors write the place of a value."""
ANYWHERE = re.compile(r"[/?#]|[A-Za-z][A-Za-z0-9+.-]*:|www\.", re.IGNORECASE)
"""How an address begins that means the same on every page, or this very page."""


def content_advice(settings: Settings, content: Content, now: int) -> Iterator[ConfigError]:
    """Yield, as advice, variants that are over at `now` (µs), and texts and addresses read otherwise than meant."""
    for variant in content.variants:
        written = content.places[f"{variant.slot}/{variant.name}"]
        if variant.ends is not None and variant.ends <= now:
            cause = f"the variant `{variant.name}` is over, so nobody sees it"
            yield _about(written.at("ends"), cause, "Correct `ends`, or take the variant out")
        for keys, markup in _marked_up(settings, variant):
            remedy = "Write the text alone: markup belongs in the slot's template"
            yield _about(written.at("fields", *keys), f"visitors will read `{markup}` as it stands", remedy)
        for keys, written_so, name in _no_placeholders(settings, variant):
            cause = f"visitors will read `{written_so}` without its value"
            yield _about(written.at("fields", *keys), cause, f"Write {{{name}}} for it")
        for keys, address in _beside_the_page(settings, variant):
            cause = f"`{address}` is looked for beside the page, so on a page such as /news/today it is another one"
            yield _about(written.at("fields", *keys), cause, f"Begin with a slash: /{address.removeprefix('./')}")


def unlisted_values(settings: Settings, recipe: Recipe, places: Places) -> Iterator[ConfigError]:
    """Yield, as advice, the texts that conditions ask for where a value cannot be that, or is nearly called so.

    Of an attribute that is a choice they are an error already.
    """
    declared = cache(partial(_declared, settings))
    for slot, kind, name, when in _conditions(recipe):
        values, closed = declared(slot)
        for fact, text in texts_asked(conditions_of(recipe, slot).clause(when)):
            known = sorted(values.get(fact, ()))
            if text not in known and (unseen := UNSEEN.search(text)):
                cause = f"`{fact}` is compared with a text in which stands {named(unseen[0])}"
                source = Source(when, places(kind, name))
                yield source.error(max(when.find(unseen[0]), 0), cause, "Write the text anew, by hand")
            elif text not in known and (get_close_matches(text, known) or fact in closed):
                cause = f"`{fact}` is compared with {text!r}, which is none of its declared values"
                source = Source(when, places(kind, name))
                yield source.error(max(when.find(text), 0), cause, nearest_name(text, known))


def unmet_conditions(recipe: Recipe, places: Places) -> Iterator[ConfigError]:
    """Yield, as advice, the conditions that contradict themselves."""
    for slot, kind, name, when in _conditions(recipe):
        conditions = conditions_of(recipe, slot)
        if is_impossible(clause := conditions.clause(when), conditions.scope):
            parts = [f"`{part}`" for part in excluding(clause, conditions.scope)]
            remedy = f"Look at {' and '.join(parts)}" if parts else "Look which parts exclude each other"
            yield Source(when, places(kind, name)).error(0, "nobody can meet this condition", remedy)


def shared_titles(content: Content) -> Iterator[ConfigError]:
    """Yield, as advice, the variants of one slot that bear the same title: nobody can tell them apart by it."""
    first: dict[tuple[str, str, str], str] = {}
    for variant in content.variants:
        written = content.places[f"{variant.slot}/{variant.name}"]
        for lang, title in variant.titles.items():
            other = first.setdefault((variant.slot, lang, title.strip()), variant.name)
            if other != variant.name:
                cause = (
                    f"the variants `{other}` and `{variant.name}` have the same title, so nobody can tell them apart"
                )
                yield _about(written.at("titles", lang), cause, "Give this one a title of its own")
                break


def hidden_variants(content: Content, slots: Iterable[CompiledSlot]) -> Iterator[ConfigError]:
    """Yield, as advice, the variants whose turn never comes: one before them is always shown to everybody."""
    for slot in slots:
        turns = [slot.contenders[place] for place in in_turn(slot.contenders)]
        last = next((turn for turn, each in enumerate(turns) if each.is_for_everybody), len(turns))
        for each in turns[last + 1 :]:
            name, shown = each.variant.name, turns[last].variant.name
            cause = f"nobody sees the variant `{name}`: `{shown}` comes before it, and is for everybody"
            written = content.places[f"{slot.name}/{name}"]
            yield _about(written.at("order"), cause, f"Give `{name}` a lower `order`, or `{shown}` a `when`")


def _about(place: FilePlace, cause: str, remedy: str) -> ConfigError:
    return ConfigError(cause, remedy=remedy, file=place.file, line=place.line, column=place.column)


def _marked_up(settings: Settings, variant: Variant) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield the field and language of each text that holds markup, with the first piece of it."""
    for kind, keys, text in _filled(settings, variant):
        if kind == "text" and (found := MARKUP.search(text)):
            yield keys, found[0]


def _no_placeholders(settings: Settings, variant: Variant) -> Iterator[tuple[tuple[str, str], str, str]]:
    """Yield the field and language of what other programs take for a placeholder, and the name in it."""
    slot = settings.slots.get(variant.slot)
    known = {each.name for each in settings.attributes} | (slot.context.keys() if slot else set())
    for kind, keys, text in _filled(settings, variant):
        for found in OTHERS_PLACEHOLDER.finditer(text if kind == "text" else ""):
            if (name := next(filter(None, found.groups()))) in known:
                yield keys, found[0], name


def _beside_the_page(settings: Settings, variant: Variant) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield the field and language of each address that counts from the page it stands on."""
    for kind, keys, text in _filled(settings, variant):
        if kind != "text" and text and not ANYWHERE.match(text):
            yield keys, text


def _filled(settings: Settings, variant: Variant) -> Iterator[tuple[str, tuple[str, str], str]]:
    """Yield the kind of each field, its name and language, and its text."""
    slot = settings.slots.get(variant.slot)
    for field in slot.fields if slot else ():
        for lang, text in variant.fields.get(field.name, {}).items():
            yield field.kind, (field.name, lang), text


def _conditions(recipe: Recipe) -> Iterator[tuple[str, str, str, str]]:
    """Yield every condition that is asked: in which slot, of what kind and name, and its text."""
    for segment in recipe.segments:
        yield "", "segment", segment.name, segment.when
    for variant in recipe.variants:
        if variant.when:
            yield variant.slot, "variant", f"{variant.slot}/{variant.name}", variant.when
        for rule in recipe.rules:
            if rule.when and rule.applies_to(variant.slot, variant.name):
                yield variant.slot, "rule", f"{rule.plugin}/{rule.name}", rule.when


def _declared(settings: Settings, slot: str) -> tuple[dict[str, set[str]], set[str]]:
    """Return the values that titles and columns name, by attribute and page fact, and whose lists these are closed."""
    values = {each.name: set(each.values) for each in settings.attributes if each.type is not AttributeType.choice}
    closed: set[str] = set()
    if slot in settings.slots:
        declared = settings.slots[slot]
        values |= {name: set(words.values) for name, words in declared.words.items()}
        closed |= {name for name, kind in declared.context.items() if kind is AttributeType.choice and values.get(name)}
    for source in settings.sources.values():
        for column in source.columns:
            if column.attribute in values and (column.values or column.members):
                values[column.attribute] |= {*map(str, column.values.values()), *column.members}
                closed.add(column.attribute)
    return {name: set(map(read_text, each)) for name, each in values.items()}, closed
