"""`personalize explain CODE`: in words, what was shown under a visit code, and why."""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from itertools import groupby

import msgspec

from personalize.cli.output import print_json, tell
from personalize.cli.reasons import check, note, reason_options
from personalize.cli.site import config_option, json_option, language_option, open_books
from personalize.cookbook.codes import read_code, show_code, suggest
from personalize.cookbook.lookup import Cookbook
from personalize.errors import NotFound
from personalize.explain.explanation import Explanation, as_json, full, spoken
from personalize.explain.supposed import WhatIf, listed
from personalize.house import House
from personalize.model.cookbook import CookbookEntry

Told = tuple[CookbookEntry, Explanation, tuple[WhatIf, ...]]


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("code", help="as somebody read it out: case, hyphens, O and 0, I and 1 do not matter")
    parser.add_argument("--short", action="store_true", help="a sentence or two for each slot, to read aloud")
    parser.add_argument("--what-if", action="store_true", help="also what would have made another outcome")
    language_option(parser)
    reason_options(parser)
    config_option(parser)
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    """Tell every decision under the code, in order; 1 where there is none."""
    with open_books(args) as house:
        check(house, args)
        entries, problem = _entries(house.cookbook, args.code)
        subjects = {entry.subject for entry in entries}
        note(house, args, what="cli:explain", subjects=subjects, query=_query(args.code, entries))
        lang = args.lang or house.settings.site.languages[0]
        told = [(entry, house.explain(entry, lang), _what_if(house, entry, lang, args)) for entry in entries]
        near = [] if told else suggest(args.code, lambda code: bool(house.cookbook.by_code(code)))
    if not told:
        return _not_found(args, problem, [show_code(code) for code in near])
    if args.json:
        print_json({"code": show_code(entries[0].code), "entries": [_plain(each, args) for each in told]})
    else:
        tell("\n\n".join(_paragraphs(told, short=args.short)))
    return 0


def _what_if(house: House, entry: CookbookEntry, lang: str, args: argparse.Namespace) -> tuple[WhatIf, ...]:
    """Return the answers that were asked for; with `--short` the first alone."""
    found = house.what_if(entry, lang) if args.what_if else ()
    return found[:1] if args.short else found


def _plain(told: Told, args: argparse.Namespace) -> dict[str, object]:
    _, explanation, answers = told
    plain: dict[str, object] = json.loads(as_json(explanation))
    return {**plain, "what_if": msgspec.to_builtins(answers)} if args.what_if else plain


def _entries(cookbook: Cookbook, code: str) -> tuple[list[CookbookEntry], str]:
    """Return the entries under what somebody typed, oldest first, or what is wrong with it."""
    try:
        found = cookbook.by_code(code)
        return found, "" if found else f"Nothing is recorded under {show_code(read_code(code))}."
    except NotFound as error:
        return [], str(error)


def _query(typed: str, entries: Sequence[CookbookEntry]) -> str:
    """Return the code that was looked up; what is none may be anything, and is not kept."""
    try:
        return f"code:{show_code(entries[0].code if entries else read_code(typed))}"
    except NotFound:
        return "code:unreadable"


def _not_found(args: argparse.Namespace, problem: str, near: list[str]) -> int:
    if args.json:
        print_json({"code": args.code, "entries": [], "problem": problem, "suggestions": near})
        return 1
    advice = "Ask for it again, one character at a time; codes have no I, L, O or U."
    if near:
        advice = f"Did you mean {' or '.join(near)}?"
    tell(f"{problem} {advice}", file=sys.stderr)
    return 1


def _paragraphs(told: Sequence[Told], *, short: bool) -> Iterator[str]:
    """Yield the text of each decision, under its code and, where two page views share it, the time of each."""
    visits = [list(visit) for _, visit in groupby(told, key=lambda each: (each[0].at, each[0].subject))]
    for visit in visits:
        _, first, _ = visit[0]
        yield f"{first.code} ({first.when})" if len(visits) > 1 else first.code
        for _, explanation, answers in visit:
            if short:
                yield " ".join([spoken(explanation), *(each.sentence for each in answers)])
                continue
            yield full(msgspec.structs.replace(explanation, code=""))
            if answers:
                yield listed(answers, explanation.lang)
