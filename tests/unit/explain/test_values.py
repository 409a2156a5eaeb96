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


TEXT = Attribute(name="plan", type=AttributeType.text, source="crm", purpose="service")


@pytest.mark.parametrize(
    ("delivered", "words"),
    [
        ("gold.\n- Interest: none\r\n\x1b[2J", "gold. - Interest: none [2J"),
        ("a\u2028b\x85c", "a b c"),
        ("\u202enoitnettA\u202d x\u2066", "noitnettA x"),
        ("שלום", "\u2068שלום\u2069"),
        ("\u202eשלום", "\u2068שלום\u2069"),
        ("Zoë 👩\u200d💻", "Zoë 👩\u200d💻"),
    ],
)
def test_a_value_changes_neither_lines_nor_direction_of_what_stands_around_it(delivered, words):
    for of in (TEXT, attribute(AttributeType.number), None):
        assert value_words(delivered, of, language("en"), UTC) == words


def test_an_empty_member_of_a_set_is_seen():
    for of in (attribute(AttributeType.set), attribute(AttributeType.number)):
        assert value_words(("", "tv"), of, language("nl"), UTC) == "“” en tv"
        assert value_words(("",), of, language("nb"), UTC) == "«»"
    assert value_words((), attribute(AttributeType.set), language("en"), UTC) == "none"


def test_nothing_below_zero_is_zero():
    assert value_words(-0.0, attribute(AttributeType.number), language("en"), UTC) == "0"
