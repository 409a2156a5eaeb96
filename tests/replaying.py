"""Every store that a test opens in its own process is read back and replayed when it closes (laws 3 and 4)."""

import threading
from collections.abc import Iterator

import pytest

from personalize.errors import StoreError
from personalize.house import House
from personalize.model.decisions import Decision
from personalize.pipeline import Pipeline

FOREVER = 1 << 62


class Watch:
    """Notes what was handed out by each trip, and compares it with the entries when the house closes."""

    def __init__(self) -> None:
        self.handed_out: dict[int, dict[bytes, Decision]] = {}
        self.complaints: list[str] = []
        self.lock = threading.Lock()

    def note(self, pipeline: Pipeline, decision: Decision) -> None:
        """Remember a decision that was recorded."""
        if decision.entry_id:
            with self.lock:
                self.handed_out.setdefault(id(pipeline), {})[decision.entry_id] = decision

    def check(self, house: House) -> None:
        """Read every entry back: what was handed out stands there as it was, and comes out the same again."""
        handed_out = self.handed_out.pop(id(house.pipeline), {})
        try:
            entries = list(house.cookbook.by_time(0, FOREVER))
        except StoreError:
            return  # the test took the store away
        found = {entry.entry_id: entry for entry in entries}
        for entry_id, decision in handed_out.items():
            entry = found.get(entry_id)
            if entry is None or (entry.slot, entry.variant, entry.code) != (
                decision.slot,
                decision.variant,
                decision.code,
            ):
                self.complaints.append(f"handed out {decision}, found {entry}")
        report = house.replay().report(entries)
        self.complaints += [f"differs: {each}" for each in report.differences]
        self.complaints += [f"not replayable: {each}" for each in report.not_replayable]


@pytest.fixture(autouse=True)
def replayed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Replay every store of the test, unless it says why not by `@pytest.mark.unreplayed("…")`."""
    if request.node.get_closest_marker("unreplayed"):
        yield
        return
    watch, decide, close = Watch(), Pipeline.decide, House.close

    def deciding(pipeline: Pipeline, *args: object, **facts: object) -> Decision:
        decision = decide(pipeline, *args, **facts)
        watch.note(pipeline, decision)
        return decision

    def closing(house: House) -> None:
        watch.check(house)
        close(house)

    monkeypatch.setattr(Pipeline, "decide", deciding)
    monkeypatch.setattr(House, "close", closing)
    yield
    assert watch.complaints == []
