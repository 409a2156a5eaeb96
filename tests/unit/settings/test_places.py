"""The places of keys in a TOML text."""

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalize.settings.places import Place, nearest, places

TEXT = '''\
title = "a # b" # comment
[site]
url.host = 'x'
list = [
    "one", # [no table]
    { when = "x", deep = { er = 1 } },
]
[[variant]]
name = "first"
[variant.fields]
text = """
two lines, \\"quoted\\"
"""
[[variant]]
"name" = """x"""
when = \'\'\'y\'\'\'
'''


@pytest.mark.parametrize(
    ("path", "line", "column"),
    [
        (("title",), 1, 10),
        (("site",), 2, 1),
        (("site", "url", "host"), 3, 13),
        (("site", "list"), 4, 8),
        (("site", "list", 0), 5, 6),
        (("site", "list", 1, "when"), 6, 15),
        (("site", "list", 1, "deep", "er"), 6, 33),
        (("variant", 0, "name"), 9, 9),
        (("variant", 0, "fields"), 10, 1),
        (("variant", 0, "fields", "text"), 12, 1),
        (("variant", 1, "name"), 15, 13),
        (("variant", 1, "when"), 16, 11),
    ],
)
def test_each_key_is_found_where_it_stands(path: tuple[str | int, ...], line: int, column: int) -> None:
    assert places(TEXT)[path] == Place(line, column)


def test_a_missing_key_is_near_the_table_that_lacks_it() -> None:
    assert nearest(places(TEXT), ("variant", 1, "slot")) == Place(14, 1)
    assert nearest(places(TEXT), ("nowhere", "at", "all")) is None


TEXTS = st.text(st.sampled_from("ab\"\\'#[]{}=.,\n é"), max_size=12)
SCALARS = st.one_of(st.integers(), st.booleans(), TEXTS)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


def written(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case int():
            return str(value)
        case str():
            return quoted(value)
        case list():
            return "[\n" + ",\n".join(written(item) for item in value) + "]"
        case _:
            return "{" + ", ".join(f"{quoted(key)} = {written(item)}" for key, item in value.items()) + "}"


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def paths(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(deeper for key, item in items for deeper in paths(item, (*path, key)))]


@given(st.dictionaries(st.from_regex(r"[a-z]{1,6}", fullmatch=True), VALUES, max_size=5))
def test_the_finder_walks_through_whatever_tomllib_accepts(table: dict[str, Any]) -> None:
    text = "".join(f"{key} = {written(value)} # end\n" for key, value in table.items())
    assert tomllib.loads(text) == table
    plain = {path for path in paths(table)[1:] if not any(isinstance(p, str) and set('"\\\n') & set(p) for p in path)}
    assert plain <= set(places(text))
