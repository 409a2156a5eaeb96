"""The pages as a whole: their blocks run, their links lead somewhere, each opens with what it is for."""

import re
from pathlib import Path

import pytest

from tests.docs.pages import CHECKOUT, DOCS, HEADING, PAGES, PLUGIN_PAGES, blocks_of, headings, name_of, prose_of
from tests.docs.playing import Player

LINK = re.compile(r"\]\(([^)\s]+)\)")
OPENING = re.compile(r"^(?:> )?After reading this page you (?:can|know) ", re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_block_of_a_page_holds(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Player(tmp_path, monkeypatch)
    try:
        for block in blocks_of(page):
            reader.play(block)
        reader.finish()
    finally:
        reader.close()


@pytest.mark.parametrize("page", [*PAGES, *PLUGIN_PAGES], ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in LINK.findall(prose_of(page)):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        found = (page.parent / name).resolve() if name else page
        assert found.exists(), f"{name_of(page)} links to {target}"
        if anchor:
            assert anchor in map(anchor_of, headings(found)), f"{name_of(page)} links to {target}"


def anchor_of(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("page", [page for page in PAGES if page.parent != CHECKOUT], ids=name_of)
def test_a_page_opens_with_what_the_reader_can_do_afterwards(page: Path) -> None:
    first = HEADING.split(prose_of(page))[3].strip().split("\n\n")[0]
    assert OPENING.match(first), first


@pytest.mark.parametrize("page", [page for page in PAGES if page.is_relative_to(DOCS)], ids=name_of)
def test_a_page_is_found_from_the_list_of_pages(page: Path) -> None:
    overview = DOCS / "README.md"
    assert page == overview or f"({page.relative_to(DOCS)})" in overview.read_text()
