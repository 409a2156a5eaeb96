"""Parts of the settings of the sites in these tests."""

import json


def spoken(**texts: str) -> str:
    """Return texts by language as an inline table."""
    return f"{{ {', '.join(f'{lang} = {json.dumps(text, ensure_ascii=False)}' for lang, text in texts.items())} }}"


def reading(titles: str, texts: str) -> str:
    """Return the purpose `reading`, with the second version of the text that is agreed to."""
    return f"""
[purposes.reading]
basis = "consent"
notice = "reading"
recognise = true
titles = {titles}

[notices.reading]
version = 2
texts = {texts}
"""


def attribute(
    name: str, kind: str, *lines: str, source: str = "crm", purpose: str = "subscription", **titles: str
) -> str:
    """Return an attribute, with more lines of it if need be."""
    more = "\n".join(lines)
    return f"""
[attributes.{name}]
type = "{kind}"
source = "{source}"
purpose = "{purpose}"
titles = {spoken(**titles)}
{more}
"""
