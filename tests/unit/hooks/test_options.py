"""Options as a plugin reads them: what is there, what stands in for it, and what is told of a mistake."""

from collections.abc import Callable
from typing import Any

import pytest

from personalize.hooks import Options, PluginConfig, PluginError
from personalize.hooks.asked import AskedTable
from personalize.model.attributes import Attribute, AttributeType
from personalize.model.content import Slot

Read = Callable[[Options], object]


def options_of(table: dict[str, Any], *known: str) -> Options:
    plan = Attribute(name="plan", type=AttributeType.text, source="crm", purpose="offers")
    slots = {"hero": Slot(name="hero"), "aside": Slot(name="aside")}
    return Options(PluginConfig(name="mine", options=AskedTable(table), attributes={"plan": plan}, slots=slots), known)


@pytest.mark.parametrize(
    ("table", "read", "value"),
    [
        ({"title": " Renew "}, lambda options: options.text("title"), "Renew"),
        ({}, lambda options: options.text("title", "Today"), "Today"),
        ({}, lambda options: options.text("title", ""), ""),
        ({"hours": -2}, lambda options: options.whole("hours", 6), -2),
        ({}, lambda options: options.whole("hours", 0, least=1), 0),
        ({"word": "b"}, lambda options: options.one_of("word", ("a", "b")), "b"),
        ({}, lambda options: options.one_of("word", ("a", "b")), "a"),
        ({"kinds": ["x", "y"]}, lambda options: options.names("kinds", example=["x"]), ("x", "y")),
        ({}, lambda options: options.texts("titles", example={"en": "x"}), {}),
        ({"of": "plan"}, lambda options: options.attribute("of", "text", "date"), "plan"),
        ({}, lambda options: options.attribute("of", "text", default="plan"), "plan"),
        ({}, lambda options: options.attribute("of", "text", default=""), ""),
        ({"slot": "hero", "slots": ["aside"]}, lambda options: options.slots(), ("hero", "aside")),
        ({}, lambda options: options.table("inner", ("x",)).whole("x", 1), 1),
        ({}, lambda options: options.tables("inner"), []),
        ({"odd": 1.5}, lambda options: options.raw("odd"), 1.5),
    ],
)
def test_an_option_is_read_or_stood_in_for(table: dict[str, Any], read: Read, value: object) -> None:
    assert read(options_of(table)) == value


@pytest.mark.parametrize(
    ("table", "read", "told"),
    [
        ({}, lambda options: options.text("title"), 'title: is missing. Write title = "…".'),
        ({"of": 1}, lambda options: options.text("of", "a"), """of: 1 is not a text. Write of = "a"."""),
        ({"title": " "}, lambda options: options.text("title", ""), """title: ' ' is not a text. Write title = "…"."""),
        ({"n": True}, lambda options: options.whole("n", 6), "n: True is not a whole number. Write n = 6."),
        ({"n": 0}, lambda options: options.whole("n", 6, least=1), "0 is not a whole number from 1. Write n = 6."),
        ({}, lambda options: options.attribute("of", "text", default="plans"), "no attribute 'plans'. Did you mean"),
        ({"of": "plan"}, lambda options: options.attribute("of", "date"), "of type text. Name one of type date."),
        ({"slot": "heroo"}, lambda options: options.slots(), "[plugins.mine] slot: there is no slot 'heroo'."),
        ({"in": []}, lambda options: options.table("in"), "in: [] is not a table. Begin one with [plugins.mine.in]."),
        ({"in": {"n": ""}}, lambda options: options.table("in").whole("n", 1), "[plugins.mine.in] n: '' is not"),
        ({"in": {"nn": 1}}, lambda options: options.table("in", ("n",)), "[plugins.mine.in] nn: there is no such"),
        ({"in": [1]}, lambda options: options.tables("in"), "in: is not a list of tables. Begin each with [[plugins."),
        (
            {"in": [{}, {"at": {"n": ""}}]},
            lambda options: options.tables("in")[1].table("at").whole("n", 1),
            "[plugins.mine.in.at] n: '' is not",
        ),
    ],
)
def test_a_mistake_names_table_option_and_remedy(table: dict[str, Any], read: Read, told: str) -> None:
    with pytest.raises(PluginError) as caught:
        read(options_of(table))
    assert told in str(caught.value)


def test_the_name_of_a_plugins_file_is_no_option_of_it() -> None:
    with pytest.raises(PluginError, match=r"\[plugins\.mine\] hour: there is no such option\. Did you mean `hours`\?"):
        options_of({"module": "mine.py", "hour": 6}, "hours")
    options_of({"module": "mine.py", "hours": 6}, "hours")


def test_what_a_reader_asks_for_counts_as_asked() -> None:
    table = AskedTable({"hours": 6, "hour": 7})
    Options(PluginConfig(name="mine", options=table, attributes={}, slots={})).whole("hours", 1)
    assert table.unasked() == ["hour"]
