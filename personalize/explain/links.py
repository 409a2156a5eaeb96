"""What stands on the site's own pages for readers who came by a link."""

from personalize.explain.language import language


def not_you(lang: str) -> str:
    """Return the words of the way out for somebody who is taken for another reader."""
    return language(lang).say("Not you?")
