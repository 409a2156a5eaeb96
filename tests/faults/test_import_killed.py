"""An import that is killed leaves the store as it was, or as it shall be: never between (X20)."""

import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from personalize.recognition.keys import KeyRing
from personalize.rights.rights import erasure_of
from personalize.settings import load_settings
from personalize.storage.open import open_store

SETTINGS = """\
[site]
url = "http://127.0.0.1:8000"
[purposes.offers]
basis = "legitimate_interest"
titles.en = "offers"
[sources.crm]
key = "customer_number"
identifiers.customer_number = "id"
identifiers.email = "email"
columns.city = "city"
[attributes.city]
type = "text"
source = "crm"
purpose = "offers"
titles.en = "city"
"""
PROGRAM = """\
import sys
from pathlib import Path
from personalize.onboarding.importing import import_file
from personalize.ports import SystemClock
from personalize.recognition.keys import KeyRing
from personalize.rights.rights import follow_list
from personalize.settings import load_settings
from personalize.storage.open import open_store

folder = Path(sys.argv[1])
settings = load_settings(folder / "personalize.toml")
store = open_store(folder / "store")
ring = KeyRing.load(folder / "ring")
print("ready", flush=True)
going = lambda *_: print("going", flush=True)
noes = follow_list(settings, store, ring, 0)
import_file(folder / "crm.csv", "crm", settings, store, ring, SystemClock(), noes=noes, progress=going)
print("done", flush=True)
"""
PEOPLE = 20_000
KILLED_BEFORE_THE_ROWS = """\
import os
import signal
from personalize.storage.sqlite.staging import Staging

Staging._in_transaction = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "personalize.toml").write_text(SETTINGS)
    KeyRing.new(0).save(tmp_path / "ring")
    rows = "".join(f"{n},a{n}@example.org,Ede\n" for n in range(PEOPLE))
    (tmp_path / "crm.csv").write_text("id,email,city\n" + rows)
    open_store(tmp_path / "store").close()
    return tmp_path


def counts(folder: Path) -> tuple[int, ...]:
    store = open_store(folder / "store")
    tables = ("subjects", "profiles", "batches", "identifiers")
    found = tuple(store.people.all(f"SELECT count(*) FROM {table}")[0][0] for table in tables)
    keyless = store.people.all("SELECT subject FROM subjects")
    keys = {subject for (subject,) in store.keys.all("SELECT subject FROM subject_keys")}
    assert all(subject in keys for (subject,) in keyless)
    store.close()
    return found


def keys(folder: Path) -> int:
    store = open_store(folder / "store")
    (found,) = store.keys.one("SELECT count(*) FROM subject_keys") or (0,)
    store.close()
    return int(found)


def test_keys_of_an_import_killed_before_its_rows_go(folder: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED_BEFORE_THE_ROWS + PROGRAM, folder], capture_output=True)
    assert killed.returncode == -signal.SIGKILL
    assert keys(folder) == PEOPLE
    assert counts(folder) == (0, 0, 0, 0)
    store = open_store(folder / "store")
    erasure = erasure_of(load_settings(folder / "personalize.toml"), store, KeyRing.load(folder / "ring"), print)
    with closing(store):
        assert erasure.drop_nobodys_keys() == PEOPLE
    assert keys(folder) == 0
    subprocess.run([sys.executable, "-c", PROGRAM, folder], check=True, capture_output=True)
    assert (keys(folder), counts(folder)[0]) == (PEOPLE, PEOPLE)


@pytest.mark.parametrize(
    "delay", [0.0, 0.3, *(pytest.param(at, marks=pytest.mark.soak) for at in (0.15, 0.45, 0.6, 0.9))]
)
def test_a_killed_import_happened_whole_or_not_at_all(folder: Path, delay: float) -> None:
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, folder], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.stdout.readline()
    time.sleep(delay)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    whole = (PEOPLE, PEOPLE, 1, 2 * PEOPLE)
    assert counts(folder) in ((0, 0, 0, 0), whole)
    subprocess.run([sys.executable, "-c", PROGRAM, folder], check=True, capture_output=True)
    assert counts(folder) == whole
