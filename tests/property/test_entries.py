from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from personalize.cookbook import body as bodies
from personalize.cookbook.codes import code_of, number_of
from personalize.cookbook.frames import line
from personalize.model.attributes import Cause, Stored
from personalize.model.cookbook import CookbookEntry, Ingredient, Withheld
from personalize.model.decisions import Outcome, Reason
from tests.kitchen import DIGEST, KEY, OBSERVED, RECIPE, Kitchen

TIMES = st.integers(1, 1 << 52)
PLAIN = st.one_of(st.booleans(), st.integers(-(1 << 53), 1 << 53), st.floats(allow_nan=False), st.text(max_size=20))
ATTRIBUTES = [attribute.name for attribute in RECIPE.attributes]
PURPOSES = [purpose.name for purpose in RECIPE.purposes]


@st.composite
def entries(draw: st.DrawFn) -> CookbookEntry:
    """Return any entry for the slot `offer` that the recipe allows."""
    records = {purpose: draw(st.sampled_from([b"", bytes(16), b"r" * 16])) for purpose in PURPOSES}
    read = draw(st.lists(st.sampled_from(RECIPE.attributes), unique_by=lambda attribute: attribute.name))
    left = [name for name in ATTRIBUTES if name not in {attribute.name for attribute in read}]
    missed = draw(st.lists(st.sampled_from(left), unique=True)) if left else []
    return CookbookEntry(
        entry_id=b"",
        at=draw(TIMES),
        code=code_of(draw(st.integers(0, (1 << 35) - 1))),
        slot="offer",
        subject=draw(st.integers(1, (1 << 63) - 1)),
        recipe=DIGEST.hex(),
        variant=draw(st.sampled_from([None, "internet", "tv"])),
        reason=draw(st.sampled_from(Reason)),
        outcomes=tuple(draw(outcomes(name)) for name in ("internet", "tv")),
        assurance=draw(st.integers(0, 3)),
        epoch=draw(st.integers(0, (1 << 32) - 1)),
        ingredients=tuple(
            Ingredient(
                attribute=attribute.name,
                value=Stored(plain=draw(PLAIN), observed=draw(TIMES), batch=draw(st.integers(0, 1))),
                purpose=attribute.purpose,
                record=records[attribute.purpose],
            )
            for attribute in read
        ),
        absences=tuple(Withheld(attribute=name, cause=draw(st.sampled_from(Cause))) for name in missed),
        context=draw(st.dictionaries(st.text(max_size=5), PLAIN, max_size=3)),
        language=draw(st.sampled_from(["nl", "nb", "en", ""])),
        failed=tuple(draw(st.lists(st.integers(0, 254), max_size=3))),
    )


def outcomes(name: str) -> st.SearchStrategy[Outcome]:
    return st.builds(
        Outcome,
        st.just(name),
        st.sampled_from(Reason),
        st.one_of(st.none(), st.sampled_from(Cause)),
        st.integers(-1, 254),
    )


def body_of(*entries: CookbookEntry) -> bytes:
    """Return the body of a page with these entries: each value stands in it once."""
    items = {item.attribute: item for entry in entries for item in entry.ingredients}
    missed = {item.attribute: item for entry in entries for item in entry.absences}
    return bodies.body(
        entries[0].language,
        [bodies.fragment(ATTRIBUTES.index(item.attribute), item.value, OBSERVED) for item in items.values()],
        [bodies.absence(ATTRIBUTES.index(item.attribute), item.cause) for item in missed.values()],
        {PURPOSES.index(item.purpose): item.record for item in items.values() if item.record},
        [reading_of(entry) for entry in entries],
    )


def reading_of(entry: CookbookEntry) -> bodies.Reading:
    read = [item.attribute for item in (*entry.ingredients, *entry.absences)]
    return bodies.Reading([ATTRIBUTES.index(name) for name in read], entry.context, (), entry.failed)


def line_of(entry: CookbookEntry) -> bytes:
    return line(
        0,
        65535 if entry.variant is None else ("internet", "tv").index(entry.variant),
        entry.reason,
        bytes(byte for item in entry.outcomes for byte in (item.reason, item.cause or 0, item.rule + 1)),
    )


def write(kitchen: Kitchen, entry: CookbookEntry, lines: list[bytes], body: bytes, **more: Any) -> list[bytes]:
    """Write a page under the header of an entry."""
    kitchen.keys[entry.subject] = KEY
    return kitchen.page(
        lines,
        body,
        at=entry.at,
        code=number_of(entry.code),
        subject=entry.subject,
        assurance=entry.assurance,
        epoch=entry.epoch,
        **more,
    )


@pytest.fixture(scope="module")
def kitchen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kitchen]:
    kitchen = Kitchen(Path(tmp_path_factory.mktemp("store")))
    yield kitchen
    kitchen.close()


@given(entry=entries(), indexed=st.booleans())
def test_every_entry_comes_back_as_it_was_decided(kitchen: Kitchen, entry: CookbookEntry, indexed: bool) -> None:
    [entry_id] = write(kitchen, entry, [line_of(entry)], body_of(entry))
    if indexed:
        kitchen.indexer.drain()
    found = kitchen.cookbook.by_id(entry_id)
    assert found is not None
    assert found == replace(entry, entry_id=entry_id)
    assert found in kitchen.cookbook.by_code(entry.code)


@given(entry=entries(), others=st.lists(entries(), max_size=4), indexed=st.booleans(), data=st.data())
def test_every_entry_of_a_page_comes_back_with_what_it_read_itself(
    kitchen: Kitchen, entry: CookbookEntry, others: list[CookbookEntry], indexed: bool, data: st.DataObject
) -> None:
    page = [entry, *(parted(entry, other, data) for other in others)]
    ids = write(kitchen, entry, [line_of(each) for each in page], body_of(*page))
    again = write(kitchen, entry, [line_of(each) for each in page], ids[0], cipher=None)
    if indexed:
        kitchen.indexer.drain()
    for each, first, second in zip(page, ids, again, strict=True):
        assert kitchen.cookbook.by_id(first) == replace(each, entry_id=first)
        assert kitchen.cookbook.by_id(second) == replace(each, entry_id=second, same_as=first)


def parted(entry: CookbookEntry, other: CookbookEntry, data: st.DataObject) -> CookbookEntry:
    """Return what another slot of the same page may have: some of the same cells, its own outcome."""
    return replace(
        entry,
        variant=other.variant,
        reason=other.reason,
        outcomes=other.outcomes,
        ingredients=tuple(item for item in entry.ingredients if data.draw(st.booleans())),
        absences=tuple(item for item in entry.absences if data.draw(st.booleans())),
        context=other.context,
        failed=other.failed,
    )
