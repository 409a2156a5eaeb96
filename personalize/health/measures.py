"""What a monitor is told: every worker's counts, and the condition of the store they share."""

from msgspec import Struct

from personalize.health.findings import Condition, Finding
from personalize.health.workers import Report


class Measures(Struct, frozen=True, kw_only=True):
    """All that one look at a site measures; `workers` are those that live."""

    workers: tuple[Report, ...] = ()
    condition: Condition | None = None
    findings: tuple[Finding, ...] = ()
