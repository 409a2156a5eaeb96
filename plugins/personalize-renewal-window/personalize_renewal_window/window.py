"""The window before a contract's end, as a condition and in words."""

import re

from personalize.hooks import Options

DAYS = re.compile(r"([1-9][0-9]{0,4})d")
PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
WORDS = {
    ("months", "one"): {"nl": "één maand", "nb": "én måned", "en": "one month"},
    ("months", "many"): {"nl": "{} maanden", "nb": "{} måneder", "en": "{} months"},
    ("days", "one"): {"nl": "één dag", "nb": "én dag", "en": "one day"},
    ("days", "many"): {"nl": "{} dagen", "nb": "{} dager", "en": "{} days"},
}
SENTENCES = {
    "nl": "uw contract loopt binnen {} af",
    "nb": "avtalen din utløper innen {}",
    "en": "your contract ends within {}",
}


class Window:
    """The last `count` months or days of a contract, whose end (or distance to it) `attribute` holds.

    A contract that has ended already, or is overdue by a negative number of months, is outside.
    """

    def __init__(self, attribute: str, kind: str, count: int, unit: str) -> None:
        self.attribute, self.kind, self.count, self.unit = attribute, kind, count, unit

    def condition(self, only: str) -> str:
        """Return the condition in the text notation; `only` is asked first and may be empty."""
        if self.kind == "date":
            inside = f"today <= {self.attribute} and {self.attribute} <= today + {self.unit}({self.count})"
        else:
            inside = f"{self.attribute} >= 0 and {self.attribute} <= {self.count}"
        if not only:
            return inside
        return f"{only if PLAIN_NAME.fullmatch(only) else f'({only})'} and {inside}"

    def titles(self) -> dict[str, str]:
        """Return the sentence that explains the rule, in nl, nb and en."""
        words = WORDS[self.unit, "one" if self.count == 1 else "many"]
        return {lang: text.format(words[lang].format(self.count)) for lang, text in SENTENCES.items()}


def read_window(options: Options) -> Window:
    """Return the window of the options `attribute` and `within`. Raises PluginError."""
    attribute = options.attribute("attribute", "date", "number", example="contract_end")
    kind = str(options.config.attributes[attribute].type)
    return Window(attribute, kind, *_within(options, kind))


def _within(options: Options, kind: str) -> tuple[int, str]:
    """Return how long the window is: a count, and "months" or "days"."""
    value = options.raw("within")
    wrong = "is missing" if value is None else f"{value!r} is not such a length"
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value, "months"
    if kind == "number":
        raise options.error("within", wrong, "Write the number of months, as in within = 3")
    if isinstance(value, str) and (days := DAYS.fullmatch(value.strip())):
        return int(days[1]), "days"
    raise options.error("within", wrong, 'Write days, as in within = "60d", or months, as in within = 2')
