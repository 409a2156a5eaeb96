"""The time that a refusal takes says nothing about what was wrong with the token (T12)."""

import random
import time
from math import sqrt

import pytest

from personalize.recognition.keys import KeyRing
from personalize.recognition.tokens import LENGTH, Refusal, TokenKind, issue, verify

NOW, SITE = 1_800_000_000_000_000, "https://example.org"
PAIRS = [pytest.param(4_000, id="sample"), pytest.param(100_000, marks=pytest.mark.soak, id="all")]
PLACES = {"early": 44, "late": LENGTH - 2}
SIGMA = 4.5
"""As many standard deviations from even as chance does not reach in a hundred thousand runs."""


def wrong_at(token: str, place: int) -> str:
    return token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]


def timed(ring: KeyRing, text: str) -> int:
    began = time.perf_counter_ns()
    found = verify(ring, SITE, TokenKind.click, text, NOW)
    took = time.perf_counter_ns() - began
    assert found is Refusal.forged
    return took


@pytest.mark.parametrize("pairs", PAIRS)
def test_an_early_and_a_late_mistake_in_a_signature_take_as_long(pairs: int) -> None:
    ring = KeyRing.new(NOW)
    token = issue(ring, SITE, TokenKind.click, bytes(16), NOW, NOW + 10**9, b"weekly")
    # Each text is timed once and lies wherever chance put it: where memory holds a text tells on its time.
    orders = [random.sample(("early", "late"), 2) for _ in range(pairs)]
    texts = [[wrong_at(token, PLACES[name]) for name in order] for order in orders]
    slower = even = 0
    for order, (first, second) in zip(orders, texts, strict=True):
        took = dict(zip(order, (timed(ring, first), timed(ring, second)), strict=True))
        slower += took["late"] > took["early"]
        even += took["late"] == took["early"]
    told_apart = pairs - even
    assert abs(slower - told_apart / 2) < SIGMA * sqrt(told_apart) / 2
