"""Edits of the content files: noticed, and read once they are complete."""

import os
from pathlib import Path

import pytest

from personalize.content.watch import LONGEST_SECONDS, QUIET_SECONDS, ContentWatch, fingerprint
from personalize.settings import Settings


def test_every_edit_of_content_is_noticed(settings: Settings) -> None:
    settings.content.mkdir()
    seen = [fingerprint(settings)]
    (settings.content / "x.toml").write_text("a")
    seen.append(fingerprint(settings))
    replacement = Path(settings.root / "new")
    replacement.write_text("b")
    replacement.replace(settings.content / "x.toml")
    seen.append(fingerprint(settings))
    (settings.content / "x.toml").unlink()
    seen.append(fingerprint(settings))
    assert len(set(seen)) == 3
    assert seen[0] == seen[3]


def test_an_edit_of_the_settings_waits_for_the_next_start(settings: Settings) -> None:
    before = fingerprint(settings)
    settings.file.write_text("a")
    assert fingerprint(settings) == before


class Clocks:
    """The two clocks that a watch goes by, set by hand; files are changed by the real one."""

    def __init__(self) -> None:
        self.seconds, self.ahead = 0.0, 0.0

    def monotonic(self) -> float:
        return self.seconds

    def time_ns(self) -> int:
        newest = os.stat(self.folder).st_ctime_ns
        newest = max([newest, *(file.stat().st_ctime_ns for file in self.folder.iterdir())])
        return newest + int(self.ahead * 1e9)

    folder = Path()


@pytest.fixture
def clocks(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Clocks:
    clocks = Clocks()
    clocks.folder = settings.content
    settings.content.mkdir()
    monkeypatch.setattr("personalize.content.watch.monotonic", clocks.monotonic)
    monkeypatch.setattr("personalize.content.watch.time_ns", clocks.time_ns)
    return clocks


@pytest.fixture
def watch(settings: Settings, clocks: Clocks) -> ContentWatch:
    (settings.content / "x.toml").write_text("a")
    watch = ContentWatch(settings)
    watch.begin()
    return watch


def test_an_edit_is_read_once_nothing_was_written_for_a_moment(
    settings: Settings, clocks: Clocks, watch: ContentWatch
) -> None:
    (settings.content / "x.toml").write_text("half")
    assert not watch.edited()
    clocks.seconds += QUIET_SECONDS
    (settings.content / "x.toml").write_text("half and the rest")
    assert not watch.edited(), "it was still being written"
    clocks.seconds += QUIET_SECONDS
    clocks.ahead = QUIET_SECONDS
    assert watch.edited()


def test_a_visitor_who_comes_later_sees_an_edit_at_once(
    settings: Settings, clocks: Clocks, watch: ContentWatch
) -> None:
    (settings.content / "y.toml").write_text("new")
    clocks.ahead = QUIET_SECONDS
    assert watch.edited()


def test_files_that_vanish_for_a_moment_were_never_gone(
    settings: Settings, clocks: Clocks, watch: ContentWatch
) -> None:
    kept = (settings.content / "x.toml").rename(settings.root / "x.toml")
    assert not watch.edited()
    kept.rename(settings.content / "x.toml")
    clocks.seconds, clocks.ahead = QUIET_SECONDS, QUIET_SECONDS
    assert not watch.edited()
    clocks.seconds, clocks.ahead = LONGEST_SECONDS, 0.0
    (settings.content / "x.toml").write_text("half")
    assert not watch.edited(), "a later edit waits anew"


@pytest.mark.parametrize("ahead", [-3600.0, 0.0])
def test_a_file_system_whose_clock_is_another_takes_two_looks(
    settings: Settings, clocks: Clocks, watch: ContentWatch, ahead: float
) -> None:
    (settings.content / "x.toml").write_text("edited")
    clocks.ahead = ahead
    assert not watch.edited()
    clocks.seconds += QUIET_SECONDS
    assert watch.edited()


def test_an_edit_does_not_wait_for_ever_where_something_goes_on_writing(
    settings: Settings, clocks: Clocks, watch: ContentWatch
) -> None:
    begun = clocks.seconds = 7.0
    answers = []
    while not answers or not answers[-1]:
        (settings.content / "x.toml").write_text(f"edited {clocks.seconds}")
        answers.append(watch.edited())
        clocks.seconds += QUIET_SECONDS
    assert LONGEST_SECONDS <= clocks.seconds - begun < LONGEST_SECONDS + 3 * QUIET_SECONDS
    watch.begin()
    (settings.content / "x.toml").write_text("edited once more")
    clocks.seconds += 60
    assert not watch.edited()


def test_a_folder_that_is_gone_is_an_edit_at_the_second_look(
    settings: Settings, clocks: Clocks, watch: ContentWatch
) -> None:
    settings.content.rename(settings.root / "gone")
    assert not watch.edited()
    clocks.seconds += QUIET_SECONDS
    assert watch.edited()


@pytest.mark.parametrize("is_read", [True, False])
def test_a_folder_that_goes_once_more_takes_two_looks_again(
    settings: Settings, clocks: Clocks, watch: ContentWatch, is_read: bool
) -> None:
    clocks.ahead = QUIET_SECONDS
    for _ in range(2):
        kept = settings.content.rename(settings.root / "gone")
        assert not watch.edited()
        clocks.seconds += QUIET_SECONDS
        if is_read:
            assert watch.edited()
            watch.begin()
            clocks.seconds += 1
        kept.rename(settings.content)
        assert watch.edited() is is_read
        watch.begin()
        clocks.seconds += 1


def test_what_was_written_while_it_was_read_did_not_hold_still(settings: Settings, watch: ContentWatch) -> None:
    assert watch.held_still()
    (settings.content / "x.toml").write_text("more")
    assert not watch.held_still()


@pytest.mark.parametrize("name", [".x.toml", "x.toml.swp", "x.toml~"])
def test_what_an_editor_puts_beside_is_no_edit(
    settings: Settings, clocks: Clocks, watch: ContentWatch, name: str
) -> None:
    (settings.content / name).write_text("b")
    clocks.ahead = QUIET_SECONDS
    assert not watch.edited()
