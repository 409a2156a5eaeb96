"""`erase`, `backup` and `restore`, as somebody types them."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Run, Visit

ANN = "email:ann@example.org"
REASON = ("--reason", "asked for by mail")
NUMBER = 4_000


def test_one_person_is_erased_by_any_identifier_of_theirs(run: Run, visit: Visit, site: Path) -> None:
    code = visit("customer_number:C1", "offer", NUMBER).code
    told = run("erase", ANN, *REASON, "--yes")
    assert told.code == 0
    assert "No file of the store holds a byte of this person any more." in told.out
    assert "Erase this person at the source too (crm): the next file with them makes somebody new of them" in told.out
    assert run("find", "customer_number:C1").code == 1
    assert run("find", "customer_number:C2").code == 0
    explained = run("explain", code, "--lang", "nl")
    assert (explained.code, "gewist" in explained.out) == (0, True)
    assert "Internet" not in (site / "personalize.erasures").read_text()


def test_json_says_what_went(run: Run, site: Path) -> None:
    told = run("erase", ANN, *REASON, "--yes", "--json").json
    assert told["swept"] is True
    assert told["sources"] == ["crm"]
    assert told["removed"] == {"identifiers": 4, "values": 1, "handles": 0, "consents": 0}


def test_the_trail_has_the_reason_and_not_the_identifier(run: Run, site: Path) -> None:
    run("erase", ANN, *REASON, "--yes")
    data = b"".join(path.read_bytes() for path in (site / "store").rglob("*") if path.is_file())
    assert b"asked for by mail" in data
    assert b"ann@example.org" not in data


def test_the_trail_names_whoever_erased_as_it_names_others_at_the_command_line(
    run: Run, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "ops")
    run("find", ANN, *REASON)
    run("erase", ANN, *REASON, "--yes")
    with closing(sqlite3.connect(site / "store" / "people.sqlite")) as people:
        assert people.execute("SELECT staff, role, what FROM looks ORDER BY seq").fetchall() == [
            ("shell:ops", "shell", "cli:find"),
            ("shell:ops", "shell", "erase"),
        ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((ANN, "--yes"), "--reason is missing"),
        ((ANN, *REASON), "Give --yes"),
        ((), "Name one person"),
        ((ANN, "--expired"), "A person and --expired are both given. Give one of them."),
    ],
)
def test_nobody_is_erased_by_half_a_command(run: Run, site: Path, words: tuple[str, ...], said: str) -> None:
    told = run("erase", *words)
    assert (told.code, said in told.err) == (2, True), told.err
    assert run("find", ANN).code == 0


def test_somebody_unknown_is_said_to_be_unknown(run: Run, site: Path) -> None:
    assert run("erase", "customer_number:C9", *REASON, "--yes").code == 1


def test_it_is_asked_whether_it_is_meant(run: Run, site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda text: "no")
    assert run("erase", ANN, *REASON).code == 1
    assert run("find", ANN).code == 0
    monkeypatch.setattr("builtins.input", lambda text: "erase")
    assert run("erase", ANN, *REASON).code == 0
    assert run("find", ANN).code == 1


def test_what_expired_is_deleted_with_a_report(run: Run, visit: Visit, site: Path) -> None:
    visit("customer_number:C1", "offer", NUMBER)
    told = run("erase", "--expired", "--json")
    assert told.code == 0
    deleted = {each["what"]: each["count"] for each in told.json["deleted"]}
    kinds = ("counts", "corrections", "searches", "links", "rejects", "devices", "recipes", "entries")
    assert deleted == dict.fromkeys(kinds, 0)
    assert "entries" in run("erase", "--expired").out


def test_a_backup_is_put_back_without_the_erased(run: Run, visit: Visit, site: Path) -> None:
    code = visit("customer_number:C1", "offer", NUMBER).code
    assert run("backup", "copy", "--keys", "copy").code == 2
    told = run("backup", "copy", "--keys", "apart")
    assert (told.code, "personalize.erasures" in told.out) == (0, True)
    assert run("restore", "copy", "--keys", "apart").code == 2
    run("erase", ANN, *REASON, "--yes")
    shutil.rmtree(site / "store")
    told = run("restore", "copy", "--keys", "apart")
    assert (told.code, "1 person erased since then" in told.out, told.err) == (0, True, ""), told
    assert run("find", ANN).code == 1
    assert "erased" in run("explain", code, "--lang", "en").out
    assert run("replay", "--json").json["erased"] == 1


def test_a_backup_put_back_without_the_erasure_list_says_that_the_erased_are_back(run: Run, site: Path) -> None:
    listed = site / "personalize.erasures"
    run("backup", "copy", "--keys", "apart")
    run("erase", ANN, *REASON, "--yes")
    listed.rename(site / "kept")
    shutil.rmtree(site / "store")
    told = run("restore", "copy", "--keys", "apart")
    assert (told.code, "with 3 people" in told.out, "stayed erased" in told.out) == (1, True, False), told
    assert f"There is no erasure list at {listed}: whoever was erased after the backup is known again, " in told.err
    assert run("find", ANN).code == 0
    (site / "kept").rename(listed)
    shutil.rmtree(site / "store")
    assert run("restore", "copy", "--keys", "apart").code == 0
    assert run("find", ANN).code == 1


@pytest.mark.parametrize("missing", [True, False])
def test_json_says_whether_the_erasure_list_was_missing(run: Run, site: Path, missing: bool) -> None:
    run("erase", ANN, *REASON, "--yes")
    run("backup", "copy", "--keys", "apart")
    if missing:
        (site / "personalize.erasures").unlink()
    shutil.rmtree(site / "store")
    told = run("restore", "copy", "--keys", "apart", "--json")
    assert (told.code, told.json["list_missing"], "no erasure list" in told.err) == (int(missing), missing, missing)
