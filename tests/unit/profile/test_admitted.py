"""The gate at the read: six absences, in their order, and nothing readable without a grant."""

from datetime import UTC, date, datetime
from itertools import cycle

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from personalize.errors import StoreError
from personalize.model.attributes import ABSENCES, Attribute, AttributeType, Cause, Stored
from personalize.model.consent import Basis, Grant, Grants
from personalize.model.people import Assurance
from personalize.profile.admitted import FOREVER, Dictionary
from personalize.profile.delivered import decode_body, encode_body
from personalize.profile.lowered import lowered
from personalize.profile.values import READERS

HOUR = 3_600 * 1_000_000
NOW = 500_000 * HOUR
AGE = Attribute(
    name="age", type=AttributeType.number, source="crm", purpose="service", shelf_life=3600, assurance=Assurance.login
)


def grants(assurance=Assurance.login, in_force=("service",), objected=(), valid_until=None):
    granted = {name: Grant(purpose=name, basis=Basis.consent) for name in in_force}
    return Grants(
        subject=1,
        assurance=assurance,
        epoch=0,
        in_force=granted,
        objected=frozenset(objected),
        valid_until=valid_until,
    )


def cell(stored, held):
    values = {} if stored is None else {"age": stored}
    return Dictionary([AGE]).admit(values, held, NOW).cells[0]


FRESH = Stored(41, NOW, 1)


def test_a_covered_fresh_value_is_readable():
    assert cell(FRESH, grants()) == 41


@pytest.mark.parametrize(
    ("stored", "held", "cause"),
    [
        (FRESH, grants(Assurance.click, (), ("service",)), Cause.objected),
        (FRESH, grants(Assurance.click, ()), Cause.no_consent),
        (None, grants(Assurance.click), Cause.assurance),
        (None, grants(), Cause.missing),
        (Stored("forty", NOW - HOUR, 1), grants(), Cause.wrong_type),
        (Stored(41, NOW - HOUR, 1), grants(), Cause.stale),
    ],
)
def test_the_first_cause_that_applies_is_named(stored, held, cause):
    assert cell(stored, held) is ABSENCES[cause]


@pytest.mark.parametrize(
    ("held", "floor", "found"),
    [
        (grants(), Assurance.login, 41),
        (grants(), Assurance.login + 1, ABSENCES[Cause.assurance]),
        (grants(in_force=()), Assurance.login + 1, ABSENCES[Cause.no_consent]),
    ],
)
def test_a_floor_withholds_from_those_below_it_alone(held, floor, found):
    admitted = Dictionary([AGE]).admit({"age": FRESH}, held, NOW)
    assert lowered(admitted, [(0, floor)], Assurance.login).cells[0] == found


@given(st.sampled_from(list(Assurance)), st.booleans(), st.booleans(), st.integers(0, 2 * HOUR))
def test_no_value_is_readable_without_a_grant(assurance, granted, objected, age):
    held = grants(assurance, ("service",) if granted else (), ("service",) if objected else ())
    found = cell(Stored(41, NOW - age, 1), held)
    readable = granted and not objected and assurance is Assurance.login and age < HOUR
    assert (found == 41) is readable


def test_the_first_three_causes_do_not_look_at_the_value():
    for held in (grants(objected=("service",)), grants(in_force=()), grants(Assurance.none)):
        assert cell(None, held) == cell(FRESH, held) == cell(Stored("rubbish", 0, 0), held)


def test_a_profile_says_when_it_changes_by_itself():
    admitted = Dictionary([AGE]).admit({"age": FRESH}, grants(valid_until=NOW + 9 * HOUR), NOW)
    assert admitted.valid_until == NOW + HOUR
    assert Dictionary([AGE]).admit({}, grants(), NOW).valid_until == FOREVER


def test_what_is_withheld_leaves_no_stored_value_behind():
    assert Dictionary([AGE]).admit({"age": FRESH}, grants(in_force=()), NOW).stored == (None,)


@pytest.mark.parametrize(
    ("kind", "plain", "value"),
    [
        (AttributeType.text, " Zo\u0065\u0308 ", "Zoë"),
        (AttributeType.number, 2.5, 2.5),
        (AttributeType.number, True, None),
        (AttributeType.number, float("nan"), None),
        (AttributeType.yes_no, 1, None),
        (AttributeType.date, "2029-02-28", date(2029, 2, 28)),
        (AttributeType.date, "28-02-2029", None),
        (AttributeType.instant, 1_000_000, datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)),
        (AttributeType.instant, 10**30, None),
        (AttributeType.set, ("b", "a "), frozenset({"a", "b"})),
        (AttributeType.set, ["a", 1], None),
        (AttributeType.set, "ab", None),
    ],
)
def test_plain_values_are_typed_or_refused(kind, plain, value):
    assert READERS[kind](plain) == value


KINDS = [
    Attribute(name=f"a{kind.name}", type=kind, source="crm", purpose=purpose, shelf_life=life, choices=("gold", "ice"))
    for kind, purpose, life in zip(
        AttributeType,
        ("service", "news", "service", "service", "news", "service", "service"),
        cycle((3600, None, 7200)),
    )
]
PLAINS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(1 << 63), (1 << 64) - 1),
    st.floats(),
    st.sampled_from(("gold", " ice ", "2029-02-28", "2029-W09-3", "Zoe\u0308 ")),
    st.text(max_size=4),
    st.lists(st.text(max_size=3), max_size=3).map(tuple),
)
ITEMS = st.dictionaries(st.sampled_from([a.name for a in KINDS]), st.tuples(PLAINS, st.sampled_from((0, HOUR))))


@example({"aset": ((), 0)}, ("service",), (), False)
@example({"aset": (("a", "b"), 0)}, ("service",), (), True)
@given(ITEMS, st.sampled_from((("service",), ("service", "news"), ())), st.sampled_from(((), ("news",))), st.booleans())
def test_the_quick_way_reads_what_the_careful_way_reads(items, in_force, objected, at_once):
    """Whatever is stored: one decoder for a whole body gives the cells that value by value gives."""
    held = grants(in_force=[name for name in in_force if name not in objected], objected=objected)
    stored = {n: Stored(p, NOW - (0 if at_once else age), 7) for n, (p, age) in items.items()}
    body = encode_body([(name, value.plain, value.observed) for name, value in stored.items()])
    quick = Dictionary(KINDS).admit_delivered([(7, body)], held, NOW)
    careful = Dictionary(KINDS).admit(stored, held, NOW)
    assert list(map(repr, quick.cells)) == list(map(repr, careful.cells))
    assert list(map(repr, quick.stored)) == list(map(repr, careful.stored))
    assert NOW < quick.valid_until <= careful.valid_until


def test_a_body_of_one_import_is_read_in_one_go():
    body = encode_body([("age", 41, NOW)])
    admitted = Dictionary([AGE]).admit_delivered([(3, body)], grants(), NOW)
    assert (admitted.cells, admitted.stamp, admitted.stored) == ((41,), (NOW, 3), (Stored(41, NOW, 3),))


def test_where_two_sources_say_something_the_newer_observation_is_read():
    bodies = [(1, encode_body([("age", 40, NOW - 9)])), (2, encode_body([("age", 41, NOW - 5)]))]
    for delivered in (bodies, bodies[::-1]):
        assert Dictionary([AGE]).admit_delivered(delivered, grants(), NOW).stored == (Stored(41, NOW - 5, 2),)


def test_a_damaged_body_is_an_error_that_names_the_remedy():
    with pytest.raises(StoreError, match="import its source again"):
        Dictionary([AGE]).admit_delivered([(1, b"\x93")], grants(), NOW)


@given(st.lists(st.tuples(st.text(max_size=3), PLAINS, st.integers(0, 3)), unique_by=lambda item: item[0]))
def test_a_body_gives_back_what_it_was_made_of(items):
    assert repr(decode_body(encode_body(items))) == repr(items)
