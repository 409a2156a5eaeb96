"""Plugins at start-up: every record has an author, and rubbish is named."""

import re
import sys
from types import SimpleNamespace

import pytest

from personalize.errors import ConfigError, PluginError
from personalize.hooks import Chooser, ConsentSource, Suppressor, hookimpl
from personalize.hooks.manager import gather, own_plugin
from personalize.model.attributes import Attribute, AttributeType
from personalize.model.content import Slot


def plugin(name, **hooks):
    marked = {hook: hookimpl(function) for hook, function in hooks.items()}
    return own_plugin(SimpleNamespace(plugin_name=name, __version__="2.1", **marked))


def names(installed):
    return [(rule.plugin, rule.version, rule.name) for rule in installed.rules]


def test_each_plugin_is_asked_with_its_own_table():
    seen = {}

    def remember(config):
        seen[config.name] = dict(config.options)
        return []

    plugins = [plugin("a", personalize_suppressors=remember), plugin("b", personalize_suppressors=remember)]
    gather(plugins, {"b": {"x": 1}}, (), {})
    assert seen == {"a": {}, "b": {"x": 1}}


def test_rules_bear_plugin_and_version_and_stand_in_a_fixed_order():
    late = plugin("late", personalize_choosers=lambda config: [Chooser(name="z", order=9)])
    early = plugin("early", personalize_choosers=lambda config: [Chooser(name="y", order=1)])
    expected = [("early", "2.1", "y"), ("late", "2.1", "z")]
    assert names(gather([late, early], {}, (), {})) == names(gather([early, late], {}, (), {})) == expected


def test_a_callable_is_kept_beside_its_rule():
    ask = lambda view, candidate, context: True  # noqa: E731
    found = gather(
        [plugin("a", personalize_suppressors=lambda config: [Suppressor(name="s", suppress=ask)])], {}, (), {}
    )
    assert found.rules[0].callable
    assert found.callees == {("suppressor", "a", "2.1", "s"): ask}


@pytest.mark.parametrize(
    ("yielded", "complaint"),
    [
        (["text"], "yielded str"),
        (None, "yielded NoneType"),
        ([Chooser(name="c")], "yielded Chooser"),
        ([Suppressor(name="s")], "neither"),
        ([Suppressor(name="s", when="active", suppress=print)], "both"),
    ],
)
def test_rubbish_is_refused_by_name(yielded, complaint):
    with pytest.raises(PluginError, match=f"'a'.*{complaint}|{complaint}.*'a'|{complaint}"):
        gather([plugin("a", personalize_suppressors=lambda config: yielded)], {}, (), {})


def test_a_plugin_that_raises_at_start_up_is_named():
    def broken(config):
        raise KeyError("window")

    with pytest.raises(PluginError, match="'a' failed in personalize_choosers: KeyError"):
        gather([plugin("a", personalize_choosers=broken)], {}, (), {})


@pytest.mark.parametrize(
    ("raised", "told"),
    [
        (PluginError("limit: write a number"), "[plugins.a] limit: write a number"),
        (PluginError("[plugins.a] limit: write a number"), "[plugins.a] limit: write a number"),
        (PluginError("[[plugins.a.rules]] number 1: no"), "[[plugins.a.rules]] number 1: no"),
        (PluginError("[plugins.a-b] is better"), "[plugins.a] [plugins.a-b] is better"),
        (ConfigError("no library"), "[plugins.a] no library."),
    ],
)
def test_a_complaint_of_a_plugin_is_told_with_its_table_once(raised, told):
    def refuse(config):
        raise raised

    with pytest.raises(PluginError) as caught:
        gather([plugin("a", personalize_suppressors=refuse)], {}, (), {})
    assert str(caught.value) == told


def test_a_plugin_that_raises_at_start_up_is_named_with_its_line():
    def broken(config):
        return 1 / 0

    line = broken.__code__.co_firstlineno + 1
    with pytest.raises(PluginError, match=rf"division by zero \({re.escape(__file__)}, line {line}\)\."):
        gather([plugin("a", personalize_choosers=broken)], {}, (), {})


def test_a_plugin_that_ends_the_program_at_start_up_is_named():
    with pytest.raises(PluginError, match=r"'a' failed in personalize_choosers: SystemExit: 2 .* Mend that line"):
        gather([plugin("a", personalize_choosers=lambda config: sys.exit(2))], {}, (), {})


def test_a_plugin_that_alters_what_it_is_told_alters_nothing_of_ours():
    def meddle(config):
        config.attributes["fee"].titles["en"] = "x"
        config.slots["hero"].context.clear()
        config.options["offers"].clear()
        return []

    fee = Attribute(name="fee", type=AttributeType.number, source="crm", purpose="offers", titles={"en": "fee"})
    slots = {"hero": Slot(name="hero", context={"topic": AttributeType.text})}
    tables = {"a": {"offers": {"tv": "tv"}}}
    gather([plugin("a", personalize_choosers=meddle)], tables, (fee,), slots)
    assert (fee.titles, slots["hero"].context) == ({"en": "fee"}, {"topic": AttributeType.text})
    assert tables == {"a": {"offers": {"tv": "tv"}}}


def test_two_plugins_of_one_name_are_refused():
    twice = [plugin("a", personalize_choosers=lambda config: []) for _ in range(2)]
    with pytest.raises(PluginError, match="'a' is there twice"):
        gather(twice, {}, (), {})


def test_a_table_without_a_plugin_suggests_the_nearest():
    with pytest.raises(ConfigError, match="Did you mean 'renewal-window'"):
        gather([plugin("renewal-window", personalize_choosers=lambda config: [])], {"renewal-windov": {}}, (), {})


def test_two_rules_of_one_name_are_refused():
    twice = [Suppressor(name="s", suppress=lambda *_: True), Suppressor(name="s", suppress=lambda *_: False)]
    with pytest.raises(PluginError, match="two suppressors 's'"):
        gather([plugin("a", personalize_suppressors=lambda config: twice)], {}, (), {})


@pytest.mark.parametrize(("names", "who"), [("ab", "'a' and 'b'"), ("a", "'a' alone")])
def test_two_consent_sources_of_one_name_are_refused(names, who):
    def sources(config):
        return [ConsentSource(name="banner", read=lambda headers, purposes: {})] * (3 - len(names))

    plugins = [plugin(name, personalize_consent_sources=sources) for name in names]
    with pytest.raises(PluginError, match=f"Two consent sources are called 'banner', of {who}: rename one"):
        gather(plugins, {}, (), {})


def test_more_rules_than_an_entry_can_name_are_refused():
    def many(count):
        rules = [Suppressor(name=f"s{number}", when="active") for number in range(count)]
        return gather([plugin("many", personalize_suppressors=lambda config: rules)], {}, (), {})

    assert len(many(255).rules) == 255
    with pytest.raises(PluginError, match="256 of them 'many': 255 are the most"):
        many(256)
