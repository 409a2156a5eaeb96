"""An error that comes back with each request is told in full once, and then how often it came."""

import logging
import os
import signal
from collections.abc import Iterator

import pytest

from personalize import repeats
from personalize.discreet import Discreet
from personalize.errors import StoreError
from personalize.repeats import EACH, MOST, Repeats

log = logging.getLogger("personalize.test_repeats")


class Watch:
    """A clock that a test sets."""

    now = 1000.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Watch:
    watch = Watch()
    monkeypatch.setattr(repeats, "monotonic", lambda: watch.now)
    return watch


@pytest.fixture(autouse=True)
def filters() -> Iterator[Repeats]:
    found = Discreet(), Repeats()
    for each in found:
        log.addFilter(each)
    yield found[1]
    for each in found:
        log.removeFilter(each)


def fail(error: Exception | None = None, slot: str = "hero") -> None:
    try:
        raise error or StoreError("The disk is full.")
    except Exception:
        log.exception("The slot '%s' could not be decided.", slot)


def fail_elsewhere(error: Exception) -> None:
    try:
        raise error
    except Exception:
        log.exception("The slot '%s' could not be decided.", "hero")


def told(caplog: pytest.LogCaptureFixture) -> list[tuple[str, bool]]:
    """Return each line since the last look, and whether a traceback follows it."""
    found = [(record.getMessage(), record.exc_info is not None) for record in caplog.records]
    caplog.clear()
    return found


def test_an_error_is_told_in_full_once_and_then_in_a_line_a_minute(
    caplog: pytest.LogCaptureFixture, clock: Watch
) -> None:
    for _ in range(500):
        fail()
    assert told(caplog) == [("The slot 'hero' could not be decided.", True)]
    for _ in range(2):
        clock.now += EACH / 2
        fail()
    line = "The slot 'hero' could not be decided. 501 times in the last 60 s: personalize.errors.StoreError: "
    assert told(caplog) == [(line + "The disk is full.", False)]


def test_an_error_that_comes_back_after_a_quiet_minute_is_told_in_full_with_what_was_not_told(
    caplog: pytest.LogCaptureFixture, clock: Watch
) -> None:
    for _ in range(3):
        fail()
    clock.now += EACH
    fail()
    clock.now += EACH
    fail()
    assert [traceback for _, traceback in told(caplog)] == [True, True, True]


def test_the_number_of_repeats_that_ended_is_told_with_the_next(caplog: pytest.LogCaptureFixture, clock: Watch) -> None:
    for _ in range(3):
        fail()
    told(caplog)
    clock.now += 300
    fail()
    line = "The slot 'hero' could not be decided. 3 times in the last 300 s: personalize.errors.StoreError: "
    assert told(caplog) == [(line + "The disk is full.", True)]


def test_another_slot_place_name_message_or_cause_is_another_error(caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(2):
        fail()
        fail(slot="aside")
        fail_elsewhere(StoreError("The disk is full."))
        fail(KeyError("gold"))
        fail(StoreError("The file is locked."))
        after = StoreError("The disk is full.")
        after.__cause__ = OSError()
        fail(after)
    assert [traceback for _, traceback in told(caplog)] == [True] * 6


def test_a_value_of_a_person_makes_no_error_another_one(caplog: pytest.LogCaptureFixture) -> None:
    for number in range(9):
        fail(KeyError(f"gold of {number}"))
    assert len(told(caplog)) == 1


def test_what_is_no_error_is_told_each_time(caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(3):
        log.warning("Too many attempts to sign in.")
    assert len(told(caplog)) == 3


def test_of_endlessly_many_errors_not_all_are_remembered(filters: Repeats) -> None:
    for number in range(MOST + 9):
        fail(slot=str(number))
    assert len(filters._told) == MOST


def test_a_child_tells_an_error_again_and_waits_for_no_lock_of_its_parent(filters: Repeats) -> None:
    fail()
    with filters._lock:
        child = os.fork()
        if not child:
            signal.alarm(10)
            os._exit(filters.filter(logging.makeLogRecord({"exc_info": (StoreError, StoreError("again"), None)})) - 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
