"""The page about watching a site has every finding and every metric, and no other."""

import re

from personalize.health.findings import (
    ERROR_RATE,
    FEWEST_ERRORS,
    LEAST_FREE,
    UNINDEXED_SECONDS,
    WAITED_DAYS,
    WAITING_BYTES,
)
from personalize.health.watch import Measures
from personalize.health.workers import Report
from personalize.web.api.metrics import families_of
from tests.docs.pages import CODE, DOCS, names, rows, section
from tests.unit.health.test_findings import WELL, WRONG

PAGE = DOCS / "how-to" / "developers" / "watch-it.md"
METRICS = "Metrics for Prometheus"


def test_every_finding_is_documented_in_its_order() -> None:
    assert names(PAGE, "Findings") == list(WRONG)


def test_the_bounds_are_those_of_the_findings() -> None:
    text = section(PAGE, "Findings")
    assert f"more than {ERROR_RATE:.0%} of".replace("%", " %") in text
    assert FEWEST_ERRORS == 5
    assert f"less than {LEAST_FREE >> 20} MiB" in text
    assert f"for {UNINDEXED_SECONDS:.0f} seconds" in text
    assert f"{WAITING_BYTES >> 20} MiB of entries" in text
    assert f"for {WAITED_DAYS} days" in text


def test_every_metric_is_documented_with_its_labels() -> None:
    found = families_of(Measures(workers=(Report(worker="1-0000", pid=1, started=0, at=0),), condition=WELL))
    expected = {
        family.name + ("_total" if family.type == "counter" else ""): set(family._labelnames) - {"worker"}
        for family in found
    }
    assert {CODE.findall(row[0])[0]: set(CODE.findall(row[1])) for row in rows(PAGE, METRICS)} == expected


def test_the_queries_ask_for_metrics_that_there_are() -> None:
    asked = set(re.findall(r"personalize_\w+_total", PAGE.read_text()))
    assert asked <= set(names(PAGE, METRICS))
