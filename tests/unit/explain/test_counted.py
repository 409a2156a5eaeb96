"""Reasons are counted by headers; of many alike a few are opened, and the count is shared out among them."""

import random
from collections import Counter

from personalize.explain.counted import Alike, _shared


def test_shares_are_together_what_was_counted() -> None:
    shares = Counter({("a", "", ""): 3, ("b", "", ""): 3, ("c", "", ""): 2})
    for times in (1, 7, 1000, 999_999):
        assert sum(_shared(shares, times).values()) == times
    assert _shared(Counter({("a", "", ""): 3}), 50) == {("a", "", ""): 50}


def test_a_sample_is_of_all_that_were_counted() -> None:
    alike, dice = Alike(), random.Random(1)
    for number in range(1000):
        alike.take(number.to_bytes(2), 8, dice)
    numbers = [int.from_bytes(each) for each in alike.some]
    assert (alike.times, len(set(numbers))) == (1000, 8)
    assert min(numbers) < 500 < max(numbers)
