"""The page about security: every test that it names is there, and every requirement has its row."""

import ast
import re
from collections.abc import Iterator
from functools import cache

import pytest

from tests.docs.pages import CHECKOUT, CODE, DOCS, rows

PAGE = DOCS / "explanation" / "security.md"
ATTACKS, STANDARD = "Attacks and mishaps", "OWASP ASVS 5.0, levels 1 and 2"
ID = re.compile(r"V(\d+\.\d+)\.(\d+)")
REASON = re.compile(r"(?:none|not applicable): ?\S")
LEVELS_1_AND_2 = """
1.1:2 1.2:9 1.3:11 1.4:3 1.5:2 2.1:3 2.2:3 2.3:4 2.4:1 3.2:2 3.3:4 3.4:6 3.5:5 3.7:2 4.1:3 4.2:1
4.3:2 4.4:4 5.1:1 5.2:3 5.3:2 5.4:3 6.1:3 6.2:12 6.3:4 6.4:4 6.5:5 6.6:3 6.8:4 7.1:3 7.2:4 7.3:2
7.4:5 7.5:2 7.6:2 8.1:2 8.2:3 8.3:1 8.4:1 9.1:3 9.2:4 10.1:2 10.2:2 10.3:4 10.4:11 10.5:5 10.6:2
10.7:3 11.1:2 11.2:3 11.3:3 11.4:4 11.5:1 11.6:1 12.1:3 12.2:2 12.3:4 13.1:1 13.2:5 13.3:2 13.4:5
14.1:2 14.2:4 14.3:3 15.1:3 15.2:3 15.3:7 16.1:1 16.2:5 16.3:4 16.4:3 16.5:3
"""
"""By section of version 5.0.0 of the standard, how many of its requirements are of level 1 or 2: the first ones."""


@cache
def functions(path: str) -> frozenset[str]:
    found = ast.walk(ast.parse((CHECKOUT / path).read_text(encoding="utf-8")))
    return frozenset(node.name for node in found if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def named() -> Iterator[tuple[str, str]]:
    for row in rows(PAGE, ATTACKS) + rows(PAGE, STANDARD):
        for code in CODE.findall(row[-1]):
            path, colons, name = code.partition("::")
            if colons:
                yield path, name


def test_every_test_that_is_named_is_there() -> None:
    found = set(named())
    assert len(found) > 150
    assert [(path, name) for path, name in sorted(found) if name not in functions(path)] == []


@pytest.mark.parametrize("heading", [ATTACKS, STANDARD])
def test_every_row_has_a_test_or_a_reason(heading: str) -> None:
    for row in rows(PAGE, heading):
        assert "::" in row[-1] or REASON.match(row[-1]) or REASON.match(row[-2]), row


def test_every_requirement_of_both_levels_has_one_row_in_order() -> None:
    listed = []
    for row in rows(PAGE, STANDARD):
        ends = [(section, int(number)) for section, number in ID.findall(row[0])]
        listed += [(ends[0][0], number) for number in range(ends[0][1], ends[-1][1] + 1)]
    counts = [pair.split(":") for pair in LEVELS_1_AND_2.split()]
    wanted = [(section, number + 1) for section, count in counts for number in range(int(count))]
    assert listed == wanted
