from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from personalize.cookbook import body as bodies
from personalize.cookbook.codes import code_of, number_of
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
    missed = draw(st.lists(st.sampled_from(ATTRIBUTES), unique=True))
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


def body_of(entry: CookbookEntry) -> bytes:
    records = {PURPOSES.index(item.purpose): item.record for item in entry.ingredients if item.record}
    return bodies.body(
        entry.language,
        [bodies.fragment(ATTRIBUTES.index(item.attribute), item.value, OBSERVED) for item in entry.ingredients],
        [bodies.absence(ATTRIBUTES.index(item.attribute), item.cause) for item in entry.absences],
        records,
        entry.context,
        entry.failed,
    )


def write(kitchen: Kitchen, entry: CookbookEntry) -> bytes:
    kitchen.keys[entry.subject] = KEY
    return kitchen.write(
        at=entry.at,
        code=number_of(entry.code),
        subject=entry.subject,
        variant_index=65535 if entry.variant is None else ("internet", "tv").index(entry.variant),
        reason=entry.reason,
        outcomes=bytes(byte for item in entry.outcomes for byte in (item.reason, item.cause or 0, item.rule + 1)),
        assurance=entry.assurance,
        epoch=entry.epoch,
        body=body_of(entry),
    )


@pytest.fixture(scope="module")
def kitchen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kitchen]:
    kitchen = Kitchen(Path(tmp_path_factory.mktemp("store")))
    yield kitchen
    kitchen.close()


@given(entry=entries(), indexed=st.booleans())
def test_every_entry_comes_back_as_it_was_decided(kitchen: Kitchen, entry: CookbookEntry, indexed: bool) -> None:
    entry_id = write(kitchen, entry)
    if indexed:
        kitchen.indexer.drain()
    found = kitchen.cookbook.by_id(entry_id)
    assert found is not None
    assert found == replace(entry, entry_id=entry_id)
    assert found in kitchen.cookbook.by_code(entry.code)
