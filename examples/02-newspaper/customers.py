"""Make the customer files of the demo: dates follow today, so that a term always ends soon."""

import csv
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Final

SOON: Final = timedelta(days=45)
LATER: Final = timedelta(days=400)

Row = Mapping[str, str]


def write_files(folder: Path, today: date) -> dict[str, Path]:
    """Write one CSV file for each source and return them by source, in the order to import them."""
    return {name: _write(folder / f"{name}.csv", rows) for name, rows in _rows(today).items()}


def _rows(today: date) -> dict[str, list[Row]]:
    long_ago = (today - timedelta(days=200)).isoformat()
    return {
        "crm": [
            _customer("4711", "Anna", "anna@lezers.example", today + SOON),
            _customer("4712", "Ingrid", "ingrid@lezers.example", today + LATER),
            _customer("4713", "Daniel", "daniel@lezers.example", None),
            _customer("4714", "Pieter", "pieter@lezers.example", today + LATER),
        ],
        "letters": [
            {"customer_number": "4712", "newsletters": "climate"},
            {"customer_number": "4713", "newsletters": "climate|weekend"},
        ],
        "consents": [
            {"customer_number": number, "purpose": purpose, "given_at": long_ago}
            for number in ("4712", "4713")
            for purpose in ("climate_letter", "recognition")
        ],
        "objections": [{"customer_number": "4714"}],
    }


def _customer(number: str, name: str, email: str, end: date | None) -> Row:
    return {
        "customer_number": number,
        "first_name": name,
        "email": email,
        "subscriber": "yes" if end else "no",
        "products": "newspaper" if end else "",
        "contract_end": end.isoformat() if end else "",
    }


def _write(path: Path, rows: Iterable[Row]) -> Path:
    listed = list(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(listed[0]))
        writer.writeheader()
        writer.writerows(listed)
    return path
