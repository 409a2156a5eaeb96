"""A key file that is gone, cut, foreign or open to others (X29): the site runs, says why, and recovers."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from personalize.ports import SystemClock
from personalize.recognition.keys import KeyRing
from tests.faults.site.browser import DEFAULTS, Site
from tests.faults.site.files import shown

READER = 3


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:100])


def fill_with_rubbish(path: Path) -> None:
    path.write_bytes(os.urandom(300))


def empty(path: Path) -> None:
    path.write_bytes(b"")


def open_to_others(path: Path) -> None:
    path.chmod(0o644)


def replace_by_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def replace_by_a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path, 0o600)


def point_to_nothing(path: Path) -> None:
    path.unlink()
    path.symlink_to("nowhere")


DAMAGE = {
    Path.unlink: "there is no key file. Put back the file from its backup",
    cut: "not a complete key file",
    fill_with_rubbish: "not a complete key file",
    empty: "not a complete key file",
    open_to_others: "others may use it (mode 0644). Run `chmod 600",
    replace_by_a_folder: "cannot be read",
    replace_by_a_pipe: "not a file",
    point_to_nothing: "there is no key file",
}


@pytest.mark.parametrize("damage", DAMAGE, ids=lambda damage: damage.__name__)
def test_without_a_usable_key_file_the_site_runs_and_says_why(
    settings: Path, damage: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    path = settings.parent / "personalize.keys"
    damage(path)
    with Site(settings) as site:
        for number in (READER, None):
            page = site.page(number)
            assert (page.slots, page.code) == (DEFAULTS, "")
            assert set(page.reasons.values()) == {"ERROR"}
        assert f"{path}: {DAMAGE[damage]}" in caplog.text
        health = site.client.get("/personalize/api/health")
        assert (health.status_code, health.json()["counters"]["startup_failed"]) == (503, 1)
        assert [finding["name"] for finding in health.json()["findings"]] == ["keys"]
        assert health.json()["status"].startswith("The key file cannot be read: put it back")
        assert str(settings.parent) not in health.text


def test_a_key_file_that_is_put_back_is_used_without_a_restart(settings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("personalize.asgi.opening.AGAIN_AFTER", 0.0)
    path = settings.parent / "personalize.keys"
    path.rename(path.with_suffix(".away"))
    with Site(settings) as site:
        assert site.page(READER).slots == DEFAULTS
        path.with_suffix(".away").rename(path)
        assert site.page(READER).slots == shown(READER)
        assert site.health()["status"] == "ok"


def test_under_another_sites_keys_nobody_is_known_and_nobody_disturbed(settings: Path) -> None:
    KeyRing.new(SystemClock().now()).save(settings.parent / "personalize.keys", replace=True)
    with Site(settings) as site:
        page = site.page(READER)
        assert (page.slots, page.code) == (site.page(None).slots, "")


def test_a_key_file_that_goes_while_the_site_runs_is_not_missed(settings: Path) -> None:
    with Site(settings) as site:
        (settings.parent / "personalize.keys").unlink()
        assert site.page(READER).slots == shown(READER)
