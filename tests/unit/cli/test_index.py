import signal
import subprocess
import sys
import time
from pathlib import Path

from personalize.cli import index
from personalize.storage.open import open_store

from .conftest import Run, Visit


def indexed(site: Path) -> int:
    store = open_store(site / "store")
    try:
        return len(list(store.entries.by_time(0, 1 << 62)))
    finally:
        store.close()


def test_once_indexes_what_is_there_and_ends(run: Run, visit: Visit, site: Path) -> None:
    visit("customer_number:C1", "offer", 1)
    assert run("index", "--once").out == "1 page view indexed.\n"
    assert indexed(site) == 1
    assert run("index", "--once").out == "0 page views indexed.\n"


def test_a_signal_ends_it_after_all_is_indexed(visit: Visit, site: Path) -> None:
    visit("customer_number:C1", "offer", 1)
    command = [sys.executable, "-c", "from personalize.cli.main import main; main(['index'])"]
    with subprocess.Popen(command, cwd=site, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("Indexing until stopped")
        deadline = time.monotonic() + 10
        while not indexed(site) and time.monotonic() < deadline:
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert indexed(site) == 1


def test_signal_handlers_are_given_back() -> None:
    before = [signal.getsignal(number) for number in index.SIGNALS]
    with index._stop_signals() as received:
        signal.raise_signal(signal.SIGTERM)
        assert received == [signal.SIGTERM]
    assert [signal.getsignal(number) for number in index.SIGNALS] == before
