"""The languages people are spoken to in: sentences from the catalogues, English as their ids."""

import re
from collections.abc import Sequence
from functools import cache
from gettext import GNUTranslations
from pathlib import Path

from personalize.model.attributes import Titles
from personalize.model.spoken import FALLBACK, title_in

LANGUAGES = ("nl", "nb", "en")
LONGEST_HEADER = 1000
QUALITY = re.compile(r"q=([01](?:\.[0-9]{0,3})?)")
CATALOGUES = Path(__file__).resolve().parent.parent / "locale"


class Language:
    """One language: what it says is looked up in its catalogue under the English sentence."""

    def __init__(self, name: str) -> None:
        self.name = name
        with (CATALOGUES / name / "LC_MESSAGES" / "personalize.mo").open("rb") as catalogue:
            self._catalogue = GNUTranslations(catalogue)

    def say(self, sentence: str, **parts: object) -> str:
        """Return a sentence in this language, its parts filled in."""
        return self._catalogue.gettext(sentence).format(**parts)

    def count(self, one: str, many: str, n: int, **parts: object) -> str:
        """Return the sentence that goes with a number, which stands in it as `{n}`."""
        return self._catalogue.ngettext(one, many, n).format(n=n, **parts)

    def title(self, titles: Titles, name: str) -> str:
        """Return how something is called in this language, else in any, else by its name."""
        return title_in(titles, self.name, name)

    def exact(self, titles: Titles) -> str:
        """Return how something is said in this very language; empty where that is not told."""
        return titles.get(self.name, "")

    def quote(self, text: str) -> str:
        """Return a name or text as it is quoted within a sentence."""
        return f"«{text}»" if self.name == "nb" else f"“{text}”"

    def listing(self, words: Sequence[str]) -> str:
        """Return words as a list: “a, b and c”."""
        if len(words) < 2:
            return "".join(words)
        return self.say("{first} and {last}", first=", ".join(words[:-1]), last=words[-1])


@cache
def language(name: str) -> Language:
    """Return a language by its name (`nl`, `nb`, `en`, also `nl-BE`); English for one we do not speak."""
    return Language(ours(name) or FALLBACK)


def ours(name: str) -> str:
    """Return which of our languages a name such as `nl-BE` or `no` means; nothing for one we do not speak."""
    known = name.strip().lower().replace("_", "-").partition("-")[0]
    known = "nb" if known in ("no", "nn") else known
    return known if known in LANGUAGES else ""


def preferred(header: str, languages: Sequence[str]) -> str:
    """Return which of these an `Accept-Language` header likes best (RFC 9110); nothing where it likes none of them."""
    liked = [_weighed(part) for part in header[:LONGEST_HEADER].split(",")]
    ordered = sorted(liked, key=lambda each: -each[0])
    return next((name for weight, name in ordered if weight > 0 and name in languages), "")


def _weighed(part: str) -> tuple[float, str]:
    """Return how much one language of a header is liked, and which of ours it is."""
    name, _, quality = part.partition(";")
    found = QUALITY.fullmatch(quality.strip())
    return (float(found[1]) if found else 0.0 if quality.strip() else 1.0), ours(name)


def capital(text: str) -> str:
    """Return a text with a capital letter in front, as headings and sentences begin."""
    return f"{text[:1].upper()}{text[1:]}"


def small(text: str) -> str:
    """Return a text with a small letter in front, as it stands within a sentence."""
    return f"{text[:1].lower()}{text[1:]}"


def marked(sentence: str) -> str:
    """Mark a sentence that stands in a table for the catalogues, and return it as it is."""
    return sentence
