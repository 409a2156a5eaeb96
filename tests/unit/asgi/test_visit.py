"""The visit: what a handler sees, and when a decision is made."""

from threading import Thread

import pytest

from personalize.asgi.crawlers import is_crawler
from personalize.asgi.door import Door
from personalize.asgi.facts import Facts
from personalize.asgi.visit import Visit
from personalize.model.decisions import Reason
from personalize.model.people import STRANGER, Assurance, Visitor
from tests.house import House, Prepared


def visit_of(house: House, subject: int | None = None, silent: bool = False) -> Visit:
    door = Door(house.pipeline, house.renderer, Facts(house.settings), house.counters, Reason.DISABLED)
    prepared = Prepared(visitor=Visitor(subject=subject, assurance=Assurance.login)) if subject else None
    return Visit(door, prepared, silent)


def test_the_same_question_gives_the_same_decision_and_asks_once() -> None:
    house = House()
    visit = visit_of(house, subject=1)
    assert visit.decide("hero", topic="climate") is visit.decide("hero", topic="climate")
    assert len(house.pipeline.asked) == 1


def test_a_crawler_gets_the_default_and_is_not_counted() -> None:
    house = House()
    house.pipeline.public = {"hero": "For everyone"}
    door = Door(house.pipeline, house.renderer, Facts(house.settings), house.counters, Reason.DISABLED)
    visit = Visit(door, None, False, [(b"user-agent", b"Googlebot/2.1")])
    assert visit.decide("hero").variant is None
    assert visit.crawled
    assert house.pipeline.asked == []


def test_another_context_language_or_type_is_another_question() -> None:
    house = House()
    visit = visit_of(house, subject=1)
    for facts in ({}, {"visits": 1}, {"visits": True}, {"visits": 1.0}, {"lang": "nb"}, {"topic": ["a"]}):
        visit.decide("hero", **facts)
    assert len(house.pipeline.asked) == 6


def test_a_context_that_cannot_be_hashed_is_remembered_too() -> None:
    house = House()
    visit = visit_of(house, subject=1)
    assert visit.decide("hero", topic={"a", "b"}) is visit.decide("hero", topic={"a", "b"})


def test_an_unknown_language_is_the_sites_first_and_a_region_is_left_out() -> None:
    house = House()
    visit = visit_of(house, subject=1)
    for lang in (None, "fr", "nb-NO", "EN"):
        visit.decide("hero", lang=lang)
    assert [asked[2] for asked in house.pipeline.asked] == ["nl", "nb", "en"]


def test_the_code_appears_with_the_first_record_and_covers_all_slots() -> None:
    house = House()
    house.pipeline.shows["offer"] = "Too"
    visit = visit_of(house, subject=1)
    assert visit.code == ""
    codes = {visit.decide("hero").code, visit.decide("offer").code}
    assert {visit.code.replace("-", "")} == codes


def test_a_stranger_has_no_code_and_no_subject() -> None:
    house = House()
    house.pipeline.public["hero"] = "Everyone"
    visit = visit_of(house)
    assert visit.render("hero").endswith("Everyone</p></div>")
    assert visit.code == ""
    assert visit.visitor == STRANGER


def test_a_stranger_is_prepared_once_and_only_when_a_slot_is_asked_for() -> None:
    house = House()
    visit = visit_of(house)
    assert house.pipeline.prepared == 0
    visit.decide("hero")
    visit.decide("offer")
    assert house.pipeline.prepared == 1


def test_after_the_start_of_the_response_a_new_slot_is_late_and_an_old_one_stands() -> None:
    visit = visit_of(House(), subject=1)
    decided = visit.decide("hero")
    visit.late = True
    assert visit.decide("hero") is decided
    assert visit.decide("offer").reason is Reason.LATE
    assert visit.segments == frozenset()


def test_a_silent_visit_decides_nothing() -> None:
    house = House()
    visit = visit_of(house, subject=1, silent=True)
    assert visit.decide("hero").reason is Reason.DEFAULT
    assert house.pipeline.asked == []


def test_peeking_counts_nothing_and_leaves_the_question_open() -> None:
    house = House()
    visit = visit_of(house)
    visit.peek("hero")
    visit.decide("hero")
    assert [asked[3] for asked in house.pipeline.asked] == [False, True]
    assert len(visit.decisions) == 1


def test_a_trip_that_raises_gives_the_default_and_is_counted() -> None:
    house = House()
    house.pipeline.decide = None
    assert visit_of(house, subject=1).render("hero") == ""
    assert house.counters["decide_failed"] == 1


def test_threads_asking_at_once_get_one_decision() -> None:
    house = House()
    visit = visit_of(house, subject=1)
    threads = [Thread(target=visit.decide, args=("hero",)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(house.pipeline.asked) == 1


@pytest.mark.parametrize(
    ("agent", "crawls"),
    [
        (b"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", True),
        (b"facebookexternalhit/1.1", True),
        (b"Mozilla/5.0 (compatible; Baiduspider/2.0)", True),
        (b"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/150.0 Safari/537.36", False),
        (b"Mozilla/5.0 (Linux; Android 10; Cubot X18)", False),
        (b"curl/8.0", False),
        (b"", False),
    ],
)
def test_crawlers_are_known_by_their_user_agent(agent: bytes, crawls: bool) -> None:
    assert is_crawler([(b"host", b"x"), (b"user-agent", agent)]) is crawls


def test_a_silent_visit_of_a_known_person_records_nothing_for_a_peek_either() -> None:
    house = House()
    assert visit_of(house, subject=1, silent=True).peek("hero").reason is Reason.DEFAULT
    assert house.pipeline.asked == []


def test_slots_decided_together_are_asked_once_and_then_given_to_whoever_asks() -> None:
    house = House()
    house.pipeline.shows = {"hero": "{topic}", "offer": "Offer"}
    visit = visit_of(house, subject=1)
    hero, offer = visit.decide_all("hero", "offer", topic="climate")
    assert (hero.fields, offer.fields) == ({"headline": "climate"}, {"headline": "Offer"})
    assert visit.decide("hero", topic="climate") is hero
    assert visit.decide("offer") is visit.decide("offer", topic="climate") is offer
    asked = [(slot, facts) for slot, facts, *_ in house.pipeline.asked]
    assert asked == [("hero", {"topic": "climate"}), ("offer", {"topic": "climate"})], "each reads what it declares"


def test_of_slots_asked_together_only_the_new_ones_are_decided() -> None:
    house = House()
    visit = visit_of(house, subject=1)
    hero = visit.decide("hero")
    again, offer, same = visit.decide_all("hero", "offer", "offer")
    assert (again, same) == (hero, offer)
    assert [slot for slot, *_ in house.pipeline.asked] == ["hero", "offer"]


def test_once_the_response_has_started_slots_asked_together_are_late() -> None:
    house = House()
    visit = visit_of(house, subject=1)
    hero = visit.decide("hero")
    visit.late = True
    assert visit.decide_all("hero", "offer")[0] is hero
    assert [decision.reason for decision in visit.decide_all("hero", "offer")][1] is Reason.LATE
