"""Every sentence in the code is in every catalogue, and the compiled catalogues are the written ones."""

from io import BytesIO
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po

import personalize
from personalize.explain.language import CATALOGUES, LANGUAGES, language

PACKAGE = Path(personalize.__file__).parent
KEYWORDS = {"say": None, "count": (1, 2), "marked": None}
METHODS = {".py": "python", ".html": "jinja2"}
Message = str | tuple[str, ...]
SYNONYMS = {"nl": ("instem", "ingestemd"), "nb": ("cookie", "innsigelse"), "en": ("'",)}
"""What a language must not call a consent, an objection or a cookie beside its own word for it, or write."""


def catalogue(lang: str) -> Catalog:
    with (CATALOGUES / lang / "LC_MESSAGES" / "personalize.po").open("rb") as file:
        return read_po(file, locale=lang, domain="personalize")


def in_code() -> set[Message]:
    files = [path for folder in ("explain", "web") for path in (PACKAGE / folder).rglob("*") if path.suffix in METHODS]
    return {
        message if isinstance(message, str) else tuple(message)
        for path in files
        for _, message, *_ in extract_from_file(METHODS[path.suffix], path, keywords=KEYWORDS)
    }


def names(text: str) -> set[str | None]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def sentences(compiled: bytes) -> dict[tuple[str, ...], tuple[str, ...]]:
    """Every sentence of a compiled catalogue; its header bears the time of compiling and is left out."""
    return {texts(message.id): texts(message.string) for message in read_mo(BytesIO(compiled)) if message.id}


def texts(message: object) -> tuple[str, ...]:
    return (message,) if isinstance(message, str) else tuple(message)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_sentence_in_the_code_is_translated(lang: str) -> None:
    written = {message.id: message for message in catalogue(lang) if message.id}
    assert [id for id in in_code() if id not in written] == []
    assert [id for id, message in written.items() if not all(texts(message.string))] == []
    assert [id for id, message in written.items() if message.fuzzy] == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_sentence_is_kept_that_the_code_no_longer_says(lang: str) -> None:
    assert {message.id for message in catalogue(lang) if message.id} - in_code() == set()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_translation_fills_in_the_same_parts(lang: str) -> None:
    for message in catalogue(lang):
        if message.id:
            wanted = set().union(*(names(text) for text in texts(message.id)))
            assert [text for text in texts(message.string) if names(text) != wanted] == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_compiled_catalogue_is_the_written_one(lang: str) -> None:
    compiled = BytesIO()
    write_mo(compiled, catalogue(lang))
    kept = (CATALOGUES / lang / "LC_MESSAGES" / "personalize.mo").read_bytes()
    assert sentences(kept) == sentences(compiled.getvalue())


def test_english_says_what_the_code_says() -> None:
    assert [m.id for m in catalogue("en") if m.id and m.id != m.string] == []


@pytest.mark.parametrize(
    ("asked", "spoken"), [("nl-BE", "nl"), ("no", "nb"), ("NB_NO", "nb"), ("de", "en"), ("", "en")]
)
def test_a_language_is_found_by_any_of_its_names(asked: str, spoken: str) -> None:
    assert language(asked).name == spoken


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_language_has_one_word_for_a_thing(lang: str) -> None:
    said = [text for message in catalogue(lang) if message.id for text in texts(message.string)]
    assert [text for text in said for word in SYNONYMS[lang] if word in text.lower()] == []
