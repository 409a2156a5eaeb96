"""`python -m bench`: one JSON object on standard output, progress on standard error.

Ratios are medians over interleaved rounds of one run: absolute figures are this machine's.
"""

import argparse
import json
import logging
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import decisions, http, imports, journal, pages

SECONDS, FULL_SECONDS = 30.0, 60.0
AT_MOST = {
    "decision_first_vs_growthbook": 0.40,
    "visitorless_vs_noop_cpu": 1.10,
    "bytes_per_entry": 400,
}
AT_LEAST = {"request_vs_bare_rps": 0.45, "import_vs_executemany": 0.10}
FIRST = (
    "decision_first_vs_growthbook",
    "decision_repeat_vs_growthbook",
    "request_vs_bare_rps",
    "request_added_cpu_vs_bare",
    "page_vs_bare_page_rps",
    "visitorless_vs_noop_cpu",
    "entries_per_second",
    "backlog_seconds",
    "bytes_per_entry",
    "import_vs_executemany",
)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--full", action="store_true", help=f"write entries for {FULL_SECONDS:.0f} seconds")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="how long to write entries")
    parser.add_argument("--only", choices=tuple(_parts(SECONDS)), action="append", help="measure these parts alone")
    args = parser.parse_args()
    logging.disable(logging.INFO)
    parts = _parts(FULL_SECONDS if args.full else args.seconds)
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="personalize-bench-") as folder:
        for name in args.only or parts:
            found |= _measured(name, parts[name], Path(folder) / name)
    print(json.dumps(_ordered(found | {"floors_met": _floors(found)}), indent=2))


def _parts(seconds: float) -> dict[str, Callable[[Path], dict[str, Any]]]:
    return {
        "decisions": decisions.measure,
        "requests": http.measure,
        "pages": pages.measure,
        "journal": lambda folder: journal.measure(folder, seconds),
        "imports": imports.measure,
    }


def _measured(name: str, measure: Callable[[Path], dict[str, Any]], folder: Path) -> dict[str, Any]:
    print(f"{name} …", file=sys.stderr, flush=True)
    started = time.monotonic()
    found = measure(folder)
    print(f"{name}: {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    return found


def _floors(found: dict[str, Any]) -> dict[str, bool]:
    met = {name: found[name] <= floor for name, floor in AT_MOST.items() if name in found}
    met |= {name: found[name] >= floor for name, floor in AT_LEAST.items() if name in found}
    if "backlog_flat" in found:
        met["backlog_flat"] = found["backlog_flat"]
    return met


def _ordered(found: dict[str, Any]) -> dict[str, Any]:
    """Return the figures rounded to four digits, the fixed names first."""
    names = [name for name in FIRST if name in found] + [name for name in found if name not in FIRST]
    return {name: _rounded(found[name]) for name in names}


def _rounded(value: Any) -> Any:
    return float(f"{value:.4g}") if isinstance(value, float) else value


if __name__ == "__main__":
    main()
