"""The table of a real operator, whole."""

import csv
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from personalize.onboarding.importing import import_file
from personalize.onboarding.summary import ImportSummary
from personalize.ports import SystemClock
from personalize.recognition.keys import KeyRing
from personalize.rights.rights import follow_list
from personalize.settings import load_settings
from personalize.storage.open import Store, open_store

SETTINGS = """\
[site]
url = "http://127.0.0.1:8000"

[purposes.offers]
basis = "legitimate_interest"
titles.en = "offers"

[sources.crm]
country = "NL"
key = "customer_number"
identifiers.customer_number = "customer_id"
identifiers.email = "email"
identifiers.phone = "phone"
identifiers.address = ["postcode", "house_number"]
identifiers.plate = "plate"

[sources.crm.columns]
active = { column = "churn", values = { No = true, Yes = false } }
months_to_renewal = "months_to_renewal"
total_charges = "total_charges"
products.members.internet = { column = "internet_service", absent = ["No"] }
products.members.tv = { column = "streaming_tv", absent = ["No", "No internet service"] }

[attributes]
active = { type = "yes/no", source = "crm", purpose = "offers", titles.en = "a" }
months_to_renewal = { type = "number", source = "crm", purpose = "offers", titles.en = "b" }
total_charges = { type = "number", source = "crm", purpose = "offers", titles.en = "c" }
products = { type = "set of text", source = "crm", purpose = "offers", titles.en = "d" }
"""


@pytest.fixture(scope="module")
def imported(test_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[ImportSummary, Store]:
    folder = tmp_path_factory.mktemp("telco")
    (folder / "personalize.toml").write_text(SETTINGS)
    shutil.copy(test_data / "telco" / "telco.csv", folder)
    settings = load_settings(folder / "personalize.toml")
    store, ring = open_store(folder / "store"), KeyRing.new(0)
    noes = follow_list(settings, store, ring, 0)
    return import_file(folder / "telco.csv", "crm", settings, store, ring, SystemClock(), noes=noes), store


@pytest.fixture(scope="module")
def profiles(imported: tuple[ImportSummary, Store]) -> list[dict[str, Any]]:
    store = imported[1]
    people = [store.profiles.load(subject) for subject in store.profiles.subjects()]
    return [{name: stored.plain for name, stored in person.values.items()} for person in people if person]


def test_every_customer_is_accepted_and_every_forbidden_plate_reported(
    imported: tuple[ImportSummary, Store],
) -> None:
    summary = imported[0]
    assert (summary.rows, summary.accepted, summary.rejected, summary.shared) == (7_043, 7_043, 0, ())
    assert sum(each.count for each in summary.left_out if each.what == "plate") == 114
    assert {each.what for each in summary.left_out} == {"plate"}


def test_each_kind_of_identifier_is_kept_for_everybody_who_has_it(imported: tuple[ImportSummary, Store]) -> None:
    kinds = dict(imported[1].people.all("SELECT kind, count(DISTINCT digest) FROM identifiers GROUP BY kind"))
    whole = 7_043
    assert (kinds["customer_number"], kinds["email"], kinds["phone"]) == (whole, whole, whole)
    assert kinds["plate"] == whole - 114


def test_values_are_those_of_the_table(profiles: list[dict[str, Any]], test_data: Path) -> None:
    with (test_data / "telco" / "telco.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert sum("total_charges" not in profile for profile in profiles) == 11
    assert Counter(profile["active"] for profile in profiles) == Counter(row["churn"] == "No" for row in rows)
    internet = sum(row["internet_service"] != "No" for row in rows)
    assert sum("internet" in profile["products"] for profile in profiles) == internet
    months = Counter(profile.get("months_to_renewal") for profile in profiles)
    assert months == Counter(int(cell) if (cell := row["months_to_renewal"]) else None for row in rows)
