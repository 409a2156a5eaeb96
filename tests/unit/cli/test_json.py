"""The page about the JSON of the commands has every member that they print, and no other."""

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, names

from .conftest import Run, Visit

PAGE = DOCS / "reference" / "json.md"
ANN = "customer_number:C1"
COMMANDS: dict[str, list[tuple[str, ...]]] = {
    "check": [("check",)],
    "plugins": [("plugins",)],
    "keys": [("keys",)],
    "staff": [("staff",)],
    "import": [("import", "more.csv", "--source", "crm")],
    "token": [
        ("token", "--report"),
        ("token", "--revoke", "--mailing", "weekly"),
    ],
    "simulate": [("simulate", "offer"), ("simulate", "offer", "--as", "customer_number:C2")],
    "explain": [("explain", "{code}", "--what-if"), ("explain", "AAAA-AAAA")],
    "find": [("find", ANN)],
    "replay": [("replay",)],
    "recall": [("recall", "--attribute", "active")],
    "verify": [("verify",)],
    "status": [("status",)],
    "correct": [("correct", ANN, "--attribute", "tenure", "--claimed", "3"), ("correct",), ("correct", "1")],
    "restrict": [("restrict", ANN, "--attribute", "tenure")],
    "object": [("object", ANN, "--all")],
    "erase": [("erase", ANN, "--yes", "--reason", "asked"), ("erase", "--expired")],
    "backup": [("backup", "copy", "--keys", "keys")],
    "restore": [("restore", "copy", "--keys", "keys")],
}


def paths(value: object, within: str = "") -> Iterator[str]:
    """Yield where each member of a JSON value stands, as the page writes it."""
    match value:
        case dict():
            for name, inner in value.items():
                yield f"{within}{name}"
                yield from paths(inner, f"{within}{name}.")
        case list():
            for item in value:
                yield from paths(item, f"{within[:-1]}[].")


def meant(written: str, path: str) -> bool:
    """Say whether a path is the one that is written, or leads there, or leads on from there."""
    for said, part in zip(written.split("."), path.split("."), strict=False):
        if said != part and not re.fullmatch(r"[A-Z]+", said):
            return False
    return True


@pytest.fixture
def lived(run: Run, visit: Visit, site: Path) -> str:
    """A site with a decision, a mailing and another customer file; its visit code."""
    run("simulate", "offer")
    decision = visit(ANN, "offer", 123_456_789)
    run("index", "--once")
    run("token", "--identifier", ANN, "--mailing", "weekly")
    customers = (site / "crm.csv").read_text("utf-8").replace("C1,", "C9,", 1).replace("ann@example.org", "no mail")
    (site / "more.csv").write_text(customers, "utf-8")
    return decision.code


@pytest.mark.parametrize("command", COMMANDS)
def test_every_member_is_documented_and_no_other(run: Run, lived: str, site: Path, command: str) -> None:
    documented = names(PAGE, command)
    if command == "restore":
        run("backup", "copy", "--keys", "keys")
        (site / "store").rename(site / "before")
    seen = [
        path
        for words in COMMANDS[command]
        for path in paths(run(*(word.format(code=lived) for word in words), "--json").json)
    ]
    assert [path for path in seen if not any(meant(written, path) for written in documented)] == []
    filled = {path.rpartition("[]")[0] for path in seen if "[]" in path}
    due = [written for written in documented if "[]" not in written or written.rpartition("[]")[0] in filled]
    assert [written for written in due if not any(meant(written, path) for path in seen)] == []


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (("import", "more.csv", "--source", "crm", "--dry-run"), "observed_at"),
        (("backup", "copy", "--keys", "keys"), "made_at"),
    ],
)
def test_times_are_iso_8601(run: Run, lived: str, words: tuple[str, ...], name: str) -> None:
    assert datetime.fromisoformat(run(*words, "--json").json[name]).tzinfo
