from hypothesis import given
from hypothesis import strategies as st

from personalize.cookbook import body as bodies
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
    text = bodies.body("nl", [bodies.fragment(attribute, stored, batch_observed)])
    read = bodies.read_body(text)
    assert read is not None
    assert read.ingredients[0][0] == attribute
    assert bodies.stored_of(read.ingredients[0], lambda number: batch_observed) == stored


@given(
    st.lists(st.integers(0, 500), max_size=40),
    st.dictionaries(st.integers(0, 400), st.binary(min_size=16, max_size=16), max_size=30),
    st.dictionaries(st.text(max_size=8), PLAIN, max_size=20),
    st.lists(st.integers(0, 400), max_size=20),
    st.text(max_size=8),
)
def test_everything_else_comes_back_as_it_was(
    places: list[int], records: dict[int, bytes], context: dict[str, object], failed: list[int], language: str
) -> None:
    text = bodies.body(
        language,
        [],
        [bodies.absence(place, Cause.stale) for place in places],
        records,
        context,
        failed,
    )
    read = bodies.read_body(text)
    assert read is not None
    assert read.absences == [place * 8 + 6 for place in places]
    assert (read.records, read.context, read.failed, read.language) == (records, context, failed, language)


def test_a_value_observed_with_its_batch_costs_no_time() -> None:
    assert bodies.fragment(5, Stored(True, 1_763_700_000_000_000, 1), 1_763_700_000_000_000) == (5, True, 1)


def test_a_value_whose_batch_is_gone_is_not_guessed() -> None:
    assert bodies.stored_of([0, True, 9], lambda number: None) is None


def test_a_body_of_another_version_is_not_read() -> None:
    assert bodies.read_body(b"\x02" + bodies.body("nl", [])[1:]) is None
    assert bodies.read_body(b"") is None
    assert bodies.read_body(b"\x01\x96\xa2nl") is None
