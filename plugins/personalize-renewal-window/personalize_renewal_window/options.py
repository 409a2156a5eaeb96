"""Read the plugin's options, each with an error that names the option and says what to write instead."""

import re
from collections.abc import Collection
from difflib import get_close_matches

from personalize.hooks import PluginConfig, PluginError

KNOWN = ("attribute", "within", "only", "slot", "slots", "variants", "order", "titles")
DAYS = re.compile(r"([1-9][0-9]{0,4})d")


class Options:
    """The `[plugins.renewal-window]` table."""

    def __init__(self, config: PluginConfig) -> None:
        self.config, self.table = config, config.options
        for name in self.table:
            if name not in KNOWN:
                raise self.error(name, "there is no such option", _instead(name, KNOWN))

    def error(self, option: str, wrong: str, remedy: str) -> PluginError:
        """Return the error about one option, to be raised."""
        return PluginError(f"[plugins.{self.config.name}] {option}: {wrong}. {remedy}.")

    def attribute(self) -> str:
        """Return the attribute that holds the contract's end, a date, or the months left, a number."""
        name = self._text("attribute", '"contract_end"')
        if name not in self.config.attributes:
            raise self.error("attribute", f"there is no attribute {name!r}", _instead(name, self.config.attributes))
        found = str(self.config.attributes[name].type)
        if found not in ("date", "number"):
            remedy = "Name a date (the contract's end) or a number (the months left)"
            raise self.error("attribute", f"{name!r} is of type {found}", remedy)
        return name

    def kind(self) -> str:
        """Return the attribute's type."""
        return str(self.config.attributes[self.attribute()].type)

    def within(self) -> tuple[int, str]:
        """Return how long the window is: a count, and "months" or "days"."""
        value = self.table.get("within")
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            return value, "months"
        if self.kind() == "number":
            raise self.error("within", _wrong(value), "Write the number of months, as in within = 3")
        if isinstance(value, str) and (days := DAYS.fullmatch(value.strip())):
            return int(days[1]), "days"
        raise self.error("within", _wrong(value), 'Write days, as in within = "60d", or months, as in within = 2')

    def only(self) -> str:
        """Return the condition that must hold as well, empty where there is none."""
        return self._text("only", '"active"') if "only" in self.table else ""

    def order(self) -> int:
        """Return the place among the choosers."""
        value = self.table.get("order", 100)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.error("order", f"{value!r} is not a whole number", "Write order = 100")
        return value

    def slots(self) -> tuple[str, ...]:
        """Return the slots of `slot` and `slots`, all of which must exist."""
        named = self._texts("slots", '["renewal"]')
        if "slot" in self.table:
            named = (self._text("slot", '"renewal"'), *named)
        for name in named:
            if name not in self.config.slots:
                raise self.error("slots", f"there is no slot {name!r}", _instead(name, self.config.slots))
        return named

    def variants(self) -> tuple[str, ...]:
        """Return the variants that are for the window, at least one."""
        variants = self._texts("variants", '["renewal-banner"]')
        if not variants:
            remedy = 'Name the variants meant for the window, as in variants = ["renewal-banner"]'
            raise self.error("variants", "is missing", remedy)
        return variants

    def titles(self) -> dict[str, str]:
        """Return the site's own sentence per language, empty where it gives none."""
        value = self.table.get("titles", {})
        if not isinstance(value, dict) or not all(isinstance(text, str) and text for text in value.values()):
            remedy = 'Write titles = { en = "your contract ends soon" }'
            raise self.error("titles", f"{value!r} is not a table of texts", remedy)
        return dict(value)

    def _text(self, option: str, example: str) -> str:
        value = self.table.get(option)
        if value is None:
            raise self.error(option, "is missing", f"Write {option} = {example}")
        if not isinstance(value, str) or not value.strip():
            raise self.error(option, f"{value!r} is not a text", f"Write {option} = {example}")
        return value.strip()

    def _texts(self, option: str, example: str) -> tuple[str, ...]:
        value = self.table.get(option, [])
        if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            raise self.error(option, f"{value!r} is not a list of texts", f"Write {option} = {example}")
        return tuple(value)


def _wrong(value: object) -> str:
    return "is missing" if value is None else f"{value!r} is not such a length"


def _instead(name: str, known: Collection[str]) -> str:
    near = get_close_matches(name, known, n=1)
    if near:
        return f"Write {near[0]}"
    return f"Write one of: {', '.join(sorted(known))}" if known else "Define it first"
