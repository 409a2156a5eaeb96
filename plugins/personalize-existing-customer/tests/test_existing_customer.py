from typing import Any

import pytest

from personalize.hooks import PluginConfig, PluginError, Suppressor
from personalize.model.attributes import Attribute, AttributeType
from personalize.model.content import Slot
from personalize_existing_customer import personalize_suppressors

SHORT = {"customer": "active", "owned": "products", "offers": {"internet": "internet"}}


def attribute(name: str, kind: AttributeType) -> Attribute:
    return Attribute(name=name, type=kind, source="crm", purpose="offers")


def rules_of(options: dict[str, Any]) -> list[Suppressor]:
    attributes = {
        "active": attribute("active", AttributeType.yes_no),
        "products": attribute("products", AttributeType.set),
    }
    slots = {"offer": Slot(name="offer")}
    config = PluginConfig(name="existing-customer", options=options, attributes=attributes, slots=slots)
    return list(personalize_suppressors(config=config))


def written(**options: Any) -> dict[str, Any]:
    return {"rules": [{"name": "has-tv", "when": "active", **options}]}


def test_an_unconfigured_plugin_yields_nothing() -> None:
    assert rules_of({}) == []


def test_the_short_form_asks_for_a_customer_who_has_the_product() -> None:
    (rule,) = rules_of({**SHORT, "slots": ["offer"]})
    assert (rule.name, rule.when) == ("has-internet", "active and 'internet' in products")
    assert (rule.slots, rule.variants, rule.on_unknown) == (("offer",), ("internet",), "show")


def test_without_customer_owning_is_enough() -> None:
    (rule,) = rules_of({"owned": "products", "offers": {"internet": "internet"}})
    assert rule.when == "'internet' in products"


def test_two_offers_of_one_product_share_a_rule() -> None:
    offers = {"tv-winter": "tv", "internet": "internet", "tv-summer": "tv"}
    rules = rules_of({**SHORT, "offers": offers})
    assert {rule.name: rule.variants for rule in rules} == {
        "has-internet": ("internet",),
        "has-tv": ("tv-summer", "tv-winter"),
    }


def test_a_product_with_a_quote_in_its_name_stays_one_literal() -> None:
    (rule,) = rules_of({"owned": "products", "offers": {"offer": "kids' tv"}})
    assert rule.when == '"kids\' tv" in products'


def test_every_rule_explains_itself_in_three_languages() -> None:
    for rule in rules_of({**SHORT, **written()}):
        assert set(rule.titles) == {"nl", "nb", "en"}


def test_a_written_rule_is_taken_as_it_stands() -> None:
    titles = {"nl": "u hebt al televisie"}
    (rule,) = rules_of(written(slot="offer", variants=["tv"], order=7, on_unknown="suppress", titles=titles))
    assert rule == Suppressor(
        name="has-tv",
        when="active",
        slots=("offer",),
        variants=("tv",),
        order=7,
        on_unknown="suppress",
        titles=titles,
    )


def test_both_forms_stand_side_by_side() -> None:
    assert [rule.name for rule in rules_of({**SHORT, **written()})] == ["has-internet", "has-tv"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"ofers": {}}, r"\] ofers: there is no such option\. Did you mean `offers`\?"),
        ({"owned": "products"}, r"\] owned: has no effect without offers\. Add"),
        ({"offers": {"a": "b"}}, r'\] owned: is missing\. Write owned = "products"\.'),
        ({**SHORT, "owned": "product"}, r"\] owned: there is no attribute 'product'\. Did you mean `products`\?"),
        (
            {**SHORT, "owned": "active"},
            r"\] owned: 'active' is of type yes/no\. Name one of type set of text: `products`\.",
        ),
        (
            {**SHORT, "customer": "products"},
            r"\] customer: 'products' is of type set of text\.",
        ),
        ({**SHORT, "slots": ["ofer"]}, r"\] slots: there is no slot 'ofer'\. Did you mean `offer`\?"),
        ({**SHORT, "slot": "ofer"}, r"\] slot: there is no slot 'ofer'\. Did you mean `offer`\?"),
        ({**SHORT, "slots": "offer"}, r"\] slots: 'offer' is not a list of texts\. Write slots = \["),
        ({**SHORT, "offers": {"a": 1}}, r"\] offers: .* is not a table of texts\. Write offers = \{"),
        ({**SHORT, "order": "first"}, r"\] order: 'first' is not a whole number\. Write order = 100\."),
        (
            {**SHORT, "on_unknown": "hide"},
            r"\] on_unknown: 'hide' is not known\. Write on_unknown =",
        ),
        ({"rules": {"name": "x"}}, r"\] rules: is not a list of tables\. Begin each with \[\["),
        (written(when=""), r"rules\]\] number 1 when: '' is not a text\. Write when = "),
        (written(whn="x"), r"rules\]\] number 1 whn: there is no such option\. Did you mean `when`\?"),
        ({"rules": [{"when": "active"}]}, r"rules\]\] number 1 name: is missing\. Write name = "),
        (
            {"rules": written()["rules"] * 2},
            r"number 2 name: 'has-tv' is taken\. Give each",
        ),
    ],
)
def test_a_mistake_is_named_with_its_remedy(options: dict[str, Any], message: str) -> None:
    with pytest.raises(PluginError, match=message):
        rules_of(options)
