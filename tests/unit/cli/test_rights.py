"""`correct`, `restrict` and `object`, as somebody types them for a person who called."""

import json
import re
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Run, Visit, edit

ANN = "email:ann@example.org"
REASON = ("--reason", "called on 3 May", "--case", "K-7")
WRONG = ("--attribute", "tenure", "--claimed", "9731", *REASON)


def test_a_request_is_made_listed_shown_and_settled(run: Run, site: Path) -> None:
    assert run("correct").code == 0
    made = run("correct", ANN, *WRONG, "--json").json
    listed = run("correct")
    assert (listed.code, "1 open request" in listed.out, "9731" in listed.out) == (1, True, False)
    shown = run("correct", str(made["number"]), *REASON, "--json").json
    assert (shown["person"], shown["attribute"], shown["held"], shown["claimed"]) == (ANN, "tenure", 12, "9731")
    settled = run("correct", str(made["number"]), "--outcome", "kept", *REASON, "--json").json
    assert settled["outcome"] == "kept"
    assert run("correct", "--json").json == {"open": []}


def test_an_open_request_is_not_replaced_and_its_number_is_told(run: Run, site: Path) -> None:
    number = run("correct", ANN, *WRONG, "--json").json["number"]
    again = run("correct", ANN, "--attribute", "tenure", "--claimed", "36", *REASON)
    assert again.code == 2
    assert f"Request {number} about tenure is still open" in again.err
    assert "--outcome corrected" in again.err
    shown = run("correct", str(number), *REASON, "--json").json
    assert (shown["claimed"], shown["entered_by"]) == ("9731", "staff")
    run("correct", str(number), "--outcome", "corrected", *REASON)
    assert run("correct", ANN, "--attribute", "tenure", "--claimed", "36", *REASON).code == 0


def test_a_value_is_restricted_and_let_be_used_again(run: Run, site: Path) -> None:
    assert run("restrict", ANN, "--attribute", "tenure", *REASON, "--json").json == {"restricted": ["tenure"]}
    assert run("restrict", ANN, "--attribute", "tenure", "--lift", *REASON, "--json").json == {"restricted": []}
    refused = run("restrict", ANN, "--attribute", "shoe_size", *REASON)
    assert (refused.code, "there is no `shoe_size` in the dictionary" in refused.err) == (2, True)


def test_an_objection_counts_from_the_next_request_on(run: Run, visit: Visit, site: Path) -> None:
    assert visit("customer_number:C1", "offer", 1).reason.name == "SUPPRESSED"
    receipts = run("object", ANN, "--all", *REASON, "--json").json["receipts"]
    assert all(len(number) == 32 for number in receipts.values())
    assert visit("customer_number:C1", "offer", 2).reason.name != "SUPPRESSED"
    again = run("object", ANN, "--all", *REASON, "--json").json["receipts"]
    assert (again.keys(), again == receipts) == (receipts.keys(), False)


def test_a_no_counts_though_the_erasure_list_takes_no_line(run: Run, site: Path) -> None:
    list_elsewhere(site)
    for who in (ANN, "email:ben@example.org"):
        said = run("object", who, "--all", *REASON)
        assert (said.code, "Recorded" in said.out) == (0, True)


def test_where_the_store_cannot_be_opened_commands_say_that_nothing_was_recorded(run: Run, site: Path) -> None:
    kept = list_elsewhere(site)
    kept.mkdir()
    run("erase", "email:cas@example.org", "--yes", *REASON[:2])
    kept.rename(site / "moved")
    for words in (("object", ANN, "--all"), ("restrict", ANN, "--attribute", "tenure"), ("correct", ANN, *WRONG[:4])):
        refused = run(*words, *REASON)
        assert (refused.code, refused.err.startswith("Nothing was recorded. The erasure list ")) == (2, True)


def list_elsewhere(site: Path) -> Path:
    """Have the erasure list stand in a folder that is not there: as root one may write every other."""
    edit(site / "personalize.toml", "[site]\n", '[site]\nerasures = "kept/list"\n')
    return site / "kept"


def test_everything_is_in_the_trail_with_its_reason(run: Run, site: Path) -> None:
    run("correct", ANN, *WRONG)
    run("restrict", ANN, "--attribute", "tenure", *REASON)
    looks = run("export", ANN, *REASON).out
    assert looks.count("called on 3 May") == 3
    assert '"looked_up_by"' in looks
    assert '"staff"' not in looks.partition('"looked_up_by"')[2].partition("]")[0]


def test_people_who_share_an_address_are_served_by_their_number(run: Run, site: Path) -> None:
    (site / "crm.csv").write_text((site / "crm.csv").read_text().replace("ben@", "ann@"))
    assert run("import", "crm.csv", "--source", "crm").code == 0
    refused = run("find", ANN, *REASON)
    first, second = re.findall(r"subject:[0-9]+", refused.err)
    assert (refused.code, "leads to none of them" in refused.err) == (1, True)
    for command in (("find",), ("export",), ("object", "--all"), ("restrict", "--attribute", "tenure")):
        assert run(command[0], first, *command[1:], *REASON).code == 0
    looks = json.loads(run("export", first, *REASON).out)["looked_up_by"]
    assert len(looks) == 5
    assert run("erase", first, "--reason", "asked for", "--yes").code == 0
    assert "Nobody is known as" in run("find", first, *REASON).err
    assert run("find", ANN, *REASON).code == run("find", second, *REASON).code == 0


def test_a_receipt_leads_to_the_person_who_holds_it(run: Run, site: Path) -> None:
    run("object", ANN, "--all", *REASON)
    number = json.loads(run("export", ANN, *REASON).out)["consents"][0]["receipt"]
    told = json.loads(run("export", f"receipt:{number}", *REASON).out)
    assert number in [each["receipt"] for each in told["consents"]]
    assert run("find", f"receipt:{number.upper()}", *REASON).code == 0
    assert "has 32 characters" in run("find", "receipt:12", *REASON).err
    assert run("erase", ANN, "--reason", "asked for", "--yes").code == 0
    gone = run("find", f"receipt:{number}", *REASON)
    assert (gone.code, "(any more)" in gone.err) == (1, True)


@pytest.mark.parametrize("number", ["", "0", "-1", "12x", "9" * 19, "9" * 30, "\u0661"])
def test_what_is_nobodys_number_is_said_to_be_nobodys(run: Run, site: Path, number: str) -> None:
    refused = run("find", f"subject:{number}", *REASON)
    assert (refused.code, "Nobody is known" in refused.err) == (1, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("correct", ANN), "Give --attribute and --claimed"),
        (("correct", "99"), "no request 99"),
        (("object", ANN), "Give --purpose NAME, or --all"),
        (("object", ANN, "--purpose", "everything"), "There is no purpose 'everything'"),
    ],
)
def test_half_a_command_does_nothing(run: Run, site: Path, words: tuple[str, ...], said: str) -> None:
    assert said in run(*words, *REASON).err


def test_beyond_loopback_a_reason_is_needed(run: Run, site: Path) -> None:
    edit(site / "personalize.toml", "http://127.0.0.1:8000", "https://telecom.example")
    for words in (("object", ANN, "--all"), ("restrict", ANN, "--attribute", "tenure"), ("correct", "1")):
        assert "--reason" in run(*words).err
