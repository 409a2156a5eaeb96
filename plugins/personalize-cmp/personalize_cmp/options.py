"""Read options, each with an error that names the option and says what to write instead."""

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import Any

from personalize.hooks import PluginConfig, PluginError


class Table:
    """One table of options, read by name; `place` is how the error calls it, as in the TOML file."""

    def __init__(self, place: str, options: Mapping[str, Any], known: Collection[str] = ()) -> None:
        self.place, self.options = place, options
        if known:
            self.only(known)

    def only(self, known: Collection[str]) -> None:
        """Complain about options that are not known."""
        for name in self.options:
            if name not in known:
                raise self.error(name, "there is no such option", _instead(name, known))

    def error(self, option: str, wrong: str, remedy: str) -> PluginError:
        """Return the error about one option, to be raised."""
        return PluginError(f"{self.place} {option}: {wrong}. {remedy}.")

    def table(self, option: str) -> "Table":
        """Return a table within this one."""
        value = self.options[option]
        if not isinstance(value, dict):
            raise self.error(option, f"{value!r} is not a table", f"Begin one with {self.place[:-1]}.{option}]")
        return Table(f"{self.place[:-1]}.{option}]", value)

    def text(self, option: str, default: str) -> str:
        """Return a text that is not empty."""
        value = self.options.get(option, default)
        if not isinstance(value, str) or (not value and default):
            raise self.error(option, f"{value!r} is not a text", f'Write {option} = "{default or "1"}"')
        return value

    def cookie(self, default: str) -> bytes:
        """Return the name of the banner's cookie."""
        name = self.text("cookie", default)
        if not name.isascii() or not name.isprintable() or set(name) & set(' ;,="'):
            raise self.error("cookie", f"{name!r} is no name of a cookie", f'Write cookie = "{default}"')
        return name.encode()

    def number(self, option: str, least: int, default: int | None) -> int | None:
        """Return a whole number; `default` where it is not given."""
        value = self.options.get(option, default)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < least):
            raise self.error(option, f"{value!r} is not a whole number from {least}", f"Write {option} = {least}")
        return value

    def purposes(self, config: PluginConfig, kind: type, example: str) -> dict[str, tuple[Any, ...]]:
        """Return what of the banner each purpose needs; all of it has to be agreed to."""
        value = self.options.get("purposes")
        if not isinstance(value, dict) or not value:
            wrong = "is missing" if value is None else f"{value!r} maps no purpose"
            raise self.error("purposes", wrong, f"Write purposes = {{ offers = {example} }}")
        for name, needs in value.items():
            option = f"purposes.{name}"
            if name not in config.purposes:
                raise self.error(option, f"there is no purpose {name!r}", _instead(name, config.purposes))
            if not isinstance(needs, list) or not needs or not all(type(each) is kind and each for each in needs):
                what = "texts" if kind is str else "numbers"
                raise self.error(option, f"{needs!r} is not a list of {what}", f"Write {option} = {example}")
        return {name: tuple(needs) for name, needs in value.items()}


def _instead(name: str, known: Collection[str]) -> str:
    near = get_close_matches(name, known, n=1)
    if near:
        return f"Write {near[0]}"
    return f"Write one of: {', '.join(sorted(known))}" if known else "Define it first"
