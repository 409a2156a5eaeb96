"""What commands print steers no terminal, whoever wrote it."""

import json
import sys
from pathlib import Path

import pytest

from personalize.cli.output import print_document, printable
from personalize.model.attributes import Stored
from personalize.personalizer import Personalizer
from tests.unit.cli.conftest import Run

ANN = "customer_number:C1"
EVIL = "\x1b]0;pwn\x07\x1b[31mred\u202e\x9b31m\x7f"
REASON = ("--reason", "a call")


def is_harmless(text: str) -> bool:
    return all(sign.isprintable() or sign == "\n" for sign in text)


@pytest.fixture
def evil(site: Path) -> Path:
    """The site, where the CRM delivered what steers terminals, and it was disputed."""
    personalizer = Personalizer.from_toml(site / "personalize.toml")
    house = personalizer.open()
    subject = house.subject_of(ANN)
    house.store.profiles.remember(subject, "crm", {"products": Stored([EVIL], house.clock.now(), 0)})
    house.rights.corrections.correct(subject, "products", EVIL, ANN)
    personalizer.close()
    return site


@pytest.mark.parametrize(
    "words",
    [
        ("correct", "1", *REASON),
        ("correct", "1", *REASON, "--json"),
        ("correct", f"customer_number:{EVIL}", "--attribute", "tenure", "--claimed", "1", *REASON),
        ("find", f"customer_number:{EVIL}"),
        ("simulate", EVIL),
        ("simulate", "offer", "--as", f"customer_number:{EVIL}"),
        ("explain", EVIL),
        ("recall", "--attribute", EVIL),
        ("object", ANN, "--purpose", EVIL, *REASON),
        ("restrict", ANN, "--attribute", EVIL, *REASON),
        ("erase", f"email:{EVIL}", *REASON, "--yes"),
        ("staff", "remove", EVIL),
        ("import", f"{EVIL}.csv", "--source", "crm"),
        ("token", "--identifier", f"email:{EVIL}", "--mailing", "weekly"),
        ("check", "--config", f"{EVIL}.toml"),
        ("status", EVIL),
        (EVIL,),
    ],
)
def test_no_command_prints_what_steers_a_terminal(run: Run, evil: Path, words: tuple[str, ...]) -> None:
    printed = run(*words)
    assert printed.out + printed.err
    assert is_harmless(printed.out + printed.err)


def test_json_keeps_every_sign_by_its_escape(run: Run, evil: Path) -> None:
    printed = run("correct", "1", *REASON, "--json")
    assert printed.json["held"] == [EVIL]


def test_an_export_keeps_every_sign_in_a_file_and_steers_no_terminal(
    run: Run, evil: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    values = json.loads(run("export", ANN, *REASON).out)["values"]
    assert [EVIL] in [each["value"] for each in values]
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    print_document([EVIL])
    assert is_harmless(capsys.readouterr().out)


def test_spaces_of_numbers_stay_and_isolates_are_left_out() -> None:
    assert printable("10\xa0000: \u2068שלום\u2069\x1b") == "10\xa0000: שלום\N{REPLACEMENT CHARACTER}"
