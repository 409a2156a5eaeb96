"""The window before a contract's end, as a condition and in words."""

import re

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
