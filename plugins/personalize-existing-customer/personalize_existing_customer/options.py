"""Read options, each with an error that names the option and says what to write instead."""

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import Any

from personalize.hooks import PluginConfig, PluginError

Options = Mapping[str, Any]


class Table:
    """One table of options, read by name; `place` is how the error calls it, as in the TOML file."""

    def __init__(self, place: str, options: Options, known: Collection[str]) -> None:
        self.place, self.options = place, options
        for name in options:
            if name not in known:
                raise self.error(name, "there is no such option", _instead(name, known))

    def error(self, option: str, wrong: str, remedy: str) -> PluginError:
        """Return the error about one option, to be raised."""
        return PluginError(f"{self.place} {option}: {wrong}. {remedy}.")

    def text(self, option: str, example: str, default: str | None = None) -> str:
        """Return a text that is not empty; `default` None makes the option obligatory."""
        value = self.options.get(option, default)
        if value is None:
            raise self.error(option, "is missing", f"Write {option} = {example}")
        if not isinstance(value, str) or (not value.strip() and value != default):
            raise self.error(option, f"{value!r} is not a text", f"Write {option} = {example}")
        return value.strip()

    def texts(self, option: str, example: str) -> tuple[str, ...]:
        """Return a list of texts, empty where the option is not given."""
        value = self.options.get(option, [])
        if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            raise self.error(option, f"{value!r} is not a list of texts", f"Write {option} = {example}")
        return tuple(value)

    def mapping(self, option: str, example: str) -> dict[str, str]:
        """Return a table of texts, empty where the option is not given."""
        value = self.options.get(option, {})
        if not isinstance(value, dict) or not all(isinstance(text, str) and text for text in value.values()):
            raise self.error(option, f"{value!r} is not a table of texts", f"Write {option} = {example}")
        return dict(value)

    def number(self, option: str, default: int) -> int:
        """Return a whole number."""
        value = self.options.get(option, default)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.error(option, f"{value!r} is not a whole number", f"Write {option} = {default}")
        return value

    def one_of(self, option: str, allowed: tuple[str, ...]) -> str:
        """Return one of the allowed words, the first unless told."""
        value = self.options.get(option, allowed[0])
        if value not in allowed:
            choices = " or ".join(f'{option} = "{word}"' for word in allowed)
            raise self.error(option, f"{value!r} is not known", f"Write {choices}")
        return str(value)

    def attribute(self, option: str, config: PluginConfig, kinds: tuple[str, ...], example: str) -> str:
        """Return the name of an attribute that the dictionary has, of one of these types."""
        name = self.text(option, example)
        if name not in config.attributes:
            raise self.error(option, f"there is no attribute {name!r}", _instead(name, config.attributes))
        if (found := str(config.attributes[name].type)) not in kinds:
            wanted = " or ".join(kinds)
            raise self.error(option, f"{name!r} is of type {found}", f"Name an attribute of type {wanted}")
        return name

    def slots(self, config: PluginConfig, example: str = '["offer"]') -> tuple[str, ...]:
        """Return the slots of `slot` and `slots`, all of which must exist."""
        named = self.texts("slots", example)
        if "slot" in self.options:
            named = (self.text("slot", '"offer"'), *named)
        for name in named:
            if name not in config.slots:
                raise self.error("slots", f"there is no slot {name!r}", _instead(name, config.slots))
        return named


def _instead(name: str, known: Collection[str]) -> str:
    near = get_close_matches(name, known, n=1)
    if near:
        return f"Write {near[0]}"
    return f"Write one of: {', '.join(sorted(known))}" if known else "Define it first"
