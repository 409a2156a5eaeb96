"""The first look at a condition's text: size, characters and nesting, before any grammar sees it."""

import re
import unicodedata
from collections.abc import Iterator
from keyword import iskeyword

from personalize.decisions.conditions.scope import CALLS, Source
from personalize.settings.characters import QUOTES, instead_of, named

MAX_BYTES = 4096
MAX_DEPTH = 50

TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+)
    |(?P<word>[A-Za-z_]\w*)
    |(?P<time>\d{4}-\d\d-\d\d(?:T[\d:]+)?(?![\w.]))
    |(?P<day>\d\d?-\d\d?-\d{4}(?![\w.]))
    |(?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![\w.]))
    |(?P<text>'(?:[^'\\]|\\['\\"])*'|"(?:[^"\\]|\\['\\"])*")
    |(?P<comparator>[<>=!]+)
    |(?P<sign>[+-])
    |(?P<open>[({])
    |(?P<close>[)}])
    |(?P<comma>,)""",
    re.ASCII | re.VERBOSE,
)
COMPARATORS = frozenset({"<", "<=", "==", "!=", ">=", ">"})
OPERATORS = frozenset({"and", "or", "not", "in", "is"})
WORDS = OPERATORS | {"None", "True", "False"}
RESPELT = {
    "=": "==",
    "=<": "<=",
    "=>": ">=",
    "<>": "!=",
    "===": "==",
    "!==": "!=",
    "!": "not",
    "&": "and",
    "|": "or",
}
ADVICE = {
    "[": "Write a set in braces: {'a', 'b'}",
    "]": "Write a set in braces: {'a', 'b'}",
    "#": "Leave comments out, or put them in the file around the condition",
    "\\": "Leave the backslash out; a condition may run over several lines as it is",
    ".": "A name stands alone, without a dot",
    "*": "Only days(), months() and hours() can be added or taken away",
    "/": "Only days(), months() and hours() can be added or taken away",
    "%": "Only days(), months() and hours() can be added or taken away",
    ":": "Write a set in braces, without colons: {'a', 'b'}",
}

Token = tuple[str, str, int]


def scan(source: Source, depth: int = MAX_DEPTH) -> str:
    """Return the text on one line, every character at its place, or raise ConfigError.

    Linear in the text. What passes has only the notation's characters and words, balanced
    brackets, and at most `depth` levels of brackets, `not` and signs.
    """
    if len(source.text.encode(errors="surrogatepass")) > MAX_BYTES:
        raise source.error(0, "the condition is longer than 4 KiB", 'Split it into segments: segment("name")')
    _check_nesting(source, depth)
    return re.sub(r"[\t\r\n]", " ", source.text)


def _tokens(source: Source) -> Iterator[Token]:
    position, previous = 0, ("", "", 0)
    while position < len(source.text):
        found = TOKEN.match(source.text, position)
        if not found or not found.lastgroup:
            raise _unreadable(source, position)
        token = (found.lastgroup, found[0], position)
        _check_token(source, previous, token)
        if token[0] != "space":
            previous = token
            yield token
        position = found.end()


def _check_token(source: Source, previous: Token, token: Token) -> None:
    kind, written, position = token
    if kind == "word" and written.lower() in OPERATORS and written not in WORDS:
        raise source.error(position, f"`{written}` is no operator", f"Write `{written.lower()}`")
    if kind == "word" and iskeyword(written) and written not in WORDS:
        raise source.error(position, f"`{written}` is not part of a condition", "Use names, and, or, not, in")
    if kind == "time":
        call = "instant" if "T" in written else "date"
        raise source.error(position, f"`{written}` cannot stand alone", f"Write {call}('{written}')")
    if kind == "day":
        raise source.error(position, f"`{written}` is not in the calendar", f"Write it as {CALLS['date']}")
    if kind == "comparator" and written not in COMPARATORS:
        raise source.error(position, f"`{written}` does not compare", f"Write `{RESPELT.get(written, '==')}`")
    if kind == "text":
        _check_text(source, previous, token)
    if kind == "open" and previous[0] == "close":
        raise source.error(position, "something is missing between two brackets", "Write `and` or `or`")


def _check_text(source: Source, previous: Token, token: Token) -> None:
    kind, start, at = previous
    _, written, position = token
    if kind == "text":
        raise source.error(position, "two texts stand side by side", "Put a comma between them")
    if kind == "word" and start not in WORDS and at + len(start) == position:
        raise source.error(at, f"a text has no prefix `{start}`", "Leave it out")
    for offset, character in enumerate(written):
        if unicodedata.category(character) in {"Cc", "Cs"}:
            raise source.error(position + offset, "a text holds no line break or control character", "Take it out")


def _check_nesting(source: Source, limit: int) -> None:
    """Count levels: each bracket is one, and so is each `not` or sign since the last separator."""
    levels: list[list[int]] = [[0, 0]]
    opened: list[Token] = []
    for token in _tokens(source):
        kind, written, position = token
        if kind == "open":
            opened.append(token)
            levels.append([levels[-1][0] + levels[-1][1] + 1, 0])
        elif kind == "close":
            _check_pair(source, opened.pop() if opened else None, token)
            levels.pop()
        elif kind == "sign" or written == "not":
            levels[-1][1] += 1
        elif kind in {"comma", "comparator"} or written in {"and", "or", "in"}:
            levels[-1][1] = 0
        if sum(levels[-1]) > limit:
            raise source.error(position, "the condition is nested too deep", "Move a part of it to a segment")
    if opened:
        raise source.error(opened[-1][2], f"`{opened[-1][1]}` is never closed", "Add the closing bracket")


def _check_pair(source: Source, opening: Token | None, closing: Token) -> None:
    if not opening:
        raise source.error(closing[2], f"`{closing[1]}` closes nothing", "Take it out, or open one before")
    if opening[1] + closing[1] not in {"()", "{}"}:
        raise source.error(closing[2], f"`{opening[1]}` is closed by `{closing[1]}`", "Use a matching pair")


def _unreadable(source: Source, position: int) -> Exception:
    character = source.text[position]
    if character in "'\"":
        return _unreadable_text(source, position)
    if character.isdigit() and character.isascii():
        return source.error(position, "this is not a number", "Write it in digits, as 30 or 12.5")
    if character in RESPELT:
        return source.error(position, f"`{character}` is no operator", f"Write `{RESPELT[character]}`")
    if not character.isascii():
        usual = "Names are ASCII letters, digits and _"
        advice = "Write the straight quote '" if character in QUOTES else instead_of(character) or usual
        return source.error(position, f"{named(character)} stands outside a text", advice)
    if not character.isprintable():
        return source.error(position, f"{named(character)} stands in the condition", instead_of(character))
    advice = ADVICE.get(character, "Use names, literals, comparisons, and, or, not, in")
    return source.error(position, f"'{character}' is not part of a condition", advice)


def _unreadable_text(source: Source, position: int) -> Exception:
    """Say why a quote opens no text: a backslash it cannot hold, or no closing quote."""
    quote = source.text[position]
    end = re.compile(rf"(?:[^{quote}\\]|\\['\"\\])*").match(source.text, position + 1)
    stop = end.end() if end else position
    if source.text[stop : stop + 1] == "\\":
        return source.error(stop, "a backslash may only stand before a quote or a backslash", "Write \\\\")
    return source.error(position, "this text is never closed", f"Add the closing {quote}")
