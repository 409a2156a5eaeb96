"""Content edited under load (X15): a mistake changes nothing and is told, a good edit is live everywhere soon."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from personalize import Personalizer
from personalize.content.files import Content, read_content
from personalize.settings import Settings
from tests.faults.site.browser import DEFAULTS, Site, write_locked
from tests.faults.site.files import shown
from tests.faults.workers import PATIENCE, Worker, until, workers

READER = 3
LIVE = 2.0
"""Seconds after which an edit is live in every worker."""
NEWS = """
[[variant]]
slot = "offer"
name = "summer"
order = 1
[variant.fields]
text = "It is summer"
"""
MISTAKES = {
    "an unknown attribute": ("when = \"plan == 'plus'\"", "when = \"plam == 'plus'\"", ":5:9", "nearest is `plan`"),
    "a wrong type": ("when = \"plan == 'plus'\"", 'when = "plan == 7"', ":5:9", "cannot be compared with a number"),
    "half a file": ('text = "Come back"\n', 'text = "Come ba\n', ":21:8", "not TOML"),
    "an unknown slot": ('slot = "story"', 'slot = "storey"', ":24:9", "Did you mean `story`?"),
    "a text without its field": ('text = "The sea rises"', "", ":27:1", "the field `text` is missing"),
}


@contextmanager
def load(group: list[Worker]) -> Iterator[list[str]]:
    """Keep every worker busy, and yield what went wrong."""
    wrong: list[str] = []
    done = threading.Event()

    def browse(worker: Worker) -> None:
        while not done.is_set():
            try:
                slots = worker.page(READER).slots
            except (OSError, AssertionError) as error:
                wrong.append(repr(error))
                return
            if {**slots, "offer": ""} != {**shown(READER), "offer": ""}:
                wrong.append(str(slots))

    threads = [threading.Thread(target=browse, args=[worker]) for worker in group for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield wrong
    finally:
        done.set()
        for thread in threads:
            thread.join(PATIENCE)


@pytest.mark.server
def test_a_mistake_leaves_the_old_recipe_and_the_mended_file_is_live_in_all_workers(settings: Path) -> None:
    variants = settings.parent / "content" / "variants.toml"
    good = variants.read_text(encoding="utf-8")
    with workers(settings) as group, load(group) as wrong:
        variants.write_text(good.replace("plan == 'plus'", "plam == 'plus'"), encoding="utf-8")
        for worker in group:
            until(lambda worker=worker: f"{variants}:5:" in worker.log(), LIVE + PATIENCE)
            assert worker.page(1).slots == shown(1)
        variants.write_text(good + NEWS, encoding="utf-8")
        edited = time.monotonic()
        for worker in group:
            while worker.page(READER).slots["offer"] != "summer":
                assert time.monotonic() - edited < LIVE + PATIENCE
        time.sleep(max(0.0, LIVE - (time.monotonic() - edited)))
        assert [worker.page(READER).slots["offer"] for worker in group] == ["summer", "summer"]
    assert wrong == []


@pytest.mark.parametrize("mistake", MISTAKES)
def test_every_mistake_is_told_with_its_place_and_changes_nothing(
    settings: Path, mistake: str, caplog: pytest.LogCaptureFixture
) -> None:
    variants = settings.parent / "content" / "variants.toml"
    before, after, place, advice = MISTAKES[mistake]
    good = variants.read_text(encoding="utf-8")
    with Site(settings) as site:
        recipe = site.health()["recipe"]
        variants.write_text(good.replace(before, after), encoding="utf-8")
        time.sleep(0.6)
        assert site.page(1).slots == shown(1)
        assert (site.health()["recipe"], f"{variants}{place}" in caplog.text) == (recipe, True), caplog.text
        assert advice in caplog.text


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_site_that_starts_with_a_mistake_shows_what_was_in_force_and_tells_it(
    settings: Path, mistake: str, caplog: pytest.LogCaptureFixture
) -> None:
    variants = settings.parent / "content" / "variants.toml"
    before, after, place, _ = MISTAKES[mistake]
    good = variants.read_text(encoding="utf-8")
    with Site(settings) as site:
        recipe = site.health()["recipe"]
    variants.write_text(good.replace(before, after), encoding="utf-8")
    with Site(settings) as site:
        assert site.page(1).slots == shown(1)
        health = site.health()
        assert (health["recipe"], [each["name"] for each in health["findings"]]) == (recipe, ["content"])
        assert f"{variants}{place}" in caplog.text
        assert str(variants) not in str(health)
        variants.write_text(good + NEWS, encoding="utf-8")
        until(lambda: site.page(READER).slots["offer"] == "summer", 5)
        assert site.health()["status"] == "ok"


def test_what_was_taken_back_does_not_return_with_a_mistake(settings: Path) -> None:
    variants = settings.parent / "content" / "variants.toml"
    good = variants.read_text(encoding="utf-8")
    with Site(settings) as site:
        variants.write_text(good + NEWS, encoding="utf-8")
        until(lambda: site.page(READER).slots["offer"] == "summer", 5)
        variants.write_text(good, encoding="utf-8")
        until(lambda: site.page(READER).slots == shown(READER), 5)
    variants.write_text("[[variant]", encoding="utf-8")
    with Site(settings) as site:
        assert site.page(READER).slots == shown(READER)


def test_what_a_command_looked_at_does_not_count_as_in_force(settings: Path) -> None:
    variants = settings.parent / "content" / "variants.toml"
    good = variants.read_text(encoding="utf-8")
    with Site(settings):
        pass
    variants.write_text(good + NEWS, encoding="utf-8")
    command = Personalizer.from_toml(settings)
    command.open()
    command.close()
    variants.write_text("[[variant]", encoding="utf-8")
    with Site(settings) as site:
        assert site.page(READER).slots == shown(READER)


def test_a_site_that_never_had_good_content_shows_its_defaults_and_the_pages_of_visitors(settings: Path) -> None:
    with sqlite3.connect(settings.parent / "store" / "people.sqlite") as people:
        people.execute("DELETE FROM in_force")
    (settings.parent / "content" / "variants.toml").write_text("[[variant]", encoding="utf-8")
    with Site(settings) as site:
        assert site.page(1).slots == DEFAULTS
        assert site.client.get("/personalize/me", headers={"x-customer": "1"}).status_code == 200


def test_old_content_does_not_stand_in_where_its_slots_are_others_by_now(settings: Path) -> None:
    with Site(settings):
        pass
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("[slots.offer]", "[slots.added]\n[slots.offer]"), encoding="utf-8")
    (settings.parent / "content" / "variants.toml").write_text("[[variant]", encoding="utf-8")
    with Site(settings) as site:
        assert site.page(1).slots == DEFAULTS


def test_a_mistake_in_the_settings_conditions_is_no_reason_to_guess(settings: Path) -> None:
    with settings.open("a", encoding="utf-8") as file:
        file.write('\n[segments.lost]\nwhen = "plam"\n')
    with Site(settings) as site:
        assert site.page(1).slots == DEFAULTS
        (finding,) = site.health()["findings"]
    assert (finding["name"], finding["sentence"]) == ("content", "The store is not open.")
    assert "`personalize check` names each" in finding["remedy"]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"\0" * 5000, b"[[variant]]\n" * 5000, b"a=" + b"[" * 5000])
def test_rubbish_in_a_content_file_stops_nobody(settings: Path, content: bytes) -> None:
    extra = settings.parent / "content" / "extra.toml"
    with Site(settings) as site:
        extra.write_bytes(content)
        time.sleep(0.6)
        assert [site.page(1).slots for _ in range(3)] == [shown(1)] * 3
        extra.write_text(NEWS, encoding="utf-8")
        time.sleep(0.6)
        assert site.page(1).slots == {**shown(1), "offer": "summer"}


def test_a_content_folder_that_is_gone_changes_nothing_and_is_told_until_it_is_back(settings: Path) -> None:
    content = settings.parent / "content"
    with Site(settings) as site:
        content.rename(content.with_name("gone"))
        until(lambda: [each["name"] for each in site.health()["findings"]] == ["content"], 5)
        assert site.page(1).slots == shown(1)
    with Site(settings) as site:
        assert site.page(1).slots == shown(1)
        content.with_name("gone").rename(content)
        until(lambda: site.health()["status"] == "ok", 5)


def test_an_empty_content_folder_takes_every_variant_off_and_is_told(
    settings: Path, caplog: pytest.LogCaptureFixture
) -> None:
    content = settings.parent / "content"
    with Site(settings) as site:
        assert site.page(1).slots == shown(1)
        content.rename(content.with_name("gone"))
        time.sleep(0.6)
        assert site.page(1).slots == shown(1)
        content.mkdir()
        until(lambda: site.page(1).slots == DEFAULTS, 5)
    assert caplog.text.count(f"There is no variant in {content} any more") == 1


def test_a_checkout_that_writes_file_after_file_is_seen_whole_or_not_at_all(settings: Path) -> None:
    variants = settings.parent / "content" / "variants.toml"
    good = variants.read_text(encoding="utf-8")
    with Site(settings) as site:
        before = site.health()["recipe"]
        until(lambda: site.page(1).slots == shown(1), 5)
        seen = set()
        for _ in range(12):
            variants.unlink()
            seen.add(str(site.page(1).slots))
            variants.write_text(good, encoding="utf-8")
            time.sleep(0.1)
        assert seen == {str(shown(1))}
        (settings.parent / "content" / "news.toml").write_text(NEWS, encoding="utf-8")
        until(lambda: site.page(1).slots["offer"] == "summer", 5)
        assert site.health()["recipe"] != before


def test_a_file_that_is_written_while_it_is_read_is_read_again(settings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    variants = settings.parent / "content" / "variants.toml"
    good = variants.read_text(encoding="utf-8")
    variants.write_text("", encoding="utf-8")

    def read_slowly(found: Settings) -> Content:
        content = read_content(found)
        variants.write_text(good, encoding="utf-8")
        return content

    monkeypatch.setattr("personalize.publishing.read_content", read_slowly)
    assert Personalizer.from_toml(settings).publisher.read().recipe.variants


def test_a_folder_in_the_place_of_a_content_file_stops_nobody(settings: Path) -> None:
    with Site(settings) as site:
        (settings.parent / "content" / "extra.toml").mkdir()
        time.sleep(0.6)
        assert [site.page(1).slots for _ in range(3)] == [shown(1)] * 3


def test_a_good_edit_that_meets_a_locked_store_is_live_once_the_lock_is_gone(settings: Path) -> None:
    with Site(settings) as site:
        with write_locked(settings.parent / "store" / "people.sqlite"):
            (settings.parent / "content" / "news.toml").write_text(NEWS, encoding="utf-8")
            time.sleep(0.6)
            began = time.monotonic()
            assert site.page(1).slots == shown(1)
            assert time.monotonic() - began < 4, "the page waited for the lock, as a publishing at start does"
        until(lambda: site.page(1).slots == {**shown(1), "offer": "summer"}, 5)
