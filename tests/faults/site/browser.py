"""The site in this process, through its real middleware, and what a browser gets from it."""

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from personalize.personalizer import Personalizer
from tests.faults.site.app import SLOTS, Page, application, default_of, read_page, who

DEFAULTS = dict.fromkeys(SLOTS, "default")
HOLD = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


class Site:
    """One site: use it in a `with` block."""

    def __init__(self, settings: Path, plugins: Sequence[Any] = ()) -> None:
        self.personalizer = Personalizer.from_toml(settings, login=who, plugins=plugins)
        self.client = TestClient(
            application(self.personalizer), base_url="https://site.example", follow_redirects=False
        )

    def __enter__(self) -> "Site":
        self.client.__enter__()
        return self

    def __exit__(self, *failure: Any) -> None:
        self.client.__exit__(*failure)

    @property
    def house(self) -> Any:
        """Return the open house."""
        return self.personalizer.house

    def page(
        self, number: int | None = None, path: str = "/threaded", headers: Mapping[str, str] | None = None
    ) -> Page:
        """Return the page that a customer gets, or a stranger: valid, and with its own text where nothing is shown."""
        login = {} if number is None else {"x-customer": str(number)}
        answer = self.client.get(path, headers={**login, **(headers or {})})
        assert answer.status_code == 200
        assert "set-cookie" not in answer.headers
        page = read_page(answer.content)
        assert page is not None
        assert page.complete
        defaults = {slot for slot, variant in page.slots.items() if variant == "default"}
        assert all((page.texts[slot] == default_of(slot)) == (slot in defaults) for slot in SLOTS)
        return page

    def health(self) -> dict[str, Any]:
        """Return what health says."""
        found: dict[str, Any] = self.client.get("/personalize/api/health").json()
        return found


@contextmanager
def write_locked(database: Path) -> Iterator[None]:
    """Let another process hold a database's write lock for as long as the block."""
    command = [sys.executable, "-c", HOLD, str(database)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        try:
            yield
        finally:
            holder.communicate(timeout=30)


def recovery(site: Site, number: int, slots: Mapping[str, str], seconds: float = 15.0) -> float:
    """Wait until a customer's page is as it should be again, and return how long that took (s)."""
    began = time.monotonic()
    while site.page(number).slots != slots:
        assert time.monotonic() - began < seconds, "the site did not recover"
        time.sleep(0.05)
    return time.monotonic() - began
