"""An erasure list that cannot be written keeps no site from serving, nor from honouring what it knows, and is told."""

import asyncio
import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from personalize.errors import ErasureListError, ErasureListMissing, NotFound
from personalize.house import House
from personalize.personalizer import Personalizer
from tests.faults.site.files import write_files
from tests.unit.rights.planting import Hands, subject_of
from tests.unit.rights.test_backup import backed_up, put_back
from tests.unit.rights.test_noes import standing, visitor

Reopen = Callable[[], House]


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """A site whose list has a folder of its own, which is not there: as root one may write every other."""
    path = write_files(tmp_path / "site")
    text = path.read_text()
    path.write_text(text.replace("[site]\n", '[site]\nerasures = "kept/list"\n', 1))
    return path


@pytest.fixture
def kept(settings: Path) -> Path:
    return settings.parent / "kept"


def read_only(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    opened = os.open

    def refused(name: Any, flags: int, *more: int) -> int:
        if name == path and flags & os.O_RDWR:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        return opened(name, flags, *more)

    monkeypatch.setattr(os, "open", refused)


def test_a_no_before_there_is_a_list_counts_after_the_next_start_and_is_listed_later(
    house: House, kept: Path, open_house: Reopen
) -> None:
    house.ledger.withdraw(visitor(house, 3), "reading")
    house = open_house()
    assert standing(house, 3) == "not_given"
    assert house.rights.sweep() == 0
    house.ledger.withdraw(visitor(house, 4), "reading")
    kept.mkdir()
    house.rights.sweep()
    assert len((kept / "list").read_bytes().splitlines()) == 2


def test_a_list_that_can_only_be_read_is_honoured_in_a_backup_that_is_put_back(
    house: House, settings: Path, kept: Path, open_house: Reopen, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.mkdir()
    house.ledger.withdraw(visitor(house, 5), "reading")
    house.close()
    shutil.copytree(settings.parent / "store", settings.parent / "copy")
    house = open_house()
    house.rights.erase(subject_of(house, 3))
    house.ledger.withdraw(visitor(house, 4), "reading")
    house.close()
    shutil.rmtree(settings.parent / "store")
    (settings.parent / "copy").rename(settings.parent / "store")
    read_only(monkeypatch, kept / "list")
    for _ in range(2):
        house = open_house()
        with pytest.raises(NotFound):
            subject_of(house, 3)
        assert standing(house, 4) == "not_given"
        house.ledger.withdraw(visitor(house, 6), "reading")
    assert standing(house, 6) == "not_given"


def test_without_the_list_that_it_followed_a_site_starts_not_and_says_why(
    house: House, settings: Path, kept: Path, open_house: Reopen
) -> None:
    kept.mkdir()
    house.rights.erase(subject_of(house, 3))
    house.close()
    kept.rename(kept.with_name("elsewhere"))
    with pytest.raises(ErasureListMissing, match="kept/list is missing, which this store has followed"):
        open_house()
    kept.with_name("elsewhere").rename(kept)
    assert open_house().rights.erased_at(1) is None


def test_health_names_the_list_where_the_start_fails_for_it(house: House, settings: Path, kept: Path) -> None:
    kept.mkdir()
    house.rights.erase(subject_of(house, 3))
    house.close()
    shutil.rmtree(kept)
    personalizer = Personalizer.from_toml(settings)
    with pytest.raises(ErasureListMissing):
        asyncio.run(personalizer.startup())
    assert str(personalizer.health()["status"]).startswith("The erasure list that this store has followed is missing")
    assert [each.name for each in personalizer.measures().findings] == ["erasures"]


def test_who_cannot_be_erased_is_still_there_and_the_refusal_says_so(house: House) -> None:
    subject = subject_of(house, 3)
    with pytest.raises(ErasureListError, match=r"Not erased: this person is still there\. .*kept/list cannot be writ"):
        house.rights.erase(subject)
    assert subject_of(house, 3) == subject


def test_it_is_a_finding_before_the_first_no_and_in_the_log_from_the_start(
    settings: Path, kept: Path, clock: Hands, caplog: pytest.LogCaptureFixture
) -> None:
    personalizer = Personalizer.from_toml(settings, clock=clock)
    house = personalizer.open(serving=True)
    try:
        assert "Nobody can be erased, and a restore would lose what people refuse: The erasure list" in caplog.text
        assert "kept/list cannot be written (its folder is not there): let this user write it" in caplog.text
        (finding,) = house.watch.findings()
        assert finding.name == "erasures"
        assert str(settings.parent) not in str(finding)
        kept.mkdir()
        house.watch._measured = None
        assert house.watch.findings() == ()
    finally:
        personalizer.close()


def test_what_was_backed_up_is_put_back_though_the_list_can_only_be_read(
    house: House, settings: Path, kept: Path, open_house: Reopen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.mkdir()
    backed_up(house, tmp_path / "copy", tmp_path / "apart")
    house.rights.erase(subject_of(house, 3))
    house.close()
    shutil.rmtree(settings.parent / "store")
    read_only(monkeypatch, kept / "list")
    assert put_back(settings, tmp_path / "copy", tmp_path / "apart").erased == 1
