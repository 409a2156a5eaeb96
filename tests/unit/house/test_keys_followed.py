"""A running site follows its key file: rotated keys sign at once, retired ones verify nothing any more."""

import shutil
from pathlib import Path

import pytest

from personalize import Personalizer
from personalize.recognition.keys import KeyRing
from personalize.recognition.mailing import make_link

HELLO = Path(__file__).resolve().parents[3] / "examples" / "01-hello"


@pytest.fixture
def house(tmp_path: Path):
    shutil.copy(HELLO / "personalize.toml", tmp_path)
    shutil.copytree(HELLO / "content", tmp_path / "content")
    personalizer = Personalizer.from_toml(tmp_path / "personalize.toml")
    KeyRing.new(personalizer.clock.now()).save(tmp_path / "personalize.keys")
    yield personalizer.open()
    personalizer.close()


def token(house) -> bytes:
    subject = house.store.profiles.create(house.digests("customer_number:7"), 1)
    site = house.settings.site.url
    now = house.clock.now()
    link = make_link(house.ring, house.store.handles, site=site, url=f"{site}/", subject=subject, mailing="m", now=now)
    return link.partition("pzt=")[2].encode()


def test_a_rotated_key_signs_and_the_old_one_still_verifies(house) -> None:
    old = token(house)
    house.ring.rotate(house.clock.now()).save(house.settings.site.keys, replace=True)
    house.refresh()
    assert house.ring.newest.id == 2
    assert house.pipeline.click(old)[0]
    assert house.pipeline.click(token(house))[0]


def test_a_retired_key_verifies_nothing_any_more(house) -> None:
    old = token(house)
    ring = house.ring.rotate(house.clock.now())
    ring.retire(1, house.clock.now()).save(house.settings.site.keys, replace=True)
    house.refresh()
    assert not house.pipeline.click(old)[0]


def test_a_key_file_that_breaks_under_way_leaves_the_keys_in_use(house, caplog) -> None:
    old = token(house)
    house.settings.site.keys.write_text("half a")
    house.refresh()
    house.refresh()
    assert house.pipeline.click(old)[0]
    assert caplog.text.count("The keys in use stay") == 1
