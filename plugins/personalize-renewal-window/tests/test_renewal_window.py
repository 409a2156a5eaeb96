from typing import Any

import pytest

from personalize.hooks import Chooser, PluginConfig, PluginError
from personalize.model.attributes import Attribute, AttributeType
from personalize.model.content import Slot
from personalize_renewal_window import personalize_choosers

DATE = {"attribute": "contract_end", "within": "60d", "variants": ["renewal-banner"]}
NUMBER = {"attribute": "months_left", "within": 3, "variants": ["renewal-banner"]}


def rules_of(options: dict[str, Any]) -> list[Chooser]:
    types = {
        "contract_end": AttributeType.date,
        "months_left": AttributeType.number,
        "active": AttributeType.yes_no,
    }
    attributes = {name: Attribute(name=name, type=kind, source="crm", purpose="offers") for name, kind in types.items()}
    slots = {"renewal": Slot(name="renewal")}
    config = PluginConfig(name="renewal-window", options=options, attributes=attributes, slots=slots)
    return list(personalize_choosers(config=config))


def test_an_unconfigured_plugin_yields_nothing() -> None:
    assert rules_of({}) == []


@pytest.mark.parametrize(
    ("options", "when"),
    [
        (DATE, "today <= contract_end and contract_end <= today + days(60)"),
        ({**DATE, "within": 2}, "today <= contract_end and contract_end <= today + months(2)"),
        (NUMBER, "months_left >= 0 and months_left <= 3"),
        ({**NUMBER, "only": "active"}, "active and months_left >= 0 and months_left <= 3"),
        (
            {**NUMBER, "only": "active or known(active)"},
            "(active or known(active)) and months_left >= 0 and months_left <= 3",
        ),
    ],
)
def test_the_condition_follows_the_attributes_type(options: dict[str, Any], when: str) -> None:
    (rule,) = rules_of(options)
    assert rule.when == when


def test_the_rule_has_the_say_over_the_named_variants_only() -> None:
    (rule,) = rules_of({**DATE, "slot": "renewal", "order": 5})
    assert (rule.slots, rule.variants, rule.order) == (("renewal",), ("renewal-banner",), 5)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (DATE, "uw contract loopt binnen 60 dagen af"),
        ({**DATE, "within": "1d"}, "uw contract loopt binnen één dag af"),
        ({**NUMBER, "within": 1}, "uw contract loopt binnen één maand af"),
        (NUMBER, "uw contract loopt binnen 3 maanden af"),
    ],
)
def test_the_rule_explains_its_window_in_words(options: dict[str, Any], sentence: str) -> None:
    (rule,) = rules_of(options)
    assert rule.titles["nl"] == sentence
    assert set(rule.titles) == {"nl", "nb", "en"}


def test_a_sentence_of_the_site_replaces_ours() -> None:
    titles = {"nl": "uw abonnement loopt bijna af"}
    assert rules_of({**DATE, "titles": titles})[0].titles == titles


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"within": 3}, r"\] attribute: is missing\. Write attribute = \"contract_end\"\."),
        ({**DATE, "attribute": "contract_ends"}, r"attribute 'contract_ends'\. Did you mean `contract_end`\?"),
        (
            {**DATE, "attribute": "active"},
            r"\] attribute: 'active' is of type yes/no\. Name one of type date or number: `contract_end`, ",
        ),
        ({**NUMBER, "within": "60d"}, r"\] within: '60d' is not such a length\. .* within = 3\."),
        ({**DATE, "within": "60 days"}, r"\] within: '60 days' is not such a length\. .* within = \"60d\""),
        ({**DATE, "within": 0}, r"\] within: 0 is not such a length\."),
        ({**NUMBER, "within": True}, r"\] within: True is not such a length\."),
        ({"attribute": "contract_end", "variants": ["x"]}, r"\] within: is missing\. Write days"),
        ({**DATE, "variants": []}, r"\] variants: is missing\. Name the variants"),
        ({**DATE, "variants": "x"}, r"\] variants: 'x' is not a list of texts\. Write variants = \["),
        ({**DATE, "slots": ["renewals"]}, r"\] slots: there is no slot 'renewals'\. Did you mean `renewal`\?"),
        ({**DATE, "only": " "}, r"\] only: ' ' is not a text\. Write only = \"active\"\."),
        ({**DATE, "order": 1.5}, r"\] order: 1.5 is not a whole number\."),
        ({**DATE, "titles": "soon"}, r"\] titles: 'soon' is not a table of texts\. Write titles = \{"),
        ({**DATE, "attributes": "x"}, r"\] attributes: there is no such option\. Did you mean `attribute`\?"),
    ],
)
def test_a_mistake_is_named_with_its_remedy(options: dict[str, Any], message: str) -> None:
    with pytest.raises(PluginError, match=message):
        rules_of(options)
