from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from .conftest import COLUMNS, PEOPLE, Run


def test_a_file_is_imported_once(run: Run, site: Path) -> None:
    again = run("import", "crm.csv", "--source", "crm", "--json").json
    assert again["already"] is True
    assert run("simulate", "offer", "--json").json["subjects"] == 3


def test_a_dry_run_stores_nothing(run: Run, folder: Path) -> None:
    run("keys", "new")
    (folder / "crm.csv").write_text(COLUMNS + PEOPLE)
    shown = run("import", "crm.csv", "--source", "crm", "--dry-run")
    assert shown.code == 0
    assert "nothing was stored" in shown.out
    assert not (folder / "store").exists()
    assert run("simulate", "offer", "--json").json["subjects"] == 0


def test_rejected_rows_are_named_and_the_rest_is_imported(run: Run, site: Path) -> None:
    (site / "more.csv").write_text(COLUMNS + "\n,no@example.org" + "," * 13 + PEOPLE.replace("C1", "C4", 1))
    shown = run("import", "more.csv", "--source", "crm")
    assert shown.code == 0
    assert "row rejected" in shown.out
    assert "more.csv.rejects.csv" in shown.out
    assert (site / "store" / "rejects" / "more.csv.rejects.csv").exists()


def test_a_file_without_rows_is_noticed_each_time(run: Run, site: Path) -> None:
    (site / "empty.csv").write_text(COLUMNS)
    for _ in range(2):
        shown = run("import", "empty.csv", "--source", "crm")
        assert (shown.code, "Nothing was stored" in shown.out) == (1, True)


def test_the_moment_of_observation_can_be_told(run: Run, site: Path) -> None:
    (site / "old.csv").write_text(COLUMNS + PEOPLE.replace("C", "D"))
    assert run("import", "old.csv", "--source", "crm", "--observed", "2020-01-31").code == 2  # older than the newest
    assert run("import", "old.csv", "--source", "crm", "--observed", "2020-01-31", "--older").code == 0
    told = run("simulate", "renewal", "--as", "customer_number:D1", "--json").json
    assert told["outcomes"][0]["cause"] == "stale"


def test_a_moment_of_observation_that_is_still_to_come_is_refused(run: Run, site: Path) -> None:
    soon = (datetime.now(ZoneInfo("Europe/Amsterdam")) + timedelta(minutes=20)).isoformat(timespec="minutes")
    refused = run("import", "crm.csv", "--source", "crm", "--observed", soon[:16])
    assert (refused.code, "still to come" in refused.err, "time of Europe/Amsterdam" in refused.err) == (2, True, True)


def test_an_unknown_source_or_file_is_refused(run: Run, site: Path) -> None:
    assert "known are crm, objections" in run("import", "crm.csv", "--source", "crn").err
    missing = run("import", "nowhere.csv", "--source", "crm")
    assert missing.code == 2
    assert "nowhere.csv" in missing.err


def test_no_bar_is_drawn_where_nobody_watches(run: Run, site: Path) -> None:
    assert run("simulate", "offer").err == ""
