"""A revoked link and a device that was cut off stay so in every backup put back."""

import secrets
import shutil
from binascii import a2b_base64
from collections.abc import Callable
from pathlib import Path

import pytest

from personalize.house import House
from personalize.ports import Handle
from tests.unit.rights.planting import Hands, subject_of
from tests.unit.rights.test_backup import backed_up, put_back

Reopen = Callable[[], House]


def link_of(house: House, number: int, mailing: str) -> bytes:
    digest = secrets.token_bytes(32)
    sent = Handle(
        subject=subject_of(house, number), mailing=mailing, campaign=bytes(6), issued=house.clock.now(), expires=1 << 60
    )
    house.store.handles.add_handles([(digest, sent)])
    return digest


def works(house: House, digest: bytes) -> bool:
    row = house.store.handles.handle(digest)
    return row is not None and row.revoked_at is None


@pytest.mark.parametrize(
    ("whose", "mailing", "left"),
    [(3, "weekly", [1, 2, 3]), (3, None, [2, 3]), (None, "weekly", [1, 3]), (None, None, [])],
)
def test_a_revoked_link_stays_so(
    house: House, settings: Path, open_house: Reopen, tmp_path: Path, clock: Hands,
    whose: int | None, mailing: str | None, left: list[int],
) -> None:  # fmt: skip
    links = [link_of(house, *each) for each in ((3, "weekly"), (3, "monthly"), (4, "weekly"), (4, "monthly"))]
    backed_up(house, tmp_path / "copy", tmp_path / "apart")
    clock.at += 1
    assert house.revoke(subject=whose and subject_of(house, whose), mailing=mailing)
    house.close()
    shutil.rmtree(settings.parent / "store")
    assert put_back(settings, tmp_path / "copy", tmp_path / "apart").noes == 1
    house = open_house()
    assert [number for number, digest in enumerate(links) if works(house, digest)] == left


def test_a_link_made_while_the_clock_was_ahead_is_revoked_for_good(
    house: House, settings: Path, open_house: Reopen, tmp_path: Path, clock: Hands
) -> None:
    link = link_of(house, 3, "weekly")
    clock.at -= 3_600_000_000
    backed_up(house, tmp_path / "copy", tmp_path / "apart")
    assert house.revoke(mailing="weekly")
    house.close()
    shutil.rmtree(settings.parent / "store")
    put_back(settings, tmp_path / "copy", tmp_path / "apart")
    assert not works(open_house(), link)


def test_a_link_that_was_sent_after_all_were_revoked_works(house: House, open_house: Reopen, clock: Hands) -> None:
    house.revoke()
    clock.at += 1
    sent = link_of(house, 3, "weekly")
    with house.store.people.write() as people:
        people.execute("UPDATE erasure_list SET followed = 0")
    assert works(open_house(), sent)


def test_of_a_revocation_the_list_says_whose_it_is_and_no_more(house: House, settings: Path) -> None:
    house.revoke(subject=subject_of(house, 3), mailing="weekly")
    house.revoke(mailing="weekly")
    path = settings.parent / "personalize.erasures"
    lines = path.read_bytes().splitlines()
    known = [house.ring.erasure_digest(subject).hex().encode() for subject in (subject_of(house, 3), 0)]
    assert [line[:32] for line in lines] == known
    assert b"weekly" not in b"".join(a2b_base64(line.split()[2]) for line in lines)


def linked(house: House, number: int) -> int:
    device, _ = house.browsers.begin_device(house.clock.now())
    house.store.browsers.link(device, subject_of(house, number), "login", house.clock.now())
    return device


@pytest.mark.parametrize("was_linked", [True, False])
def test_a_device_that_was_not_theirs_stays_cut_off(
    house: House, settings: Path, open_house: Reopen, tmp_path: Path, was_linked: bool
) -> None:
    subject, now = subject_of(house, 3), house.clock.now()
    device, cookie = house.browsers.begin_device(now)
    handle = house.pipeline.recogniser.browser_of(cookie.encode(), now)
    assert handle is not None
    if not was_linked:
        backed_up(house, tmp_path / "copy", tmp_path / "apart")
    house.store.browsers.link(device, subject, "login", now)
    if was_linked:
        backed_up(house, tmp_path / "copy", tmp_path / "apart")
    assert house.browsers.cut(subject, device, "not me", now)
    (cut,) = house.browsers.links_of(subject)
    house.close()
    shutil.rmtree(settings.parent / "store")
    assert put_back(settings, tmp_path / "copy", tmp_path / "apart").noes == 1
    house = open_house()
    assert house.browsers.links_of(subject) == [cut]
    assert house.browsers.find(handle, now) is None


def test_a_lost_list_has_revocations_and_cut_devices_again_once(
    house: House, settings: Path, open_house: Reopen, clock: Hands
) -> None:
    for mailing in ("weekly", "monthly"):
        for number in (3, 4):
            link_of(house, number, mailing)
    for subject, mailing in ((subject_of(house, 3), "weekly"), (None, "weekly"), (None, None)):
        clock.at += 1_000_000
        house.revoke(subject=subject, mailing=mailing)
    device = linked(house, 5)
    house.browsers.cut(subject_of(house, 5), device, "not me", clock.at)
    path = settings.parent / "personalize.erasures"
    lines = path.read_bytes().splitlines(keepends=True)
    for kept in (lines[:2], []):
        house.close()
        path.write_bytes(b"".join(kept))
        house = open_house()
        assert sorted(line[:53] for line in path.read_bytes().splitlines()) == sorted(line[:53] for line in lines)


@pytest.mark.parametrize("what", ["link", "device"])
def test_a_store_from_before_has_its_revoked_links_and_cut_devices_listed(
    house: House, settings: Path, open_house: Reopen, what: str
) -> None:
    if what == "link":
        house.revoke(mailing="weekly")
    else:
        house.browsers.cut(subject_of(house, 3), linked(house, 3), "not me", house.clock.now())
    path = settings.parent / "personalize.erasures"
    with house.store.people.write() as people:
        people.execute("DELETE FROM erasure_list")
        people.execute("PRAGMA user_version = 4")
    house.close()
    path.unlink()
    open_house()
    assert len(path.read_bytes().splitlines()) == 1
