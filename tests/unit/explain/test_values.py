"""A stored value as people read it, also where its attribute is gone or it is not of its type."""

from zoneinfo import ZoneInfo

import pytest

from personalize.explain.language import language
from personalize.explain.values import value_words
from personalize.model.attributes import Attribute, AttributeType

UTC = ZoneInfo("UTC")


def attribute(kind):
    return Attribute(name="products", type=kind, source="crm", purpose="service")


@pytest.mark.parametrize(
    ("lang", "both"), [("nl", "internet en tv"), ("nb", "internet og tv"), ("en", "internet and tv")]
)
def test_a_set_is_a_list_of_words_also_where_it_has_no_type_any_more(lang, both):
    for of in (attribute(AttributeType.set), attribute(AttributeType.number), None):
        assert value_words(("internet", "tv"), of, language(lang), UTC) == both


def test_what_is_not_of_its_type_stands_as_it_was_delivered():
    assert value_words("forty", attribute(AttributeType.number), language("en"), UTC) == "forty"
    assert value_words(41, None, language("en"), UTC) == "41"
    assert value_words((), None, language("en"), UTC) == "none"
