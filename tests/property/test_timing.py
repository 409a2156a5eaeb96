"""The time that a refusal takes says nothing about what was wrong with the token (T12)."""

import random
import time
from math import sqrt

import pytest

from personalize.recognition.keys import KeyRing
from personalize.recognition.tokens import LENGTH, Refusal, TokenKind, issue, verify

NOW, SITE = 1_800_000_000_000_000, "https://example.org"
PAIRS = [pytest.param(4_000, id="sample"), pytest.param(100_000, marks=pytest.mark.soak, id="all")]
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
    early, late = wrong_at(token, 44), wrong_at(token, LENGTH - 2)
    slower = even = 0
    for _ in range(pairs):
        if random.random() < 0.5:
            first, second = timed(ring, early), timed(ring, late)
        else:
            second, first = timed(ring, late), timed(ring, early)
        slower += second > first
        even += second == first
    told_apart = pairs - even
    assert abs(slower - told_apart / 2) < SIGMA * sqrt(told_apart) / 2
