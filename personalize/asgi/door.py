"""What every visit shares: the way to the trip, and what it may say of a page."""

from threading import Lock

from personalize.asgi.browsing import Browsing
from personalize.asgi.contract import Counters, Rendering
from personalize.asgi.facts import Facts
from personalize.model.decisions import Decision, Reason
from personalize.pipeline import Pipeline


class Door:
    """What every visit shares: the trip, the site's languages and slots, and where faults are counted.

    `pipeline` is None while personalize is off or could not start; `off` is the reason then given.
    """

    def __init__(
        self,
        pipeline: Pipeline | None,
        renderer: Rendering,
        facts: Facts,
        counters: Counters,
        off: Reason,
        browsing: Browsing | None = None,
    ) -> None:
        self.pipeline, self.renderer, self.facts, self.browsing = pipeline, renderer, facts, browsing
        self.counters, self.off = counters, off
        self.lock = Lock()

    def default(self, slot: str, reason: Reason) -> Decision:
        """Return the default of a slot; where it came too late it is counted."""
        pipeline = self.pipeline
        if pipeline is None:
            return Decision.of(slot, None, self.off)
        return pipeline.instead(slot, reason) if reason is Reason.LATE else pipeline.default(slot, reason)
