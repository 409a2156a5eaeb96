"""A consent's text as pages show it: in which language, in paragraphs, and which version it is."""

from personalize.explain.language import Language
from personalize.model.consent import Notice


def language_of_notice(notice: Notice, lang: Language) -> str:
    """Return the language a notice is shown in: the page's, else the first it exists in."""
    return lang.name if lang.name in notice.texts else next(iter(notice.texts))


def paragraphs_of(text: str) -> tuple[str, ...]:
    """Return the paragraphs of a text, which empty lines part."""
    return tuple(part.strip() for part in text.split("\n\n") if part.strip())


def version_words(version: object, lang: Language) -> str:
    """Return which version a text is, as a sentence."""
    return lang.say("Version {version} of this text.", version=version)
