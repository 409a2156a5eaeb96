"""Read the articles, the words of the site and the demo persons from TOML files."""

import math
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
from languages import LANGUAGES

TOPICS: Final = ("climate", "politics", "economy", "culture", "sport")
WORDS_PER_MINUTE: Final = 200

# The words of the site in one language: nested tables, read by the templates only.
Texts = Mapping[str, Any]


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """Hold an article's copy in one language."""

    title: str
    lead: str
    body: list[str]

    @property
    def minutes(self) -> int:
        """Return the reading time in whole minutes, rounded up."""
        words = sum(len(paragraph.split()) for paragraph in (self.lead, *self.body))
        return math.ceil(words / WORDS_PER_MINUTE)


class Article(msgspec.Struct, frozen=True, kw_only=True):
    """Hold one article in all languages; the lowest rank is the top story."""

    slug: str
    topic: str
    image: str
    byline: str
    days_ago: int
    rank: int
    nl: Story
    nb: Story
    en: Story

    def story(self, lang: str) -> Story:
        """Return the copy in this language."""
        return {"nl": self.nl, "nb": self.nb, "en": self.en}[lang]


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Hold one demo person and what to say about them in each language."""

    customer_number: str
    name: str
    initials: str
    nl: str
    nb: str
    en: str

    def about(self, lang: str) -> str:
        """Return the description in this language."""
        return {"nl": self.nl, "nb": self.nb, "en": self.en}[lang]


class Edition(msgspec.Struct, frozen=True, kw_only=True):
    """Hold everything the paper prints."""

    articles: tuple[Article, ...]
    persons: tuple[Person, ...]
    texts: Mapping[str, Texts]

    @property
    def top(self) -> Article:
        """Return the top story."""
        return self.articles[0]

    def find(self, slug: str) -> Article | None:
        """Return the article with this slug, or None."""
        return next((article for article in self.articles if article.slug == slug), None)

    def about(self, topic: str) -> list[Article]:
        """Return the articles on one topic, most prominent first."""
        return [article for article in self.articles if article.topic == topic]

    def related(self, to: Article) -> list[Article]:
        """Return three other articles, those on the same topic first."""
        others = [article for article in self.articles if article is not to]
        return sorted(others, key=lambda article: article.topic != to.topic)[:3]


def read_edition(folder: Path) -> Edition:
    """Read the whole edition, raising when copy is missing in any language."""
    articles = [_read_article(path) for path in (folder / "articles").glob("*.toml")]
    persons = _read(folder / "persons.toml")["person"]
    texts = {lang: _read(folder / "texts" / f"{lang}.toml") for lang in LANGUAGES}
    _check_same_keys(texts)
    return Edition(
        articles=tuple(sorted(articles, key=lambda article: article.rank)),
        persons=tuple(msgspec.convert(persons, list[Person])),
        texts=texts,
    )


def _read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text("utf-8"))


def _read_article(path: Path) -> Article:
    return msgspec.convert({"slug": path.stem, **_read(path)}, Article)


def _check_same_keys(texts: Mapping[str, Texts]) -> None:
    """Raise ValueError when two languages do not have the same texts."""
    wanted = _keys(texts[LANGUAGES[0]])
    for lang in LANGUAGES:
        if uneven := wanted ^ _keys(texts[lang]):
            raise ValueError(f"texts/{lang}.toml differs in: {', '.join(sorted(uneven))}")


def _keys(table: Texts, prefix: str = "") -> set[str]:
    """Return the dotted names of all texts in a table."""
    keys: set[str] = set()
    for key, value in table.items():
        name = f"{prefix}{key}"
        keys |= _keys(value, f"{name}.") if isinstance(value, dict) else {name}
    return keys
