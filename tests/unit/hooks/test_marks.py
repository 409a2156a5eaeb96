"""A function that was meant for a hook and is none would silently never be asked: it is refused by name."""

from types import SimpleNamespace

import pytest

from personalize.errors import PluginError
from personalize.hooks import hookimpl
from personalize.hooks.manager import own_plugin


def nothing(config):
    return []


def marked(**options):
    return hookimpl(**options)(lambda config: [])


async def later(config):
    return []


def plugin(**hooks):
    return own_plugin(SimpleNamespace(plugin_name="own", **hooks))


@pytest.mark.parametrize(
    ("hooks", "message"),
    [
        ({}, r"'own' has no hook, so it does nothing\. Mark a function with @hookimpl: `personalize_suppressors`"),
        (
            {"personalize_suppressors": nothing},
            r"'own': personalize_suppressors \(.*test_marks\.py, line \d+\) is not marked, .* Write @hookimpl above",
        ),
        (
            {"personalize_suppressor": marked()},
            r"personalize_suppressor .* no hook is called so\. Did you mean `personalize_suppressors`\?",
        ),
        ({"chosers": marked()}, r"chosers .* no hook is called so\. Did you mean `personalize_choosers`\?"),
        (
            {"personalize_chooser": nothing},
            r"personalize_chooser .* is no hook\. Did you mean `personalize_choosers`\? .* marked with @hookimpl",
        ),
        (
            {"personalize_texts": nothing, "personalize_choosers": marked()},
            r"personalize_texts .* is no hook\. Known: `personalize_suppressors`.*: rename it\.",
        ),
        (
            {"personalize_choosers": hookimpl(lambda options: [])},
            r"takes `options`, but a hook gets `config` alone\. Write `def personalize_choosers\(config\):`",
        ),
        (
            {"personalize_choosers": hookimpl(later)},
            r"personalize_choosers \(.*\) is async, but a hook is asked once, at start\. Write `def`\.",
        ),
    ],
)
def test_what_would_never_be_asked_is_named_with_its_remedy(hooks, message):
    with pytest.raises(PluginError, match=message):
        plugin(**hooks)


def test_a_class_in_place_of_its_object_is_refused():
    class Own:
        @hookimpl
        def personalize_choosers(self, config):
            return []

    assert own_plugin(Own()).name == "Own"
    with pytest.raises(PluginError, match="Hand over an object, not its class"):
        own_plugin(Own)


def test_marked_functions_may_have_other_names_and_leave_the_argument_out():
    plugin(mine=marked(specname="personalize_choosers"))
    plugin(personalize_choosers=hookimpl(lambda: [nothing]))
    plugin(personalize_choosers=marked(), personalize_rankers=marked(optionalhook=True), personalize_limit=3)
