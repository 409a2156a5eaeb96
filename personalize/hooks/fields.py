"""Check the fields of what hooks yield: a record says nothing of its types, and a wrong one fails open."""

import inspect
from collections.abc import Callable, Iterable, Mapping

from personalize.errors import PluginError
from personalize.hooks.records import Chooser, ConsentSource, PluginConfig, Suppressor
from personalize.settings.toml_file import nearest_name

CLOCK = ("now", "today")
ON_UNKNOWN = ("show", "suppress")
NAMES = ("reads", "slots", "variants")
OF_RULES = ("view", "candidate", "context")
"""What a rule's function is called with."""
MOST = 60
"""How much of a wrong value a message quotes."""


def check_rule(record: Suppressor | Chooser, config: PluginConfig) -> None:
    """Refuse a rule with a field that cannot be used, or that names what is not there. Raises PluginError."""
    fields = _Fields("rule", record, config.name)
    fields.text("name")
    fields.text("when", empty=True)
    fields.whole("order")
    for field in NAMES:
        fields.names(field)
    fields.titles("titles")
    if isinstance(record, Suppressor):
        fields.titles("whether")
        fields.one_of("on_unknown", ON_UNKNOWN)
    fields.function("suppress" if isinstance(record, Suppressor) else "choose", *OF_RULES, optional=True)
    fields.known("slots", config.slots, "no slot of the site")
    fields.known("reads", _readable(record, config), "neither an attribute nor a page fact of its slots")


def check_source(source: ConsentSource, config: PluginConfig) -> None:
    """Refuse a consent source with a field that cannot be used, or for no purpose of the site. Raises PluginError."""
    fields = _Fields("consent source", source, config.name)
    fields.text("name")
    fields.text("version", empty=True)
    fields.names("purposes")
    fields.function("read", "headers", "purposes")
    for name in source.purposes:
        if name not in config.purposes:
            raise fields.error(f" speaks for '{name}': no such purpose", nearest_name(name, config.purposes))


def _readable(record: Suppressor | Chooser, config: PluginConfig) -> list[str]:
    """Return what a rule's function may ask for: of page facts those of the slots that the rule concerns."""
    facts = [fact for name in record.slots or config.slots for fact in config.slots[name].context]
    return list(dict.fromkeys([*config.attributes, *facts, *CLOCK]))


class _Fields:
    """The fields of one record; each check raises the error that names plugin, record and field."""

    def __init__(self, kind: str, record: object, plugin: str) -> None:
        self.record, self.plugin = record, plugin
        name = self.get("name")
        self.who = f"The {kind} '{name}' of '{plugin}'" if name and isinstance(name, str) else f"A {kind} of '{plugin}'"

    def get(self, field: str) -> object:
        """Return a field, of whatever type."""
        value: object = getattr(self.record, field)
        return value

    def error(self, wrong: str, remedy: str) -> PluginError:
        """Return the error about this record, to be raised."""
        return PluginError(f"{self.who}{wrong}. {remedy if remedy.endswith('?') else f'{remedy}.'}")

    def wrong(self, field: str, what: str, remedy: str) -> PluginError:
        """Return the error about what a field holds, to be raised."""
        text = repr(self.get(field))
        return self.error(f": {field}={text if len(text) <= MOST else f'{text[:MOST]}…'} is {what}", remedy)

    def text(self, field: str, *, empty: bool = False) -> None:
        """Refuse what is no text."""
        value = self.get(field)
        if not isinstance(value, str) or (not empty and not value.strip()):
            raise self.wrong(field, "no text" if value else "empty", f'Write {field}="…"')

    def whole(self, field: str) -> None:
        """Refuse what is no whole number."""
        value = self.get(field)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.wrong(field, "no whole number", f"For example {field}=100")

    def names(self, field: str) -> None:
        """Refuse what is no tuple of names: a lone text above all, which would be taken letter by letter."""
        value = self.get(field)
        if isinstance(value, str):
            raise self.wrong(field, "a text", f"Write a tuple: {field}={(value,) if value else ()!r}")
        if not isinstance(value, tuple | list) or not all(isinstance(name, str) and name for name in value):
            raise self.wrong(field, "no tuple of names", f"Write a tuple: {field}=('…',)")

    def titles(self, field: str) -> None:
        """Refuse what is no sentence per language."""
        value = self.get(field)
        if not isinstance(value, Mapping) or not all(_is_title(*item) for item in value.items()):
            raise self.wrong(field, "no sentence per language", f'Write {field}={{"en": "…"}}')

    def one_of(self, field: str, words: tuple[str, ...]) -> None:
        """Refuse any other word."""
        if self.get(field) not in words:
            choices = " or ".join(f'{field}="{word}"' for word in words)
            raise self.wrong(field, "not known", f"Write {choices}")

    def function(self, field: str, *given: str, optional: bool = False) -> None:
        """Refuse what is no plain function of what it will be given."""
        value = self.get(field)
        if optional and value is None:
            return
        if not callable(value):
            raise self.wrong(field, "no function", "Give the function itself")
        for each in (value, type(value).__call__):
            if inspect.iscoroutinefunction(each):
                raise self.error(f": {field} is an async function", "Write a plain one: it is called and not awaited")
            if inspect.isgeneratorfunction(each) or inspect.isasyncgenfunction(each):
                raise self.error(f": {field} is a generator", "Write `return` instead of `yield`")
        if trouble := _call_trouble(value, given):
            raise self.error(f": {field} is called with ({', '.join(given)}): {trouble}", "Let it take these")

    def known(self, field: str, known: Iterable[str], what: str) -> None:
        """Refuse the first name that is not there."""
        known = list(known)
        names = self.get(field)
        for name in names if isinstance(names, tuple | list) else ():
            if name not in known:
                raise self.error(f": {field} names '{name}', {what}", nearest_name(name, known))


def _call_trouble(function: Callable[..., object], given: tuple[str, ...]) -> str:
    """Return why a function cannot be called with so many arguments, or nothing."""
    try:
        signature = inspect.signature(function)
    except ValueError:  # of some that are written in C
        return ""
    try:
        signature.bind(*given)
    except TypeError as error:
        return str(error)
    return ""


def _is_title(language: object, text: object) -> bool:
    return isinstance(language, str) and isinstance(text, str) and bool(language and text.strip())
