"""A plugin that fails (X3 to X6): its slot shows the default, the others stay personalised, the reason names it."""

import asyncio
import logging
import time
from pathlib import Path
from typing import Any

import pytest

from personalize.hooks import Chooser, Suppressor, hookimpl
from personalize.model.decisions import Reason
from tests.faults.site.app import Page
from tests.faults.site.browser import Site
from tests.faults.site.files import shown

PLUS = 1
ERRORS: list[BaseException] = [
    Exception("broken"),
    BaseException("broken at the base"),
    RecursionError(),
    MemoryError(),
    asyncio.CancelledError(),
    SystemExit(3),
    GeneratorExit(),
    StopIteration(),
    TimeoutError(),
]
CYCLE: list[Any] = []
CYCLE.append(CYCLE)
RUBBISH: list[Any] = [None, 1, "yes", bytes(100_000_000), float("nan"), CYCLE, {}, object(), NotImplemented]


class Noisy:
    """A plugin with one rule over the hero, which calls a function of the test."""

    plugin_name, __version__ = "noisy", "7"

    def __init__(self, callee: Any, kind: type[Suppressor] | type[Chooser] = Suppressor) -> None:
        self.callee, self.kind = callee, kind
        self.config: Any = None

    @hookimpl
    def personalize_suppressors(self, config: Any) -> Any:
        self.config = config
        if self.kind is Suppressor:
            yield Suppressor(name="din", suppress=self.callee, reads=("plan", "now"), slots=("hero",))

    @hookimpl
    def personalize_choosers(self, config: Any) -> Any:
        if self.kind is Chooser:
            yield Chooser(name="din", choose=self.callee, reads=("plan", "now"), slots=("hero",))


def raise_(error: BaseException) -> bool:
    raise error


def endless(view: Any, candidate: Any, context: Any) -> bool:
    return endless(view, candidate, context)


def expect_a_named_default(site: Site, page: Page) -> None:
    """Check that only the hero suffered, and that the entry of it says whose fault that was."""
    assert page.slots == {**shown(page.customer), "hero": "default"}
    assert page.reasons["hero"] == "ERROR"
    [entry] = [entry for entry in site.house.cookbook.by_code(page.code) if entry.slot == "hero"]
    fate = next(outcome for outcome in entry.outcomes if outcome.variant == "plus")
    rule = site.house.recipe(entry.recipe).rules[fate.rule]
    assert (fate.reason, rule.plugin, rule.version, rule.name) == (Reason.ERROR, "noisy", "7", "din")


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no rule be taken out, so that each of many failures is met."""
    monkeypatch.setattr("personalize.hooks.breaker.STRIKES", 1000)


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("kind", [Suppressor, Chooser])
def test_whatever_a_rule_raises_leaves_the_page_whole(
    settings: Path, kind: type[Suppressor] | type[Chooser], subtests: pytest.Subtests
) -> None:
    errors = iter([error for error in ERRORS for _ in range(2)])
    with Site(settings, [Noisy(lambda *given: raise_(next(errors)), kind)]) as site:
        for error in ERRORS:
            with subtests.test(type(error).__name__):
                expect_a_named_default(site, site.page(PLUS, "/"))
                expect_a_named_default(site, site.page(PLUS, "/threaded"))
        assert next(errors, None) is None


def test_a_rule_that_calls_itself_for_ever_leaves_the_page_whole(settings: Path) -> None:
    with Site(settings, [Noisy(endless)]) as site:
        expect_a_named_default(site, site.page(PLUS))


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("kind", [Suppressor, Chooser])
def test_an_answer_that_is_no_yes_or_no_leaves_the_page_whole(
    settings: Path, kind: type[Suppressor] | type[Chooser], subtests: pytest.Subtests
) -> None:
    answers = iter(RUBBISH)
    with Site(settings, [Noisy(lambda *given: next(answers), kind)]) as site:
        for answer in RUBBISH:
            with subtests.test(type(answer).__name__):
                expect_a_named_default(site, site.page(PLUS))
        assert next(answers, "no more") == "no more"


def test_a_rule_that_reads_more_than_it_declared_is_at_fault(settings: Path) -> None:
    with Site(settings, [Noisy(lambda view, candidate, context: view.get("first_name") == "x")]) as site:
        expect_a_named_default(site, site.page(PLUS))


def test_a_failing_rule_is_told_in_the_log_and_counted(settings: Path, caplog: pytest.LogCaptureFixture) -> None:
    plugin = Noisy(lambda *given: raise_(KeyError("depth")))
    with caplog.at_level(logging.WARNING, "personalize"), Site(settings, [plugin]) as site:
        for _ in range(20):
            site.page(PLUS)
        told = [record.getMessage() for record in caplog.records]
        assert 1 <= sum("noisy/din" in text for text in told) <= 3
        assert "KeyError" in caplog.text
        assert site.health()["counters"]["rule_failed"] == 3


def test_a_rule_that_is_slow_three_times_is_taken_out(settings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("personalize.hooks.breaker.OUT_SECONDS", 600.0)  # a busy machine may stall for the usual 4
    calls: list[float] = []

    def slow(view: Any, candidate: Any, context: Any) -> bool:
        calls.append(time.monotonic())
        time.sleep(0.006)
        return False

    with Site(settings, [Noisy(slow)]) as site:
        pages = [site.page(PLUS + 3 * n) for n in range(8)]
    assert len(calls) == 3
    assert [page.slots["hero"] for page in pages] == ["plus"] * 3 + ["default"] * 5


def test_a_rule_that_was_out_is_tried_again_and_comes_back(settings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("personalize.hooks.breaker.OUT_SECONDS", 0.3)
    broken = True

    def sometimes(view: Any, candidate: Any, context: Any) -> bool:
        if broken:
            raise OSError("broken")
        return False

    with Site(settings, [Noisy(sometimes)]) as site:
        for _ in range(4):
            expect_a_named_default(site, site.page(PLUS))
        broken = False
        time.sleep(0.35)
        assert site.page(PLUS).slots == shown(PLUS)


def test_what_a_rule_is_given_cannot_be_changed(settings: Path) -> None:
    changed: list[str] = []

    def grabbing(view: Any, candidate: Any, context: Any) -> bool:
        for attempt in (
            lambda: setattr(candidate, "variant", "other"),
            lambda: candidate.tags.update(audience="all"),
            lambda: setattr(view, "plan", "max"),
            lambda: setattr(context, "now", None),
        ):
            refused(attempt, changed)
        return False

    with Site(settings, [Noisy(grabbing)]) as site:
        assert site.page(PLUS).slots == shown(PLUS)
    assert changed == []


def test_what_a_plugin_is_told_at_the_start_cannot_be_changed(settings: Path) -> None:
    plugin, changed = Noisy(lambda view, candidate, context: False), []
    with Site(settings, [plugin]) as site:
        for attempt in (
            lambda: plugin.config.slots.clear(),
            lambda: plugin.config.attributes.clear(),
            lambda: plugin.config.options.update(more=1),
            lambda: setattr(plugin.config, "name", "other"),
            lambda: setattr(plugin.config.slots["hero"], "enabled", False),
        ):
            refused(attempt, changed)
        assert site.page(PLUS).slots == shown(PLUS)
    assert changed == []


def refused(attempt: Any, changed: list[str]) -> None:
    """Note an attempt to change something that went through."""
    try:
        attempt()
    except (AttributeError, TypeError):
        return
    changed.append(attempt.__code__.co_names[-1])
