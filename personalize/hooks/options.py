"""Read a plugin's options, each with an error that names the option and says what to write instead."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from copy import copy
from typing import Any

from personalize.errors import PluginError
from personalize.hooks.records import PluginConfig
from personalize.settings.toml_file import listed, nearest_name


class Options:
    """One table of a plugin's options: `[plugins.NAME]`, or a table within it.

    With `known`, any other option raises PluginError; without it `personalize check` advises on those of the plugin's
    own table that are never asked for. Each reader raises PluginError for a value that is not what it returns;
    `example` is what its message says to write.
    """

    def __init__(self, config: PluginConfig, known: Collection[str] = ()) -> None:
        self.config = config
        self._open(config.options, f"plugins.{config.name}", f"[plugins.{config.name}]", known)

    def error(self, option: str, wrong: str, remedy: str) -> PluginError:
        """Return the error about one option, to be raised; neither part ends in a full stop."""
        return PluginError(f"{self._place} {option}: {wrong}. {remedy if remedy.endswith('?') else f'{remedy}.'}")

    def unknown(self, option: str, name: str, known: Iterable[str], what: str) -> PluginError:
        """Return the error about a name in an option that is no `what` ("slot") of the site, with the nearest one."""
        return self.error(option, f"there is no {what} {name!r}", nearest_name(name, known))

    def raw(self, option: str) -> Any:
        """Return a value as it stands, or None."""
        return self._table.get(option)

    def text(self, option: str, default: str | None = None, *, example: str = "") -> str:
        """Return a text that is not empty, without the blanks around it; without a default it must be there."""
        value, remedy = self._table.get(option, default), f"Write {option} = {_toml(example or default or '…')}"
        if value is None:
            raise self.error(option, "is missing", remedy)
        if not isinstance(value, str) or (option in self._table and not value.strip()):
            raise self.error(option, f"{value!r} is not a text", remedy)
        return value.strip()

    def whole(self, option: str, default: int, *, least: int | None = None) -> int:
        """Return a whole number; what is written may not be below `least`."""
        value = self._table.get(option, default)
        bound, good = ("", default) if least is None else (f" from {least}", max(default, least))
        low = least is not None and option in self._table and isinstance(value, int) and value < least
        if isinstance(value, bool) or not isinstance(value, int) or low:
            raise self.error(option, f"{value!r} is not a whole number{bound}", f"Write {option} = {good}")
        return value

    def one_of(self, option: str, words: Sequence[str]) -> str:
        """Return one of these words, the first unless told."""
        value = self._table.get(option, words[0])
        if value not in words:
            choices = " or ".join(f"{option} = {_toml(word)}" for word in words)
            raise self.error(option, f"{value!r} is not known", f"Write {choices}")
        return str(value)

    def names(self, option: str, *, example: Sequence[str]) -> tuple[str, ...]:
        """Return a list of texts, empty where it is not there."""
        value = self._table.get(option, [])
        if not isinstance(value, list) or not _are_texts(value):
            raise self.error(option, f"{value!r} is not a list of texts", f"Write {option} = {_toml(example)}")
        return tuple(value)

    def texts(self, option: str, *, example: Mapping[str, str]) -> dict[str, str]:
        """Return a table of texts, such as a sentence per language; empty where it is not there."""
        value = self._table.get(option, {})
        if not isinstance(value, dict) or not _are_texts(value.values()):
            raise self.error(option, f"{value!r} is not a table of texts", f"Write {option} = {_toml(example)}")
        return dict(value)

    def attribute(self, option: str, *types: str, default: str | None = None, example: str = "") -> str:
        """Return the name of an attribute of one of these types; without a default it must be there."""
        name = self.text(option, default, example=example)
        fit = [each.name for each in self.config.attributes.values() if each.type in types]
        if not name or name in fit:
            return name
        if name not in self.config.attributes:
            raise self.unknown(option, name, fit, "attribute")
        wrong, wanted = f"{name!r} is of type {self.config.attributes[name].type}", " or ".join(types)
        raise self.error(option, wrong, f"Name one of type {wanted}{': ' if fit else ''}{listed(fit)}")

    def slots(self) -> tuple[str, ...]:
        """Return the slots that `slot`, a text, and `slots`, a list, name; empty where neither is there."""
        known = self.config.slots
        example = next(iter(known), "…")
        named = [("slots", each) for each in self.names("slots", example=[example])]
        if "slot" in self._table:
            named.insert(0, ("slot", self.text("slot", example=example)))
        for option, name in named:
            if name not in known:
                raise self.unknown(option, name, known, "slot")
        return tuple(name for _, name in named)

    def table(self, option: str, known: Collection[str] = ()) -> "Options":
        """Return the table under an option, empty where it is not there."""
        value, path = self._table.get(option, {}), f"{self._path}.{option}"
        if not isinstance(value, dict):
            raise self.error(option, f"{value!r} is not a table", f"Begin one with [{path}]")
        return copy(self)._open(value, path, f"[{path}]", known)

    def tables(self, option: str, known: Collection[str] = ()) -> "list[Options]":
        """Return the tables of a list, `[[plugins.NAME.option]]`, empty where it is not there."""
        value, path = self._table.get(option, []), f"{self._path}.{option}"
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            raise self.error(option, "is not a list of tables", f"Begin each with [[{path}]]")
        return [
            copy(self)._open(each, path, f"[[{path}]] number {number}", known)
            for number, each in enumerate(value, start=1)
        ]

    def _open(self, table: Mapping[str, Any], path: str, place: str, known: Collection[str]) -> "Options":
        self._table, self._path, self._place = table, path, place
        for option in table if known else ():
            if option not in known:
                raise self.error(option, "there is no such option", nearest_name(option, known))
        return self


def _are_texts(values: Iterable[object]) -> bool:
    return all(isinstance(each, str) and each.strip() for each in values)


def _toml(value: str | Sequence[str] | Mapping[str, str]) -> str:
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{name} = {_toml(each)}' for name, each in value.items())} }}"
    return json.dumps(value, ensure_ascii=False)
