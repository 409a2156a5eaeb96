"""Consent withdrawn at any moment (law 9, X17): before the record nothing is handed out, elsewhere within a second."""

import os
import time
from pathlib import Path
from typing import Any

import pytest

from personalize.hooks import Suppressor, hookimpl
from personalize.model.decisions import Reason
from personalize.recognition.recognise import Credentials
from tests.faults.site.app import customer
from tests.faults.site.browser import DEFAULTS, Site, recovery
from tests.faults.site.files import opened, shown
from tests.faults.workers import workers

READER = 3
LOGIN = Credentials(login=f"customer_number:{READER}")
SECOND = 1.0


def test_a_withdrawal_between_recognising_and_deciding_gives_the_default(settings: Path) -> None:
    with opened(settings) as house:
        prepared = house.pipeline.prepare(LOGIN)
        house.ledger.withdraw(customer(house, READER), "reading")
        decision = house.pipeline.decide(prepared, "story", code=1)
        assert (decision.variant, decision.reason, dict(decision.fields)) == (None, Reason.NO_CONSENT, {})
        [entry] = house.cookbook.by_subject(customer(house, READER).subject, 5)
        assert (entry.variant, entry.ingredients) == (None, ())


def test_a_withdrawal_of_somebody_else_changes_nothing(settings: Path) -> None:
    with opened(settings) as house:
        prepared = house.pipeline.prepare(LOGIN)
        house.ledger.withdraw(customer(house, READER + 1), "reading")
        assert house.pipeline.decide(prepared, "story", code=1).variant == "climate"


def test_after_the_record_the_next_request_sees_the_withdrawal(settings: Path) -> None:
    with Site(settings) as site:
        assert site.page(READER).slots["story"] == "climate"
        site.house.ledger.withdraw(customer(site.house, READER), "reading")
        assert site.page(READER).slots == {**shown(READER), "story": "default"}


class Meanwhile:
    """A rule over the story during which its reader withdraws."""

    plugin_name = "meanwhile"

    def __init__(self) -> None:
        self.house: Any = None

    @hookimpl
    def personalize_suppressors(self, config: Any) -> Any:
        yield Suppressor(name="thinking", suppress=self._think, reads=("topic",), slots=("story",))

    def _think(self, view: Any, candidate: Any, context: Any) -> bool:
        view.get("topic")
        if self.house is not None:
            house, self.house = self.house, None
            house.ledger.withdraw(customer(house, READER), "reading")
        return False


def test_a_withdrawal_between_reading_and_recording_discards_the_decision(settings: Path) -> None:
    plugin = Meanwhile()
    with Site(settings, [plugin]) as site:
        plugin.house = site.house
        page = site.page(READER)
        assert page.slots["story"] == "default"
        assert page.reasons["story"] in ("NO_CONSENT", "UNRECORDED")
        entries = site.house.cookbook.by_code(page.code)
        assert all(item.attribute != "topic" for entry in entries for item in entry.ingredients)


@pytest.mark.server
def test_a_withdrawal_in_one_process_stops_another_within_a_second(settings: Path) -> None:
    with workers(settings) as (here, there):
        for number in range(1, 6):
            assert there.page(number).slots["story"] == "climate"
            here.ask("POST", f"/withdraw/{number}", number)
            said = time.monotonic()
            assert here.page(number).slots["story"] == "default"
            asked = said
            while asked - said < SECOND:
                asked = time.monotonic()
                if there.page(number).slots["story"] == "default":
                    break
            else:
                pytest.fail(f"customer {number} was still read {asked - said:.2f} s after the withdrawal")
            assert there.page(number).slots == {**shown(number), "story": "default"}


@pytest.mark.server
@pytest.mark.soak
def test_a_process_that_nobody_asked_for_a_while_knows_of_a_withdrawal(settings: Path) -> None:
    with workers(settings) as (here, there):
        assert there.page(READER).slots["story"] == "climate"
        here.ask("POST", f"/withdraw/{READER}", READER)
        time.sleep(SECOND)
        assert there.page(READER).slots["story"] == "default"


def test_consent_that_cannot_be_asked_for_a_second_personalises_nobody(
    settings: Path, caplog: pytest.LogCaptureFixture
) -> None:
    people = settings.parent / "store" / "people.sqlite"
    with Site(settings) as site:
        assert site.page(READER).slots == shown(READER)
        os.rename(people, people.with_suffix(".away"))
        time.sleep(SECOND)
        for number in (READER, READER + 1, 25):
            page = site.page(number)
            assert (page.slots, page.code) == (DEFAULTS, "")
        assert site.health()["counters"]["not_recognised_error"] >= 3
        assert caplog.text.count("Consent cannot be asked: ") == 1
        os.rename(people.with_suffix(".away"), people)
        assert recovery(site, READER, shown(READER)) < 5


def test_a_page_that_was_prepared_before_consent_fell_silent_shows_the_default(settings: Path) -> None:
    people = settings.parent / "store" / "people.sqlite"
    with opened(settings) as house:
        prepared = house.pipeline.prepare(LOGIN)
        os.rename(people, people.with_suffix(".away"))
        time.sleep(SECOND)
        assert house.pipeline.decide(prepared, "story", code=1).variant is None
        os.rename(people.with_suffix(".away"), people)
