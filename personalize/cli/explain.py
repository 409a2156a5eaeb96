"""`personalize explain CODE`: in words, what was shown under a visit code, and why."""

import argparse
import json
import sys
from collections.abc import Iterator
from itertools import groupby

from msgspec import structs

from personalize.cli.output import print_json, printable
from personalize.cli.site import config_option, json_option, language_option, open_house
from personalize.cookbook.codes import read_code, show_code, suggest
from personalize.cookbook.lookup import Cookbook
from personalize.errors import NotFound
from personalize.explain.explanation import Explanation, as_json, full, spoken
from personalize.house import House
from personalize.model.cookbook import CookbookEntry


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("code", help="as somebody read it out: case, hyphens, O and 0, I and 1 do not matter")
    parser.add_argument("--short", action="store_true", help="a sentence or two for each slot, to read aloud")
    language_option(parser)
    config_option(parser)
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    """Tell every decision under the code; 1 where there is none."""
    with open_house(args) as house:
        entries = _entries(house.cookbook, args.code)
        lang = args.lang or house.settings.site.languages[0]
        told = [(entry, house.explain(entry, lang)) for entry in entries]
        near = [] if told else [show_code(code) for code in suggest(args.code, _known(house))]
    if not told:
        return _not_found(args, near)
    if args.json:
        print_json({"code": show_code(entries[0].code), "entries": [json.loads(as_json(each)) for _, each in told]})
    else:
        print(printable("\n\n".join(_paragraphs(told, args.short))))
    return 0


def _entries(cookbook: Cookbook, code: str) -> list[CookbookEntry]:
    """Return the entries under what somebody typed, none where that is no code."""
    try:
        return cookbook.by_code(code)
    except NotFound:
        return []


def _known(house: House) -> "_Known":
    return _Known(house.cookbook)


class _Known:
    """Says whether anything was recorded under a code."""

    def __init__(self, cookbook: Cookbook) -> None:
        self._cookbook = cookbook

    def __call__(self, code: str) -> bool:
        return bool(self._cookbook.by_code(code))
