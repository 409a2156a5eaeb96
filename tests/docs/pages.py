"""The pages of the documentation, and what stands in them: code blocks, headings, tables, links."""

import re
from pathlib import Path

from msgspec import Struct

CHECKOUT = Path(__file__).resolve().parents[2]
DOCS = CHECKOUT / "docs"
PLUGIN_PAGES = sorted(CHECKOUT.glob("plugins/*/README.md"))
PAGES = [CHECKOUT / "README.md", *sorted(DOCS.rglob("*.md"))]

FENCE = re.compile(r"^( *)```([a-z]*)(?: +(\S.*?))?\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
NOTE = re.compile(r"^<!-- ([a-z]+): (.+?) -->$", re.MULTILINE)
HEADING = re.compile(r"^(#{1,6}) (.+?)$", re.MULTILINE)
ROW = re.compile(r"^\|(.+)\|$", re.MULTILINE)
CODE = re.compile(r"`([^`]+)`")


class Block(Struct, frozen=True, kw_only=True):
    """One fenced block, or one note to the tests in a comment; `info` is what follows the language."""

    page: str
    line: int
    language: str
    info: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def name_of(page: Path) -> str:
    return str(page.relative_to(CHECKOUT))


def blocks_of(page: Path) -> list[Block]:
    """Return blocks and notes in the order in which they stand."""
    text = page.read_text(encoding="utf-8")
    found = [(each.start(), each[2], each[3] or "", _dedented(each[4], each[1])) for each in FENCE.finditer(text)]
    notes = FENCE.sub(lambda block: " " * len(block[0]), text)
    found += [(each.start(), f"note-{each[1]}", "", each[2]) for each in NOTE.finditer(notes)]
    return [
        Block(page=name_of(page), line=text.count("\n", 0, at) + 1, language=language, info=info, text=body)
        for at, language, info, body in sorted(found)
    ]


def _dedented(text: str, indent: str) -> str:
    return "".join(line.removeprefix(indent) for line in text.splitlines(keepends=True))


def prose_of(page: Path) -> str:
    """Return a page without its blocks."""
    return FENCE.sub("", page.read_text(encoding="utf-8"))


def section(page: Path, heading: str) -> str:
    """Return what stands below a heading, up to the next one of any level."""
    text = prose_of(page)
    for found in HEADING.finditer(text):
        if found[2] == heading:
            following = HEADING.search(text, found.end())
            return text[found.end() : following.start() if following else len(text)]
    raise AssertionError(f"{name_of(page)} has no heading {heading!r}")


def headings(page: Path) -> list[str]:
    return [found[2] for found in HEADING.finditer(prose_of(page))]


def rows(page: Path, heading: str) -> list[list[str]]:
    """Return the cells of the tables in a section, without head and rule."""
    kept: list[list[str]] = []
    for table in re.split(r"\n(?!\|)", section(page, heading)):
        lines = [[cell.strip() for cell in found[1].split(" | ")] for found in ROW.finditer(table)]
        kept += lines[2:]
    return kept


def names(page: Path, heading: str) -> list[str]:
    """Return the first code word of every row of the tables in a section."""
    return [found[1] for row in rows(page, heading) if (found := CODE.search(row[0]))]
