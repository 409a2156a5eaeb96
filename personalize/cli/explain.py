"""`personalize explain CODE`: in words, what was shown under a visit code, and why."""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from itertools import groupby

from msgspec import structs

from personalize.cli.output import print_json, printable
from personalize.cli.site import config_option, json_option, language_option, open_books
from personalize.cookbook.codes import read_code, show_code, suggest
from personalize.cookbook.lookup import Cookbook
from personalize.errors import NotFound
from personalize.explain.explanation import Explanation, as_json, full, spoken
from personalize.model.cookbook import CookbookEntry

Told = tuple[CookbookEntry, Explanation]


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("code", help="as somebody read it out: case, hyphens, O and 0, I and 1 do not matter")
    parser.add_argument("--short", action="store_true", help="a sentence or two for each slot, to read aloud")
    language_option(parser)
    config_option(parser)
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    """Tell every decision under the code, in order; 1 where there is none."""
    with open_books(args) as house:
        entries, problem = _entries(house.cookbook, args.code)
        lang = args.lang or house.settings.site.languages[0]
        told = [(entry, house.explain(entry, lang)) for entry in entries]
        near = [] if told else suggest(args.code, lambda code: bool(house.cookbook.by_code(code)))
    if not told:
        return _not_found(args, problem, [show_code(code) for code in near])
    if args.json:
        plain = [json.loads(as_json(explanation)) for _, explanation in told]
        print_json({"code": show_code(entries[0].code), "entries": plain})
    else:
        print(printable("\n\n".join(_paragraphs(told, short=args.short))))
    return 0


def _entries(cookbook: Cookbook, code: str) -> tuple[list[CookbookEntry], str]:
    """Return the entries under what somebody typed, oldest first, or what is wrong with it."""
    try:
        found = cookbook.by_code(code)
        return found, "" if found else f"Nothing is recorded under {show_code(read_code(code))}."
    except NotFound as error:
        return [], str(error)


def _not_found(args: argparse.Namespace, problem: str, near: list[str]) -> int:
    if args.json:
        print_json({"code": args.code, "entries": [], "problem": problem, "suggestions": near})
        return 1
    advice = "Ask for it again, one character at a time; codes have no I, L, O or U."
    if near:
        advice = f"Did you mean {' or '.join(near)}?"
    print(printable(f"{problem} {advice}"), file=sys.stderr)
    return 1


def _paragraphs(told: Sequence[Told], *, short: bool) -> Iterator[str]:
    """Yield the text of each decision, under its code and, where two page views share it, the time of each."""
    visits = [list(visit) for _, visit in groupby(told, key=lambda pair: (pair[0].at, pair[0].subject))]
    for visit in visits:
        _, first = visit[0]
        code = show_code(first.code)
        yield f"{code} ({first.when})" if len(visits) > 1 else code
        for _, explanation in visit:
            yield spoken(explanation) if short else full(structs.replace(explanation, code=""))
