"""A no outlasts a restore: what was withdrawn, objected to or not to be used is so in every backup put back."""

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from msgspec import structs

from personalize.errors import StoreError, ValueRefused
from personalize.house import House
from personalize.model.consent import Action
from personalize.model.people import Assurance, Visitor
from personalize.storage.sqlite.erasing import SqliteErasures
from tests.unit.rights.planting import Hands, planted, subject_of
from tests.unit.rights.test_backup import backed_up, put_back

Reopen = Callable[[], House]


@pytest.fixture
def restored(house: House, settings: Path, open_house: Reopen, tmp_path: Path) -> Callable[[], House]:
    """Back up now; what is returned puts that back in the store's place and opens it."""
    backed_up(house, tmp_path / "copy", tmp_path / "apart")

    def put() -> House:
        open_house().close()
        shutil.rmtree(settings.parent / "store")
        put_back(settings, tmp_path / "copy", tmp_path / "apart")
        return open_house()

    return put


def visitor(house: House, number: int) -> Visitor:
    return Visitor(subject=subject_of(house, number), assurance=Assurance.login)


def standing(house: House, number: int, purpose: str = "reading") -> str:
    return house.ledger.state(subject_of(house, number))[purpose].status


def agree_again(house: House, number: int) -> None:
    house.ledger.give(visitor(house, number), "reading", "en", house.settings.notices["reading"].digests["en"])


def test_a_withdrawal_since_the_backup_is_in_force_with_its_receipt(house: House, restored: Reopen) -> None:
    said = house.ledger.stop(
        subject_of(house, 3), "reading", actor="staff:bo", evidence={"reason": planted(3)[2], "case": "K-12"}
    )
    house = restored()
    assert standing(house, 3) == "not_given"
    assert house.ledger.events(subject_of(house, 3))[-1] == said
    assert standing(house, 4) == "given"


def test_a_restore_says_how_many_noes_it_kept(house: House, settings: Path, open_house: Reopen, tmp_path: Path) -> None:
    house.ledger.withdraw(visitor(house, 2), "reading")
    backed_up(house, tmp_path / "copy", tmp_path / "apart")
    house.ledger.withdraw(visitor(house, 3), "reading")
    house.rights.corrections.restrict(subject_of(house, 4), "topic")
    house.close()
    shutil.rmtree(settings.parent / "store")
    told = put_back(settings, tmp_path / "copy", tmp_path / "apart")
    assert (told.noes, told.erased, told.list_missing) == (2, 0, False)


def test_what_was_not_to_be_used_is_not_used(house: House, restored: Reopen, clock: Hands) -> None:
    corrections = house.rights.corrections
    corrections.restrict(subject_of(house, 3), "topic")
    clock.at += 1
    corrections.correct(subject_of(house, 4), "topic", "gardens", "jane")
    before = {number: corrections.restricted(subject_of(house, number)) for number in (3, 4)}
    house = restored()
    corrections = house.rights.corrections
    assert {number: corrections.restricted(subject_of(house, number)) for number in (3, 4)} == before
    (asked,) = corrections.waiting()
    assert corrections.read(asked.number).claimed == "gardens"
    for number in (3, 4):
        person = house.store.profiles.load(subject_of(house, number))
        assert person is not None
        assert "topic" not in person.values


def test_a_yes_after_the_no_stays_a_yes(house: House, settings: Path, open_house: Reopen, clock: Hands) -> None:
    """The no was cut short between list and store; whoever opens the store next carries it on, in its own time."""
    no = structs.replace(house.ledger.events(subject_of(house, 3))[0], event_id=bytes(16), action=Action.withdrawn)
    with house.rights.noes.listing() as put:
        put([no])
    lines = (settings.parent / "personalize.erasures").read_bytes()
    with house.store.people.write() as people:
        people.execute("UPDATE erasure_list SET followed = 0")
    clock.at += 5
    agree_again(house, 3)
    house = open_house()
    assert no in house.ledger.events(subject_of(house, 3))
    assert standing(house, 3) == "given"
    assert (settings.parent / "personalize.erasures").read_bytes() == lines


def test_a_no_that_the_store_did_not_take_is_carried_on(
    house: House, open_house: Reopen, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(events: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(house.ledger._consents, "_consents", type("Full", (), {"append": staticmethod(refused)}))
    with pytest.raises(StoreError, match="full"):
        house.ledger.withdraw(visitor(house, 3), "reading")
    assert standing(house, 3) == "given"
    assert standing(open_house(), 3) == "not_given"


def test_the_list_says_nothing_of_anybody(house: House, settings: Path) -> None:
    house.ledger.stop(subject_of(house, 3), "reading", actor="staff:bo", evidence={"reason": planted(3)[2]})
    path = settings.parent / "personalize.erasures"
    (line,) = path.read_bytes().splitlines()
    subject = subject_of(house, 3)
    assert line.startswith(house.ring.erasure_digest(subject).hex().encode())
    assert not [word for word in ("reading", "staff", planted(3)[2], str(subject)) if word.encode() in line]
    assert path.stat().st_mode & 0o777 == 0o600


def test_no_no_is_lost_where_the_list_was_lost_and_made_again_in_another_order(
    house: House, settings: Path, open_house: Reopen, tmp_path: Path
) -> None:
    """Lines of one kind are of one length: where one began in the lost list, another one begins in the new one."""
    later, first = sorted(range(1, 9), key=lambda number: subject_of(house, number))[:2]
    house.rights.corrections.restrict(subject_of(house, first), "topic")
    backed_up(house, tmp_path / "copy", tmp_path / "apart")
    house.rights.corrections.restrict(subject_of(house, later), "topic")
    (settings.parent / "personalize.erasures").unlink()
    house.rights.sweep()
    house.close()
    shutil.rmtree(settings.parent / "store")
    assert put_back(settings, tmp_path / "copy", tmp_path / "apart").noes == 1
    house = open_house()
    assert [list(house.rights.corrections.restricted(subject_of(house, each))) for each in (first, later)] == [
        ["topic"], ["topic"],
    ]  # fmt: skip


def test_nobody_reads_the_noes_of_the_erased(house: House, restored: Reopen) -> None:
    house.ledger.withdraw(visitor(house, 3), "reading")
    subject = subject_of(house, 3)
    house.rights.erase(subject)
    house = restored()
    assert house.ledger.events(subject) == []
    assert house.store.profiles.key_of(subject) is None


def test_a_yes_is_not_listed(house: House, settings: Path) -> None:
    agree_again(house, 3)
    assert not (settings.parent / "personalize.erasures").exists()


def test_a_list_that_takes_nothing_keeps_nobody_from_a_no(
    house: House, settings: Path, restored: Reopen, caplog: pytest.LogCaptureFixture
) -> None:
    path = settings.parent / "personalize.erasures"
    path.mkdir()
    house.ledger.withdraw(visitor(house, 3), "reading")
    assert standing(house, 3) == "not_given"
    assert "not on the erasure list yet" in caplog.text
    path.rmdir()
    house.rights.sweep()
    assert standing(restored(), 3) == "not_given"


def test_what_may_be_used_again_stays_so_when_the_list_is_followed_anew(
    house: House, settings: Path, clock: Hands
) -> None:
    corrections, subject = house.rights.corrections, subject_of(house, 3)
    corrections.restrict(subject, "topic")
    corrections.restrict(subject, "first_name")
    corrections.allow(subject, "topic")
    path = settings.parent / "personalize.erasures"
    away = path.rename(path.with_suffix(".away"))
    path.mkdir()
    house.ledger.withdraw(visitor(house, 4), "reading")
    path.rmdir()
    away.rename(path)
    house.rights.sweep()
    assert corrections.restricted(subject).keys() == {"first_name"}


def test_a_restriction_by_a_clock_that_was_set_back_is_in_force_after_a_restore(
    house: House, clock: Hands, settings: Path, open_house: Reopen, tmp_path: Path
) -> None:
    house.rights.corrections.restrict(subject_of(house, 3), "topic")
    house.rights.corrections.allow(subject_of(house, 3), "topic")
    backed_up(house, tmp_path / "copy", tmp_path / "apart")
    clock.at -= 1
    house.rights.corrections.restrict(subject_of(house, 3), "topic")
    house.close()
    shutil.rmtree(settings.parent / "store")
    put_back(settings, tmp_path / "copy", tmp_path / "apart")
    house = open_house()
    assert house.rights.corrections.restricted(subject_of(house, 3)).keys() == {"topic"}


def test_a_no_that_comes_while_the_list_is_made_complete_is_not_forgotten(house: House, settings: Path) -> None:
    rows, path = SqliteErasures(house.store.people, house.store.keys), settings.parent / "personalize.erasures"
    path.mkdir()
    house.ledger.withdraw(visitor(house, 3), "reading")
    before = rows.followed()
    house.ledger.withdraw(visitor(house, 4), "reading")
    rows.follow(0, before)
    assert rows.followed()[0] > before[0]


def test_a_lost_list_is_written_again_with_every_no_once(house: House, settings: Path, open_house: Reopen) -> None:
    house.rights.erase(subject_of(house, 5))
    for number in (3, 4):
        house.ledger.withdraw(visitor(house, number), "reading")
    house.rights.corrections.restrict(subject_of(house, 3), "topic")
    path = settings.parent / "personalize.erasures"
    house.close()
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:2]))
    open_house()
    again = path.read_bytes().splitlines(keepends=True)
    assert [line[:53] for line in again] == [line[:53] for line in lines]
    path.write_bytes(b"")
    open_house()
    assert sorted(line[:53] for line in path.read_bytes().splitlines()) == sorted(line[:53] for line in lines)


def test_a_store_from_before_has_its_noes_listed(house: House, settings: Path, open_house: Reopen) -> None:
    path = settings.parent / "personalize.erasures"
    house.rights.erase(subject_of(house, 5))
    erased = path.read_bytes()
    house.ledger.withdraw(visitor(house, 3), "reading")
    for file, version in ((house.store.people, 3), (house.store.keys, 1)):
        with file.write() as connection:
            connection.execute("UPDATE erasure_list SET followed = 1")
            connection.execute(f"PRAGMA user_version = {version}")
    house.close()
    path.write_bytes(erased)
    house = open_house()
    first, second = path.read_bytes().splitlines(keepends=True)
    assert first == erased
    assert second.startswith(house.ring.erasure_digest(subject_of(house, 3)).hex().encode())
    assert house.store.people.one("SELECT followed FROM erasure_list") == (len(first + second),)


def test_another_list_in_the_place_of_the_one_that_was_followed_is_read_from_its_beginning(
    house: House, settings: Path, open_house: Reopen
) -> None:
    path = settings.parent / "personalize.erasures"
    house.rights.erase(subject_of(house, 5))
    house.close()
    shutil.copytree(settings.parent / "store", settings.parent / "copy")
    house = open_house()
    house.ledger.withdraw(visitor(house, 3), "reading")
    house.close()
    first, second = path.read_bytes().splitlines(keepends=True)
    shutil.rmtree(settings.parent / "store")
    (settings.parent / "copy").rename(settings.parent / "store")
    path.write_bytes(second + first)
    assert standing(open_house(), 3) == "not_given"


def test_a_line_that_was_changed_is_found(house: House, settings: Path, open_house: Reopen) -> None:
    house.ledger.withdraw(visitor(house, 3), "reading")
    with house.store.people.write() as people:
        people.execute("UPDATE erasure_list SET followed = 0")
    house.close()
    path = settings.parent / "personalize.erasures"
    text = bytearray(path.read_bytes())
    text[100] ^= 1
    path.write_bytes(text)
    with pytest.raises(StoreError, match="is damaged"):
        open_house()


def test_staff_s_second_request_is_refused_before_it_is_listed(house: House, settings: Path) -> None:
    corrections = house.rights.corrections
    corrections.correct(subject_of(house, 3), "topic", "gardens", entered_by="staff")
    listed = (settings.parent / "personalize.erasures").read_bytes()
    with pytest.raises(ValueRefused, match="still open"):
        corrections.correct(subject_of(house, 3), "topic", "cooking", entered_by="staff")
    assert (settings.parent / "personalize.erasures").read_bytes() == listed


def test_threads_that_say_no_at_once_do_not_get_in_each_others_way(
    house: House, settings: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def say(number: int) -> None:
        house.ledger.withdraw(visitor(house, number), "reading")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(say, [*range(1, 9)] * 2))
    assert {standing(house, number) for number in range(1, 9)} == {"not_given"}
    said = [event.action for number in range(1, 9) for event in house.ledger.events(subject_of(house, number))]
    noes = len(said) - said.count(Action.given)
    assert (settings.parent / "personalize.erasures").read_bytes().count(b"\n") == noes >= 8
    assert house.store.people.one("SELECT followed FROM erasure_list") == (house.settings.site.erasures.stat().st_size,)
    assert not caplog.records
