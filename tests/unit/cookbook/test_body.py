import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalize.cookbook import body as bodies
from personalize.cookbook.body import Reading
from personalize.model.attributes import Cause, Stored

PLAIN = st.one_of(
    st.booleans(),
    st.integers(-(1 << 62), 1 << 62),
    st.floats(allow_nan=False),
    st.text(max_size=30),
    st.lists(st.text(max_size=5), max_size=20),
)
TIMES = st.integers(0, 1 << 52)


@given(PLAIN, TIMES, TIMES, st.integers(0, 300), st.integers(0, 70_000))
def test_a_value_comes_back_to_the_microsecond(
    plain: object, observed: int, batch_observed: int, batch: int, attribute: int
) -> None:
    stored = Stored(plain=plain, observed=observed, batch=batch)
    fragment = bodies.fragment(attribute, stored, batch_observed)
    [read] = bodies.read_body(bodies.body("nl", [fragment], [], {}, [Reading([attribute])])) or []
    assert read.ingredients[0][0] == attribute
    assert bodies.stored_of(read.ingredients[0], lambda number: batch_observed) == stored


@given(
    st.sets(st.integers(0, 500), max_size=40),
    st.dictionaries(st.integers(0, 400), st.binary(min_size=16, max_size=16), max_size=30),
    st.dictionaries(st.text(max_size=8), PLAIN, max_size=20),
    st.lists(st.integers(0, 400), max_size=20),
    st.text(max_size=8),
)
def test_everything_else_comes_back_as_it_was(
    places: set[int], records: dict[int, bytes], context: dict[str, object], failed: list[int], language: str
) -> None:
    missed = [bodies.absence(place, Cause.stale) for place in sorted(places)]
    text = bodies.body(language, [], missed, records, [Reading(sorted(places), context, [4001], failed)])
    [read] = bodies.read_body(text) or []
    assert read.absences == (*missed, 4001)
    assert (read.records, read.context, read.failed, read.language) == (records, context, tuple(failed), language)


@given(st.data())
def test_each_entry_of_a_page_has_what_it_read_and_no_more(data: st.DataObject) -> None:
    cells = data.draw(st.lists(st.one_of(PLAIN, st.sampled_from(Cause)), min_size=1, max_size=30))
    masks = data.draw(st.lists(st.integers(0, (1 << len(cells)) - 1), min_size=1, max_size=10))
    union = bodies.places_in(bodies.reduce(bodies.or_, masks))
    absent = {place for place in union if isinstance(cells[place], Cause)}
    values = [None if place in absent else cells[place] for place in union]
    text = bodies.compact_body("nl", masks, values, [cells[p] for p in union if p in absent], 7, {1: b"r" * 16})
    read = bodies.read_body(text)
    assert read is not None
    assert len(read) == len(masks)
    for mask, each in zip(masks, read, strict=True):
        places = bodies.places_in(mask)
        assert each.ingredients == tuple((place, cells[place], 7) for place in places if place not in absent)
        assert each.absences == tuple(bodies.absence(place, cells[place]) for place in places if place in absent)


def test_both_forms_say_the_same() -> None:
    yes, no = Stored(plain=True, observed=5, batch=1), Stored(plain=False, observed=5, batch=1)
    fragments = [bodies.fragment(0, yes, 5), bodies.fragment(2, no, 5)]
    absences = [bodies.absence(1, Cause.stale)]
    full = bodies.body("nl", fragments, absences, {}, [Reading([0, 1]), Reading([1, 2])])
    compact = bodies.compact_body("nl", [0b011, 0b110], [True, None, False], [Cause.stale], 1, {})
    assert bodies.read_body(full) == bodies.read_body(compact)


def test_a_value_observed_with_its_batch_costs_no_time() -> None:
    assert bodies.fragment(5, Stored(True, 1_763_700_000_000_000, 1), 1_763_700_000_000_000) == (5, True, 1)


def test_a_value_whose_batch_is_gone_is_not_guessed() -> None:
    assert bodies.stored_of([0, True, 9], lambda number: None) is None


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\x01\x96\xa2nl",
        b"\x02" + bodies.body("nl", [], [], {}, [])[1:],
        b"\x09" + bodies.body("nl", [], [], {}, [])[1:],
        bodies.compact_body("nl", [0b11], [True], [], 1, {}),
        bodies.compact_body("nl", [0b11], [True, None], [], 1, {}),
        bodies.compact_body("nl", [0b1], [None], [99], 1, {}),
        bodies.body("nl", [], [], {}, [Reading([3])]),
    ],
)
def test_a_body_that_is_none_is_not_read(text: bytes) -> None:
    assert bodies.read_body(text) is None


@pytest.mark.parametrize("value", [7, -1.5, True, "film", "", 10**18])
@pytest.mark.parametrize(("count", "place"), [(1, 0), (3, 0), (3, 1), (20, 19)])
def test_one_fact_of_the_page_is_written_as_many_are(value: object, count: int, place: int) -> None:
    compact = bodies.compact_body("nl", [1] * count, ["x"], [], 4, None)
    facts: list[bodies.PageFacts] = [bodies.NO_FACT] * count
    facts[place] = {"page": value}, ()
    assert bodies.with_fact(bodies.around_fact(compact, count, place, "page"), value) == bodies.with_facts(
        compact, facts
    )
