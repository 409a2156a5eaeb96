"""Plain values into typed ones: what no entry could list is of a wrong type, never a fault."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from personalize.model.attributes import AttributeType, Value
from personalize.profile.values import READERS


class Count(int):
    """A whole number of a class of its own, as number libraries have."""


class Length(float):
    """Likewise a number with a point."""


@pytest.mark.parametrize(("plain", "value"), [(Count(3), 3), (Length(0.5), 0.5), (Count(2**63), None)])
def test_numbers_of_other_classes_are_read_as_plain_ones(plain: object, value: Value | None) -> None:
    read = READERS[AttributeType.number](plain)
    assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize(
    ("kind", "plain"),
    [
        (AttributeType.number, 2**63),
        (AttributeType.number, -(10**400)),
        (AttributeType.number, float("nan")),
        (AttributeType.number, float("-inf")),
        (AttributeType.number, True),
        (AttributeType.text, "half a pair: \ud800"),
        (AttributeType.set, ["whole", "\udfff"]),
        (AttributeType.instant, 2**80),
        (AttributeType.instant, datetime(2029, 1, 1)),  # noqa: DTZ001  # of no zone, so no instant
        (AttributeType.instant, datetime.max.replace(tzinfo=UTC)),
        (AttributeType.instant, datetime.min.replace(tzinfo=timezone(timedelta(hours=14)))),
    ],
)
def test_what_no_entry_could_list_is_of_a_wrong_type(kind: AttributeType, plain: object) -> None:
    assert READERS[kind](plain) is None


@pytest.mark.parametrize(
    ("kind", "plain", "value"),
    [
        (AttributeType.number, 2**63 - 1, 2**63 - 1),
        (AttributeType.number, 1e300, 1e300),
        (AttributeType.text, " e\u0301 \U0001f30a", "\u00e9 \U0001f30a"),
        (AttributeType.set, [], frozenset()),
        (AttributeType.instant, 0, datetime(1970, 1, 1, tzinfo=UTC)),
        (
            AttributeType.instant,
            datetime(2029, 3, 2, 1, 5, 0, 7, tzinfo=timezone(timedelta(hours=2))),
            datetime(2029, 3, 1, 23, 5, 0, 7, tzinfo=UTC),
        ),
    ],
)
def test_what_an_entry_can_list_is_a_value(kind: AttributeType, plain: object, value: Value) -> None:
    assert READERS[kind](plain) == value
