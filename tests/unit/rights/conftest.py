"""A site whose customers have values that nobody else has, so that they can be looked for byte by byte."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from personalize.house import House
from personalize.personalizer import Personalizer
from personalize.recognition.recognise import Credentials
from tests.faults.site.files import write_files
from tests.unit.rights.planting import CODE, NOW, Hands, planted, stocked

SCAN = """
import sys
from pathlib import Path

def holds(path):
    try:
        data = path.read_bytes() if path.is_file() else b""
    except FileNotFoundError:  # indexed and removed meanwhile
        return False
    return any(word.encode() in data for word in sys.argv[2:])

print(*sorted({path.name for path in Path(sys.argv[1]).rglob("*") if holds(path)}))
"""


@pytest.fixture
def clock() -> Hands:
    return Hands(NOW)


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    return write_files(tmp_path / "site")


@pytest.fixture
def open_house(settings: Path, clock: Hands) -> Iterator[Callable[[], House]]:
    """Open the site, as often as a test wants; the one before is closed."""
    opened: list[Personalizer] = []

    def reopened() -> House:
        while opened:
            opened.pop().close()
        opened.append(Personalizer.from_toml(settings, clock=clock))
        return opened[-1].open()

    yield reopened
    while opened:
        opened.pop().close()


@pytest.fixture
def house(settings: Path, open_house: Callable[[], House]) -> House:
    """The site with ten customers, what they agreed to, their links, and a decision of each under a code."""
    return stocked(open_house(), settings.parent)


def holders(folder: Path, *numbers: int) -> set[str]:
    """Return the names of the files below a folder that hold a byte of what was planted for these customers.

    In a process of its own: to open and close a database's file would drop our locks on it.
    """
    words = [word for number in numbers for word in planted(number)]
    done = subprocess.run([sys.executable, "-c", SCAN, folder, *words], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.fixture
def scan() -> Callable[..., set[str]]:
    return holders


@pytest.fixture
def visit() -> Callable[..., Any]:
    """Decide a slot for a customer as a request of theirs would."""

    def decide(house: House, number: int, slot: str = "hero", code: int = 0) -> Any:
        prepared = house.pipeline.prepare(Credentials(login=f"customer_number:{number}"))
        return house.pipeline.decide(prepared, slot, code=code or CODE + number)

    return decide
