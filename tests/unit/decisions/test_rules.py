"""Plugins' callables: only declared reads, only yes or no, and out after three strikes."""

import time

import pytest

from personalize.decisions.rules import bind_callable
from personalize.errors import PluginError
from personalize.hooks.breaker import FORGOTTEN_SECONDS, OUT_SECONDS, STRIKES, Breaker, CallFailed
from personalize.model.content import Rule, RuleKind


def suppressor(**more):
    return Rule(kind=RuleKind.suppressor, plugin="test", version="1", name="own", callable=True, **more)


@pytest.mark.parametrize("rubbish", [None, 1, "yes", float("nan"), [], object()])
def test_an_answer_that_is_no_yes_or_no_is_a_failure(recipe, decide, rubbish):
    fates = decide(recipe({"name": "a"}, rules=[suppressor()]), {"own": lambda *inputs: rubbish})[1]
    assert fates["a"] == ("ERROR", None)


@pytest.mark.parametrize("error", [ValueError, RecursionError, MemoryError, SystemExit, GeneratorExit, BaseException])
def test_whatever_a_plugin_raises_stays_inside(recipe, decide, error):
    def broken(view, candidate, context):
        raise error

    assert decide(recipe({"name": "a"}, rules=[suppressor()]), {"own": broken})[1]["a"] == ("ERROR", None)


def test_a_declared_read_is_noted_and_another_is_the_plugins_error(recipe, decide):
    def ask(view, candidate, context):
        return bool(view.get("active"))

    declared = recipe({"name": "a"}, rules=[suppressor(reads=("active",))])
    assert decide(declared, {"own": ask}, active=True)[1]["a"] == ("SUPPRESSED", None)
    assert decide(declared, {"own": ask}, active=True)[2].mask == 0b001
    undeclared = recipe({"name": "a"}, rules=[suppressor()])
    assert decide(undeclared, {"own": ask}, active=True)[1]["a"] == ("ERROR", None)
    assert decide(undeclared, {"own": ask}, active=True)[2].mask == 0


def test_a_refused_read_is_the_plugins_error_also_where_it_goes_on(recipe, decide):
    def ask(view, candidate, context):
        try:
            return bool(view.get("active"))
        except Exception:
            return False

    assert decide(recipe({"name": "a"}, rules=[suppressor()]), {"own": ask}, active=True)[1]["a"] == ("ERROR", None)


def test_a_view_that_was_kept_tells_nothing_of_one_person_to_the_rule_about_another(recipe, decide):
    kept = []

    def ask(view, candidate, context):
        kept.append(view)
        return bool(kept[0].get("active"))

    rules = recipe({"name": "a"}, rules=[suppressor(reads=("active",))])
    assert decide(rules, {"own": ask}, active=True)[1]["a"] == ("SUPPRESSED", None)
    assert decide(rules, {"own": ask}, active=False)[1]["a"] == ("ERROR", None)
    with pytest.raises(PluginError, match="read 'active' after it had answered: keep values, not the view"):
        kept[0].get("active")


def test_the_clock_is_a_read_that_must_be_declared(recipe, decide):
    def noon(view, candidate, context):
        return context.now.hour >= 0 and context.today is not None

    both = recipe({"name": "a"}, rules=[suppressor(reads=("now", "today"))])
    assert decide(both, {"own": noon})[1]["a"] == ("SUPPRESSED", None)
    one = recipe({"name": "a"}, rules=[suppressor(reads=("now",))])
    assert decide(one, {"own": noon})[1]["a"] == ("ERROR", None)


def test_three_overruns_take_a_rule_out_and_time_brings_it_back(monkeypatch):
    breaker = Breaker()
    judge = bind_callable(lambda *inputs: time.sleep(0.006) or False, None, {}, (), "slow", breaker)
    for _ in range(3):
        assert judge(None) is False
    with pytest.raises(CallFailed):
        judge(None)
    later = time.monotonic() + OUT_SECONDS
    monkeypatch.setattr("personalize.hooks.breaker.monotonic", lambda: later)
    assert judge(None) is False


def test_a_rule_that_comes_back_and_behaves_is_forgiven(monkeypatch):
    breaker = Breaker()
    for _ in range(STRIKES):
        breaker.strike("rule")
    assert breaker.is_out("rule")
    breaker.pardon("rule")
    assert not breaker.is_out("rule")
    assert breaker.strikes == {}


def test_strikes_far_apart_do_not_add_up(monkeypatch):
    breaker, now = Breaker(), [1000.0]
    monkeypatch.setattr("personalize.hooks.breaker.monotonic", lambda: now[0])
    for _ in range(STRIKES):
        now[0] += FORGOTTEN_SECONDS + 1
        breaker.strike("rule")
    assert not breaker.is_out("rule")
