"""Importing a CRM file beside a bare executemany of the very rows it makes."""

import sys
import time
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from bench.checking import Wrong
from bench.site import MAPPED, build, write_csv
from bench.workload import people
from personalize.onboarding.importing import import_file
from personalize.storage.sqlite.connect import Database, connect

ROWS = 4_000
ROUNDS = 4
INSERTS = {
    "profiles": "INSERT INTO profiles (subject, source, batch, body) VALUES (?, ?, ?, ?)",
    "identifiers": "INSERT INTO identifiers (digest, subject, kind, batch) VALUES (?, ?, ?, ?)",
}


class Cost(NamedTuple):
    """CPU seconds per row of the file, by import and by executemany."""

    ours: float
    bare: float


def measure(folder: Path) -> dict[str, Any]:
    """Return the figures of imports. Raises Wrong where a row is missing."""
    today = date.today()  # noqa: DTZ011  # the machine's own day
    personalizer = build(folder, identifiers=tuple(MAPPED))
    house = personalizer.open()
    costs = []
    for number in range(ROUNDS):
        path = folder / f"crm-{number}.csv"
        write_csv(path, people(1 + number * ROWS, ROWS, today))
        started = time.process_time()
        summary = import_file(path, "crm", house.settings, house.store, house.ring, house.clock, noes=house.rights.noes)
        ours = time.process_time() - started
        if summary.accepted != ROWS:
            raise Wrong(f"{summary.accepted} of {ROWS} rows were imported")
        rows = _rows_of(house.store.people)
        costs.append(Cost(ours / ROWS, _insert(folder / f"bare-{number}.sqlite", rows) / ROWS))
    personalizer.close()
    print(f"imports: {ROUNDS * ROWS} rows", file=sys.stderr)
    return _figures(costs)


def _rows_of(people_file: Database) -> dict[str, list[Any]]:
    """Return what the newest import added: a profile and four identifiers for each row."""
    newest = people_file.one("SELECT max(number) FROM batches")
    assert newest is not None
    profiles = people_file.all("SELECT subject, source, batch, body FROM profiles WHERE batch = ?", newest)
    identifiers = people_file.all("SELECT digest, subject, kind, batch FROM identifiers WHERE batch = ?", newest)
    if (len(profiles), len(identifiers)) != (ROWS, ROWS * len(MAPPED)):
        raise Wrong(f"the import made {len(profiles)} profiles and {len(identifiers)} identifiers")
    return {"profiles": profiles, "identifiers": identifiers}


def _insert(path: Path, rows: dict[str, list[Any]]) -> float:
    """Insert the rows into a fresh file of the same schema, in one transaction; return the CPU seconds."""
    Database(path, "people").close()
    connection = connect(path)
    started = time.process_time()
    connection.execute("BEGIN IMMEDIATE")
    for table, statement in INSERTS.items():
        connection.executemany(statement, rows[table])
    connection.execute("COMMIT")
    spent = time.process_time() - started
    connection.close()
    return spent


def _figures(costs: list[Cost]) -> dict[str, float]:
    ours, bare = (min(column) for column in zip(*costs, strict=True))
    return {
        "import_vs_executemany": bare / ours,
        "import_vs_executemany_median": median(cost.bare / cost.ours for cost in costs),
        "import_us_per_row": ours * 1e6,
        "executemany_us_per_row": bare * 1e6,
        "import_rows_per_second": 1 / ours,
    }
