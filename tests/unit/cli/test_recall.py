"""`personalize recall` and `personalize export` on the telecom site."""

import csv
import json
from datetime import datetime
from pathlib import Path

import pytest

from personalize.cookbook import served
from personalize.safe_csv import restored

from .conftest import Run, Visit, edit

NUMBER = 123_456_789


@pytest.mark.parametrize(
    ("option", "name", "how"),
    [
        ("--attribute", "active", "value"),
        ("--batch", "1", "active"),
        ("--rule", "existing-customer/already-has-it", ""),
        ("--plugin", "existing-customer@", ""),
    ],
)
def test_every_decision_that_used_it_is_listed(run: Run, visit: Visit, option: str, name: str, how: str) -> None:
    visit("customer_number:C1", "offer", NUMBER)
    visit("customer_number:C2", "offer", NUMBER)
    if option in ("--rule", "--plugin"):
        rules = run("plugins", "--json").out
        name = _own_name(json.loads(rules), option)
    found = run("recall", option, name, "--json").json
    assert found["counts"]["decisions"] == 2
    assert found["counts"]["people"] == 2
    assert all(how in row["how"] for row in found["decisions"])
    times = [row["time"] for row in found["decisions"]]
    assert [datetime.fromisoformat(time).isoformat() for time in times] == times


def _own_name(listed: object, option: str) -> str:
    plugins = listed["plugins"] if isinstance(listed, dict) else listed
    plugin = next(each for each in plugins if each["name"] == "existing-customer")
    rule = plugin["rules"][0]
    return f"existing-customer/{rule['name']}" if option == "--rule" else f"existing-customer@{plugin['version']}"


def test_a_file_for_auditors_is_private_and_restorable(run: Run, visit: Visit, folder: Path) -> None:
    visit("customer_number:C1", "offer", NUMBER)
    told = run("recall", "--attribute", "active", "--csv", "found.csv")
    assert told.code == 0
    assert "1 decision of 1 person used it" in told.out
    path = folder / "found.csv"
    assert path.stat().st_mode & 0o777 == 0o600
    with path.open(newline="") as file:
        rows = [dict(zip(("time", "code", "slot"), map(restored, row), strict=False)) for row in csv.reader(file)]
    assert rows[1]["slot"] == "offer"


def test_what_was_decided_and_not_put_on_the_page_was_not_shown(
    run: Run, visit: Visit, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit("customer_number:C1", "offer", NUMBER)
    recall = ("recall", "--attribute", "active")
    counts = run(*recall, "--json").json["counts"]
    assert (len(counts["shown"]), counts["unserved"]) == (1, 0)  # it may still come to be known
    monkeypatch.setattr(served, "KNOWN_AFTER", 0)
    told = run(*recall, "--json").json
    assert (told["counts"]["decisions"], told["counts"]["shown"], told["counts"]["unserved"]) == (1, [], 1)
    assert [row["served"] for row in told["decisions"]] == [False]
    listed, _, last = run(*recall).out.strip().splitlines()
    assert listed.endswith("not put on the page")
    assert last == "1 decision was not put on the page."
    run(*recall, "--csv", "found.csv")
    assert (folder / "found.csv").read_text().splitlines()[1].endswith('"no"')


def test_nothing_found_and_nothing_there_are_told_apart(run: Run, visit: Visit) -> None:
    visit("customer_number:C1", "offer", NUMBER)
    assert run("recall", "--attribute", "active", "--to", "2001-01-01").code == 1
    unknown = run("recall", "--attribute", "activ")
    assert (unknown.code, "Did you mean active?" in unknown.err) == (1, True)


@pytest.mark.parametrize(
    ("option", "name", "form", "is_told"),
    [
        ("--notice", "service", "Write name@version", True),
        ("--notice", "service@1", "Write name@version", False),
        ("--rule", "renewal", "Write plugin/name, as in builtin/priority-order.", True),
        ("--rule", "builtin/renewal", "Write plugin/name", False),
    ],
)
def test_how_a_name_is_written_is_told_where_it_was_not_written_so(
    run: Run, visit: Visit, option: str, name: str, form: str, is_told: bool
) -> None:
    visit("customer_number:C1", "offer", NUMBER)
    told = run("recall", option, name)
    assert (told.code, form in told.err) == (1, is_told), told.err
    assert name in told.err


def test_an_export_is_for_programs_or_for_people(run: Run, visit: Visit) -> None:
    visit("customer_number:C1", "offer", NUMBER)
    body = run("export", "customer_number:C1").json
    assert body["decisions"][0]["slot"] == "offer"
    assert "active" in {each["attribute"] for each in body["values"]}
    for lang, words in (("nl", "Wat wij over u bewaren"), ("nb", "Hva vi har lagret"), ("en", "What we hold of you")):
        assert words in run("export", "customer_number:C1", "--format", "html", "--lang", lang).out


@pytest.mark.parametrize("words", [("recall", "--attribute", "active"), ("export", "customer_number:C1")])
def test_beyond_loopback_a_reason_is_needed(run: Run, visit: Visit, folder: Path, words: tuple[str, ...]) -> None:
    visit("customer_number:C1", "offer", NUMBER)
    edit(folder / "personalize.toml", "http://127.0.0.1:8000", "https://www.example.org")
    assert run(*words).code == 2
    assert run(*words, "--reason", "an audit").code == 0
