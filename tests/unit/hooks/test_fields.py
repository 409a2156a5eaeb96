"""Records that would fail open are refused: the message names plugin, rule and field, and what to write."""

from types import SimpleNamespace

import pytest

from personalize.errors import PluginError
from personalize.hooks import Chooser, ConsentSource, Suppressor, hookimpl
from personalize.hooks.manager import gather, own_plugin
from personalize.model.attributes import Attribute, AttributeType
from personalize.model.consent import Basis, Purpose
from personalize.model.content import Slot

FEE = Attribute(name="yearly_fee", type=AttributeType.number, source="crm", purpose="offers")
SLOTS = {
    "aside": Slot(name="aside", context={"topic": AttributeType.text}),
    "hero": Slot(name="hero"),
}


def never(view, candidate, context):
    return False


async def later(view, candidate, context):
    return False


def between(view, candidate, context):
    yield False


class Later:
    async def __call__(self, view, candidate, context):
        return False


def gathered(record, hook):
    function = hookimpl(lambda config: [record])
    plugin = own_plugin(SimpleNamespace(plugin_name="own", **{f"personalize_{hook}": function}))
    return gather([plugin], {}, (FEE,), SLOTS, (), {"offers": Purpose(name="offers", basis=Basis.consent)})


def suppressor(**fields):
    return gathered(Suppressor(**{"name": "r", "suppress": never, **fields}), "suppressors")


REFUSED = [
    ({"slots": "aside"}, "slots='aside' is a text. Write a tuple: slots=('aside',)."),
    ({"variants": "upgrade"}, "variants='upgrade' is a text. Write a tuple: variants=('upgrade',)."),
    ({"reads": "yearly_fee"}, "reads='yearly_fee' is a text. Write a tuple: reads=('yearly_fee',)."),
    ({"slots": ""}, "slots='' is a text. Write a tuple: slots=()."),
    ({"slots": {"aside"}}, "slots={'aside'} is no tuple of names. Write a tuple: slots=('…',)."),
    ({"slots": (1,)}, "slots=(1,) is no tuple of names. Write a tuple: slots=('…',)."),
    ({"slots": ("asid",)}, "slots names 'asid', no slot of the site. Did you mean `aside`?"),
    (
        {"reads": ("yearlyfee",)},
        "reads names 'yearlyfee', neither an attribute nor a page fact of its slots. Did you mean `yearly_fee`?",
    ),
    (
        {"reads": ("topic",), "slots": ("hero",)},
        "reads names 'topic', neither an attribute nor a page fact of its slots. Known: `yearly_fee`, `now`, `today`.",
    ),
    (
        {"on_unknown": "hide"},
        'on_unknown=\'hide\' is not known. Write on_unknown="show" or on_unknown="suppress".',
    ),
    ({"titles": "x"}, 'titles=\'x\' is no sentence per language. Write titles={"en": "…"}.'),
    ({"titles": {"en": 1}}, 'titles={\'en\': 1} is no sentence per language. Write titles={"en": "…"}.'),
    ({"whether": "x"}, 'whether=\'x\' is no sentence per language. Write whether={"en": "…"}.'),
    ({"order": "1"}, "order='1' is no whole number. For example order=100."),
    ({"when": True}, 'when=True is no text. Write when="…".'),
    ({"suppress": "never"}, "suppress='never' is no function. Give the function itself."),
    ({"suppress": later}, "suppress is an async function. Write a plain one: it is called and not awaited."),
    ({"suppress": Later()}, "suppress is an async function. Write a plain one: it is called and not awaited."),
    ({"suppress": between}, "suppress is a generator. Write `return` instead of `yield`."),
    (
        {"suppress": lambda view, candidate: False},
        "suppress is called with (view, candidate, context): too many positional arguments. Let it take these.",
    ),
    (
        {"suppress": lambda view, candidate, context, site: False},
        "suppress is called with (view, candidate, context): missing a required argument: 'site'. Let it take these.",
    ),
]


@pytest.mark.parametrize(("fields", "message"), REFUSED)
def test_a_field_that_cannot_be_used_is_named_with_its_remedy(fields, message):
    with pytest.raises(PluginError) as caught:
        suppressor(**fields)
    assert str(caught.value) == f"The rule 'r' of 'own': {message}"


def test_a_chooser_is_checked_too():
    with pytest.raises(PluginError, match=r"'r' of 'own': slots='hero' is a text"):
        gathered(Chooser(name="r", slots="hero"), "choosers")


def test_a_rule_without_a_name_is_refused():
    with pytest.raises(PluginError, match=r"A rule of 'own': name='' is empty\. Write name=\"…\"\."):
        suppressor(name="")


def test_attributes_the_clock_and_page_facts_of_the_rules_slots_may_be_read():
    for slots in ((), ("aside",), ["aside", "hero"]):
        found = suppressor(reads=("yearly_fee", "topic", "now", "today"), slots=slots)
        assert found.rules[0].slots == tuple(slots)


def test_a_variant_that_is_not_there_is_left_to_check():
    """Content files come and go while the plugin stays: `personalize check` gives it as advice."""
    assert suppressor(variants=("not-yet",)).rules[0].variants == ("not-yet",)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"purposes": "offers"}, ": purposes='offers' is a text. Write a tuple: purposes=('offers',)."),
        ({"purposes": ("offer",)}, " speaks for 'offer': no such purpose. Did you mean `offers`?"),
        ({"read": None}, ": read=None is no function. Give the function itself."),
    ],
)
def test_a_consent_source_that_cannot_be_used_is_named_with_its_remedy(fields, message):
    with pytest.raises(PluginError) as caught:
        gathered(ConsentSource(**{"name": "s", "read": lambda headers, purposes: {}, **fields}), "consent_sources")
    assert str(caught.value) == f"The consent source 's' of 'own'{message}"
