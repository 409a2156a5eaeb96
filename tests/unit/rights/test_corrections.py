"""What a person says is wrong, or does not want used, is not read: at once, and until it differs or they allow it."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import structs

from personalize.cookbook.codes import number_of
from personalize.errors import NotFound, ValueRefused
from personalize.house import House
from personalize.model.attributes import Stored
from personalize.model.decisions import Reason
from personalize.model.people import Assurance
from personalize.onboarding.importing import import_file
from personalize.recognition.recognise import Credentials
from personalize.rights.corrections import STAFF, Outcome
from personalize.rights.export import as_json
from personalize.storage.sqlite.changes import SqliteChanges
from personalize.storage.sqlite.restricting import MOST_ENDED
from tests.unit.rights.planting import DAY, Hands, planted, subject_of, write_customers

LOGIN = "customer_number:3"


def deliver(house: House, clock: Hands, value: str | None, days: int = 1) -> None:
    """Let the source deliver a value, so many days later."""
    clock.at += days * DAY
    house.store.profiles.remember(subject_of(house, 3), "crm", {"topic": Stored(value, clock.at, 0)})
    house.pipeline.forget(subject_of(house, 3))


def read(house: House, attribute: str = "topic") -> object:
    """What the next request may read of customer 3."""
    hot = house.pipeline.prepare(Credentials(login=LOGIN)).hot
    names = [each.name for each in house.pipeline.serving.recipe.recipe.attributes]
    return hot.admitted.plains[names.index(attribute)]


def test_a_value_in_dispute_is_not_read_from_the_next_request_on(house: House, visit: Any) -> None:
    assert read(house) == planted(3)[1]
    house.rights.corrections.correct(subject_of(house, 3), "topic", "sport")
    assert read(house) is None
    assert read(house, "first_name") is not None
    assert visit(house, 3, "story").reason is Reason.NOT_MATCHED


def test_the_claimed_value_is_never_read(house: House, clock: Hands) -> None:
    house.rights.corrections.correct(subject_of(house, 3), "topic", "sport")
    clock.at += 10 * DAY
    house.pipeline.forget(subject_of(house, 3))
    assert read(house) is None


def test_the_same_value_delivered_again_stays_in_dispute_and_another_is_read(house: House, clock: Hands) -> None:
    house.rights.corrections.correct(subject_of(house, 3), "topic", "sport")
    deliver(house, clock, planted(3)[1])
    assert read(house) is None
    deliver(house, clock, "sport")
    assert read(house) == "sport"
    assert house.rights.corrections.restricted(subject_of(house, 3)) == {}


def test_an_older_value_of_another_source_does_not_take_its_place(house: House, clock: Hands) -> None:
    subject = subject_of(house, 3)
    house.rights.corrections.correct(subject, "topic", "sport")
    house.store.profiles.remember(subject, "forms", {"topic": Stored("garden", clock.at - DAY, 0)})
    house.pipeline.forget(subject)
    assert read(house) is None


def test_what_may_not_be_used_stays_unused_whatever_is_delivered(house: House, clock: Hands) -> None:
    corrections, subject = house.rights.corrections, subject_of(house, 3)
    corrections.restrict(subject, "topic")
    deliver(house, clock, "garden")
    assert read(house) is None
    corrections.allow(subject, "topic")
    assert read(house) == "garden"


@pytest.mark.parametrize("outcome", [None, *Outcome])
@pytest.mark.parametrize("stop_first", [True, False], ids=["stopped, then disputed", "disputed, then stopped"])
def test_what_may_not_be_used_at_all_stays_so_whatever_becomes_of_a_dispute(
    house: House, clock: Hands, outcome: Outcome | None, *, stop_first: bool
) -> None:
    corrections, subject = house.rights.corrections, subject_of(house, 3)
    if stop_first:
        corrections.restrict(subject, "topic")
    clock.at += DAY
    number = corrections.correct(subject, "topic", "sport").number
    if not stop_first:
        clock.at += DAY
        corrections.restrict(subject, "topic")
    if outcome is not None:
        corrections.settle(number, outcome)
    deliver(house, clock, "garden")
    assert read(house) is None
    assert not corrections.restricted(subject)["topic"].disputed
    corrections.allow(subject, "topic")
    assert read(house) == "garden"


def test_what_was_not_used_then_is_told_so_after_it_may_be_used_again(house: House, visit: Any, clock: Hands) -> None:
    corrections, subject = house.rights.corrections, subject_of(house, 3)

    def told(code: int) -> bool:
        visit(house, 3, "story", code=code)
        clock.at += DAY
        return stopped(code)

    def stopped(code: int) -> bool:
        entry = next(each for each in house.cookbook.by_subject(subject, 9) if number_of(each.code) == code)
        return any("At your request" in each.sentence for each in house.explain(entry, "en").absences)

    assert not told(1)
    corrections.restrict(subject, "topic")
    assert told(2)
    corrections.restrict(subject, "topic")
    assert told(3)
    corrections.allow(subject, "topic")
    assert not told(4)
    assert [stopped(code) for code in (1, 2, 3, 4)] == [False, True, True, False]


def test_what_a_source_settled_and_then_ceased_to_deliver_is_not_at_the_person_s_request(
    house: House, visit: Any, clock: Hands
) -> None:
    corrections, subject = house.rights.corrections, subject_of(house, 3)
    corrections.correct(subject, "topic", "sport")
    visit(house, 3, "story", code=1)
    deliver(house, clock, "sport")
    assert read(house) == "sport"
    deliver(house, clock, None)
    visit(house, 3, "story", code=2)
    clock.at += DAY
    corrections.allow(subject, "topic")
    for entry in house.cookbook.by_subject(subject, 9)[:2]:
        sentences = [each.sentence for each in house.explain(entry, "en").absences]
        assert any("is wrong, and we know nothing else about it" in each for each in sentences), sentences


def test_what_was_not_used_once_is_in_the_copy_of_everything_and_goes_with_the_person(
    house: House, clock: Hands
) -> None:
    corrections, subject = house.rights.corrections, subject_of(house, 3)
    for _ in range(MOST_ENDED + 5):
        corrections.restrict(subject, "topic")
        clock.at += DAY
        corrections.allow(subject, "topic")
    insight = structs.replace(house.rights.insights.gather(subject, clock.at, str), links=())
    (*_, last) = json.loads("".join(as_json(insight, house.settings)))["not_used_once"]
    assert (last["attribute"], last["since"] < last["until"]) == ("topic", True)
    assert len(insight.not_used_once) == MOST_ENDED
    assert house.rights.insights.gather(subject, clock.at, str, assurance=Assurance.mailbox).not_used_once == ()
    house.rights.erase(subject)
    assert corrections.ended(subject) == []


def test_an_import_lifts_no_restriction(house: House, settings: Path, clock: Hands) -> None:
    house.rights.corrections.restrict(subject_of(house, 3), "first_name")
    clock.at += DAY
    import_file(
        write_customers(settings.parent / "next.csv", 10), "crm", house.settings, house.store, house.ring, clock,
        noes=house.rights.noes, observed=clock.at,
    )  # fmt: skip
    house.pipeline.forget(subject_of(house, 3))
    assert read(house, "first_name") is None


def test_other_processes_are_told(house: House) -> None:
    other = SqliteChanges(house.store.people)
    seen = other.poll(0)
    assert seen is not None
    house.rights.corrections.restrict(subject_of(house, 3), "topic")
    news = other.poll(seen.seq)
    other.close()
    assert news is not None
    assert subject_of(house, 3) in news.subjects


def test_somebody_with_nothing_but_a_restriction_has_no_values(house: House, clock: Hands) -> None:
    subject = house.store.profiles.create(house.digests("customer_number:99"), clock.at)
    house.rights.corrections.restrict(subject, "topic")
    prepared = house.pipeline.prepare(Credentials(login="customer_number:99"))
    assert set(prepared.hot.admitted.plains) == {None}
    assert house.rights.insights.values(subject) == []


def test_a_request_is_listed_without_what_is_personal_and_opened_with_it(house: House) -> None:
    made = house.rights.corrections.correct(subject_of(house, 3), "topic", "  sport\x1b[2J\n now ", LOGIN)
    (waiting,) = house.rights.corrections.waiting()
    assert (waiting.number, waiting.attribute, waiting.claimed, waiting.login) == (made.number, "topic", "", "")
    opened = house.rights.corrections.read(made.number)
    assert (opened.claimed, opened.login) == ("sport [2J now", LOGIN)


def test_a_second_request_takes_the_place_of_the_first(house: House) -> None:
    for claimed in ("sport", "garden"):
        house.rights.corrections.correct(subject_of(house, 3), "topic", claimed)
    (waiting,) = house.rights.corrections.waiting()
    assert house.rights.corrections.read(waiting.number).claimed == "garden"


def test_what_staff_write_down_does_not_take_the_place_of_an_open_request(house: House) -> None:
    corrections, subject = house.rights.corrections, subject_of(house, 3)
    first = corrections.correct(subject, "topic", "sport")
    with pytest.raises(ValueRefused, match=f"Request {first.number} about topic is still open: nothing was changed"):
        corrections.correct(subject, "topic", "garden", entered_by=STAFF)
    assert corrections.of(subject) == [first]
    corrections.settle(first.number, Outcome.corrected)
    second = corrections.correct(subject, "topic", "garden", entered_by=STAFF)
    assert [each.number for each in corrections.of(subject)] == [first.number, second.number]
    assert corrections.read(second.number).entered_by == STAFF


def test_a_request_sealed_before_it_said_who_entered_it_is_opened(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        encode = msgspec.msgpack.encode
        patched.setattr(msgspec.msgpack, "encode", lambda body: encode(body[:2] if isinstance(body, tuple) else body))
        number = house.rights.corrections.correct(subject_of(house, 3), "topic", "sport", LOGIN).number
    opened = house.rights.corrections.read(number)
    assert (opened.claimed, opened.login, opened.entered_by) == ("sport", LOGIN, "")


def test_a_claim_about_what_takes_a_login_is_withheld_below_one(house: House) -> None:
    subject = subject_of(house, 3)
    house.rights.corrections.correct(subject, "topic", "sport")
    at_login, at_mailbox = (
        house.rights.insights.gather(subject, house.clock.now(), str, assurance=assurance)
        for assurance in (Assurance.login, Assurance.mailbox)
    )
    assert [each.claimed for each in at_login.corrections] == ["sport"]
    assert (at_mailbox.corrections, at_mailbox.values) == ((), ())
    assert at_mailbox.withheld > len(at_login.values)


@pytest.mark.parametrize("outcome", Outcome)
def test_a_request_is_settled_once_and_what_was_right_is_read_again(house: House, outcome: Outcome) -> None:
    corrections = house.rights.corrections
    number = corrections.correct(subject_of(house, 3), "topic", "sport").number
    assert corrections.settle(number, outcome).outcome == outcome
    assert corrections.waiting() == []
    assert read(house) == (planted(3)[1] if outcome is Outcome.kept else None)
    with pytest.raises(NotFound, match="settled before"):
        corrections.settle(number, outcome)


@pytest.mark.parametrize(("attribute", "claimed"), [("topic", " \n"), ("shoe_size", "44")])
def test_what_says_nothing_is_refused(house: House, attribute: str, claimed: str) -> None:
    with pytest.raises(ValueRefused):
        house.rights.corrections.correct(subject_of(house, 3), attribute, claimed)
    with pytest.raises(ValueRefused):
        house.rights.corrections.restrict(subject_of(house, 3), "shoe_size")


def test_nothing_is_restricted_of_the_erased(house: House) -> None:
    subject = subject_of(house, 3)
    house.rights.corrections.correct(subject, "topic", "sport")
    house.rights.erase(subject)
    assert house.rights.corrections.waiting() == []
    with pytest.raises(ValueRefused, match="not known here"):
        house.rights.corrections.restrict(subject, "topic")


def test_settled_requests_go_with_the_entries_of_their_time(house: House, clock: Hands) -> None:
    number = house.rights.corrections.correct(subject_of(house, 3), "topic", "sport").number
    house.rights.corrections.settle(number, Outcome.corrected)
    clock.at += 402 * DAY
    assert {each.what: each.count for each in house.rights.expire()}["corrections"] == 1
    with pytest.raises(NotFound):
        house.rights.corrections.read(number)
