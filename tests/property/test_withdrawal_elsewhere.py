"""Law 9: what is withdrawn in one process is withdrawn in every other within a second."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from personalize.model.people import Assurance, Visitor
from personalize.personalizer import Personalizer
from tests.property.little_site import Canary, make_site, open_site

CHECKOUT = Path(__file__).resolve().parents[2]
WHO = "customer_number:c1"
ANOTHER_WORKER = """
import json, sys, time
from pathlib import Path
from personalize.recognition.recognise import Credentials
from tests.property.little_site import Canary, open_site

canary = Canary()
pipeline = open_site(Path(sys.argv[1]), canary).pipeline
for visit in range(1_000_000):
    started = time.time()
    prepared = pipeline.prepare(Credentials(login="customer_number:c1"))
    pipeline.decide(prepared, "page", {"visit": visit})
    print(json.dumps([started, repr(canary.sang[-1]["letters"]), repr(canary.sang[-1]["theme"])]), flush=True)
    canary.sang.clear()
    time.sleep(0.01)
"""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Personalizer]:
    """A site that knows somebody's letters, under consent, and theme, under legitimate interest."""
    make_site(tmp_path / "site")
    personalizer = open_site(tmp_path / "site", Canary())
    digest = personalizer.settings.notices["agree"].digests["nl"]
    stranger = Visitor(assurance=Assurance.login, identifier=WHO)
    event = personalizer.ledger.give(stranger, "letter", "nl", digest)
    known = stranger.known_as(event.subject)
    personalizer.remember(known, "post", {"letters": frozenset({"climate"})})
    personalizer.remember(known, "crm", {"theme": "dark"})
    yield personalizer
    personalizer.close()


@pytest.fixture
def worker(site: Personalizer) -> Iterator[subprocess.Popen[str]]:
    """Another worker on the same folder, which decides for that person a hundred times a second."""
    command = [sys.executable, "-c", ANOTHER_WORKER, str(site.settings.root)]
    with subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def seen(worker: subprocess.Popen[str]) -> tuple[float, str, str]:
    """Return when the worker's next visit began, and what it read of letters and theme."""
    assert worker.stdout is not None
    line = worker.stdout.readline()
    assert line, "the other worker ended"
    began, letters, theme = json.loads(line)
    return began, letters, theme


def known(site: Personalizer) -> Visitor:
    return Visitor(subject=site.house.subject_of(WHO), assurance=Assurance.login, identifier=WHO)


@pytest.mark.parametrize(
    ("act", "purpose", "place", "value", "cause"),
    [
        ("withdraw", "letter", 1, "climate", "no_consent"),
        pytest.param("object", "letter", 1, "climate", "objected", marks=pytest.mark.soak),
        pytest.param("object", "service", 2, "dark", "objected", marks=pytest.mark.soak),
    ],
)
def test_another_worker_stops_within_a_second(site, worker, act, purpose, place, value, cause):
    for _ in range(20):
        assert value in seen(worker)[place]
    getattr(site.ledger, act)(known(site), purpose)
    said, last = time.time(), 0.0
    while (visit := seen(worker))[0] < said + 1.0:
        last = visit[0] if value in visit[place] else last
    print(f"the last read began {max(0.0, last - said):.3f} s after it was said")
    for _ in range(20):
        assert f"Cause(name='{cause}')" == seen(worker)[place]
