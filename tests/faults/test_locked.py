"""A store that another process holds locked (X7): pages go on, the consent change waits or says plainly no."""

import threading
import time
from pathlib import Path

import pytest

from tests.faults.site.app import customer
from tests.faults.site.browser import Site, write_locked
from tests.faults.site.files import shown
from tests.faults.workers import PATIENCE, Worker, workers

READER = 3
FORM = "purpose=service&action=object&notice=&lang=en"


def test_a_consent_change_waits_for_a_lock_that_is_soon_gone(settings: Path) -> None:
    with Site(settings) as site:
        who = customer(site.house, READER)
        changing = threading.Thread(target=site.house.ledger.withdraw, args=(who, "reading"))
        with write_locked(settings.parent / "store" / "people.sqlite"):
            changing.start()
            time.sleep(0.5)
            assert site.page(READER).slots["story"] == "climate"
        changing.join(PATIENCE)
        assert site.page(READER).slots["story"] == "default"


@pytest.mark.server
def test_nobody_waits_with_the_visitor_whose_choice_cannot_be_written(settings: Path) -> None:
    answers: list[bytes] = []

    def choose(worker: Worker) -> None:
        answers.append(worker.post("/personalize/me/consent", READER, FORM))

    with workers(settings, 1) as [worker]:
        with write_locked(settings.parent / "store" / "people.sqlite"):
            choosing = threading.Thread(target=choose, args=[worker])
            choosing.start()
            served = 0
            while choosing.is_alive():
                assert worker.page(READER).slots == shown(READER)
                served += 1
        choosing.join(PATIENCE)
        assert answers[0].startswith(b"HTTP/1.1 503 ")
        assert served > 20
        assert worker.post("/personalize/me/consent", READER, FORM).startswith(b"HTTP/1.1 303 ")
        assert worker.page(READER).slots["hero"] == "default"


def test_entries_are_taken_and_found_while_the_cookbook_is_locked(settings: Path) -> None:
    with Site(settings) as site:
        with write_locked(settings.parent / "store" / "cookbook.sqlite"):
            until = time.monotonic() + 1.5
            pages = []
            while time.monotonic() < until:
                pages += [site.page(number) for number in range(1, 31)]
            for page in pages[:: len(pages) // 20]:
                found = {entry.slot: entry.variant or "default" for entry in site.house.cookbook.by_code(page.code)}
                assert found == page.slots == shown(page.customer)
        codes = {page.code for page in pages}
        site.house.indexer.stop()
        site.house.recorder.close()
        site.house.indexer.drain()
        indexed = [entry for entry in site.house.cookbook.by_time(0, 1 << 62) if entry.code in codes]
        assert len(indexed) == 3 * len(codes)


def test_a_site_that_starts_while_its_store_is_locked_personalises(settings: Path) -> None:
    site = Site(settings)
    with write_locked(settings.parent / "store" / "people.sqlite"):
        site.__enter__()
        assert site.page(READER).slots == shown(READER)
    site.__exit__(None, None, None)
