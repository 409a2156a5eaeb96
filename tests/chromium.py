"""The browser of tests that look at pages: Chromium of the machine."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from tests.conftest import absent

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@contextmanager
def launched(otherwise: str) -> Iterator[Browser]:
    """Have a browser; where the machine has none, skip the test and say what was missed, or fail it in CI."""
    if CHROMIUM is None:
        absent(f"NO CHROMIUM: {otherwise}")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()
