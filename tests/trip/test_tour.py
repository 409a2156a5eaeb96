"""The demo's tour over real HTTP: it holds, and each seeded fault breaks the very step it concerns."""

import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

NEWSPAPER = Path(__file__).resolve().parents[2] / "examples" / "02-newspaper"
PORT = 8000


@pytest.fixture(scope="module")
def demo() -> Iterator[ModuleType]:
    sys.path.insert(0, str(NEWSPAPER))
    yield importlib.import_module("demo")
    sys.path.remove(str(NEWSPAPER))


def take_tour(folder: Path) -> tuple[int, str]:
    command = [sys.executable, "-m", "personalize.cli.main", "demo", "--tour", "--folder", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stdout + done.stderr


def edit(path: Path, pattern: str, replacement: str) -> None:
    text, changed = re.subn(pattern, replacement, path.read_text("utf-8"), flags=re.DOTALL)
    assert changed, f"{pattern!r} is not in {path.name}"
    path.write_text(text, "utf-8")


FAULTS: dict[str, tuple[str, str, str]] = {
    "stranger": ("content/offers.toml", "Three months for the price of one", "Two months for nothing"),
    "subscriber": ("personalize.toml", r"\[plugins.existing-customer\].*?(?=\[plugins.renewal)", ""),
    "renewal": ("crm.csv", r"(4711,.*?newspaper,)\d{4}", r"\g<1>2199"),
    "climate": ("personalize.toml", "Yes, Nieuwsblad may send me", "Yes, send me"),
    "banner": ("content/front.toml", "read_topic == 'climate'", "read_topic == 'science'"),
    "link": ("consents.csv", "4712,recognition,", "4711,recognition,"),
    "explanation": ("personalize.toml", 'nl = "onze abonneeadministratie"', 'nl = "een bestand"'),
    "bar": ("personalize.toml", r'url = "http://127\.0\.0\.1', 'url = "http://newspaper.example'),
    "withdrawal": (
        "personalize.toml",
        'source = "letters"\npurpose = "climate_letter"',
        'source = "letters"\npurpose = "subscription"',
    ),
    "objection": ("objections.csv", "4714", "4713"),
    "replay": ("last_days.py", '__version__ = "1.0"', "import time\n\n__version__ = str(time.time())"),
}


@pytest.mark.server
def test_the_tour_holds(tmp_path: Path) -> None:
    status, told = take_tour(tmp_path / "site")
    assert status == 0, told
    assert told.count("✓") == len(FAULTS)


@pytest.mark.server
@pytest.mark.parametrize(
    "step", [pytest.param(step, marks=pytest.mark.soak if place % 3 else ()) for place, step in enumerate(FAULTS)]
)
def test_a_seeded_fault_breaks_the_tour_at_its_step(
    demo: ModuleType, tmp_path: Path, step: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "site"
    demo.copy_files(folder, PORT)
    name, pattern, replacement = FAULTS[step]
    edit(folder / name, pattern, replacement)
    status = demo.take_tour(folder, demo.free_port())
    told = capsys.readouterr().out
    assert status == 1, told
    assert re.findall(r"✗ (\w+)", told) == [step], told
