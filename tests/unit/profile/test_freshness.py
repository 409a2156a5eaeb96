"""How fresh is what is kept warm: doubt is told once it keeps somebody from being personalised."""

import pytest

from personalize.errors import StoreError, StoreLocked
from personalize.ports import Changes
from personalize.profile.freshness import BLIND_SECONDS, POLL_SECONDS, Freshness


class Feed:
    """A feed that cannot tell while there is an `error`."""

    error: StoreError | None = None

    def poll(self, since: int) -> Changes | None:
        if self.error is not None:
            raise self.error
        return None

    def close(self) -> None: ...


def test_the_log_says_why_nobody_is_personalised_and_nothing_of_a_lock_that_passed(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    clock, feed = [100.0], Feed()
    monkeypatch.setattr("personalize.profile.freshness.monotonic", lambda: clock[0])
    freshness = Freshness(feed, lambda changes: None, lambda: None, lambda: None)
    assert freshness.check()
    feed.error = StoreLocked("It is locked.")
    clock[0] += POLL_SECONDS
    assert freshness.check()
    assert not caplog.records
    clock[0] += BLIND_SECONDS
    assert not freshness.check()
    assert not freshness.check()
    assert [record.message for record in caplog.records] == ["Consent cannot be asked: It is locked."]
