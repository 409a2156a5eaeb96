"""Read a condition's text into a clause tree, with the grammar of the standard library's `ast`.

The notation is a small part of Python's expressions. Nothing of it is ever evaluated:

    today <= contract_end and contract_end <= today + days(90) and 'internet' in products

* Clauses: `and`, `or`, `not`, brackets; a yes/no by its name alone; one comparison with
  `< <= == != >= >`; `in` and `not in`, with an attribute that is a set or with `{'a', 'b'}`;
  `any_of(products, {'a', 'b'})`, `all_of(products, {'a', 'b'})`, `known(name)`, `segment("name")`.
* Operands: names, numbers, texts in quotes, `True`, `False`, `today`, `now`,
  `date("2026-01-31")`, `instant("2026-01-31T08:00")` (in the site's time zone, unless it ends in
  `Z` or `+01:00`), and any date or instant `+` or `-` `days(90)`, `months(3)` or, for
  instants, `hours(24)`.
* At most 4 KiB and 50 levels; names are ASCII; texts are compared after NFC and trim. A backslash
  stands only before a quote or a backslash. Line breaks count as spaces.
"""

import ast
from collections.abc import Callable

from personalize.decisions.conditions.clauses import (
    AllOf,
    And,
    AnyOf,
    Clause,
    Comparator,
    Comparison,
    Fact,
    Flag,
    InSegment,
    Known,
    Literal,
    Membership,
    Not,
    Or,
    Unit,
)
from personalize.decisions.conditions.operands import OperandReader
from personalize.decisions.conditions.scan import MAX_DEPTH, scan
from personalize.decisions.conditions.scope import CALLS, Source

EXAMPLE = "Write, for example: age >= 30 and 'internet' in products"
JOINED = "Between two questions stands `and` or `or`: age >= 30 and 'internet' in products"

Find = Callable[[str, int, int], Clause]
"""Gives a segment's clause for its name, the offset of the call and the levels still left."""

COMPARATORS: dict[type[ast.cmpop], Comparator] = {
    ast.Lt: Comparator.less,
    ast.LtE: Comparator.at_most,
    ast.Eq: Comparator.equal,
    ast.NotEq: Comparator.unequal,
    ast.GtE: Comparator.at_least,
    ast.Gt: Comparator.more,
}


def parse(source: Source, find: Find, depth: int = MAX_DEPTH) -> tuple[Clause, dict[int, int]]:
    """Return the clause of a text, and the offset at which each part stands, by the part's `id`.

    Raises ConfigError, with the place and a remedy, for everything outside the notation.
    """
    flat = scan(source, depth)
    start = len(flat) - len(flat.lstrip())
    if start == len(flat):
        raise source.error(0, "the condition is empty", "Say for whom, or leave it out for everyone")
    try:
        tree = ast.parse(flat[start:], mode="eval")
    except SyntaxError as error:
        offset = start + error.offset - 1 if error.offset else len(flat.rstrip())
        raise _syntax_error(source, flat, offset) from None
    except (ValueError, RecursionError, MemoryError):
        raise source.error(start, "this cannot be read", "Move a part of it to a segment") from None
    parser = _ClauseReader(source, flat[start:], start, find, depth)
    return parser.clause(tree.body), parser.offsets


def _syntax_error(source: Source, flat: str, offset: int) -> Exception:
    near = flat[offset:].split(maxsplit=1)
    if not near:
        return source.error(offset, "the condition breaks off", EXAMPLE)
    remedy = f"Write, for example, today + {CALLS[near[0]]}" if near[0] in set(Unit) else JOINED
    return source.error(offset, f"this cannot be read from `{near[0][:30]}` on", remedy)


class _ClauseReader(OperandReader):
    """Turns `ast` nodes into clauses."""

    def __init__(self, source: Source, flat: str, start: int, find: Find, depth: int) -> None:
        super().__init__(source, flat, start)
        self.find, self.depth = find, depth

    def clause(self, node: ast.expr) -> Clause:
        """Return the clause that a node asks."""
        self.depth -= 1
        clause = self._clause(node)
        self.depth += 1
        self.offsets[id(clause)] = self.offset(node)
        return clause

    def _clause(self, node: ast.expr) -> Clause:
        match node:
            case ast.BoolOp(op=ast.And()):
                return And(tuple(self.clause(value) for value in node.values))
            case ast.BoolOp():
                return Or(tuple(self.clause(value) for value in node.values))
            case ast.UnaryOp(op=ast.Not()):
                return Not(self.clause(node.operand))
            case ast.Compare():
                return self.comparison(node)
            case ast.Call(func=ast.Name(id="known" | "any_of" | "all_of" | "segment" as name)):
                return self.question(node, name)
            case ast.Name() if node.id not in {"today", "now"}:
                return Flag(self.fact(node))
            case ast.Tuple(elts=[*_, last]):
                self.refuse(last, "a comma joins no questions", "Write `and` or `or`")
        self.operand(node)
        self.refuse(
            node,
            f"`{self.written(node)}` asks nothing",
            "Compare it, or leave it out for everyone",
        )

    def comparison(self, node: ast.Compare) -> Clause:
        """Return the clause of one comparison."""
        self.refuse_chain(node)
        sign, left, right = node.ops[0], node.left, node.comparators[0]
        self.refuse_none(left, right)
        if type(sign) in COMPARATORS:
            return Comparison(self.operand(left), COMPARATORS[type(sign)], self.operand(right))
        if isinstance(sign, ast.Is | ast.IsNot):
            self.refuse(right, "`is` does not compare", "Write == or !=")
        membership = Membership(self.operand(left), self.container(right))
        if isinstance(sign, ast.In):
            return membership
        self.offsets[id(membership)] = self.offset(node)
        return Not(membership)

    def refuse_chain(self, node: ast.Compare) -> None:
        """Refuse `a <= b <= c`, and say how it is written."""
        if len(node.ops) == 1:
            return
        first, second, third = (self.written(part) for part in (node.left, *node.comparators[:2]))
        signs = [COMPARATORS.get(type(sign), "in") for sign in node.ops]
        remedy = f"Write `{first} {signs[0]} {second} and {second} {signs[1]} {third}`"
        self.refuse(node.comparators[1], "comparisons cannot be chained", remedy)

    def refuse_none(self, left: ast.expr, right: ast.expr) -> None:
        """Refuse a comparison with None, and say what asks about absence."""
        for side, other in ((left, right), (right, left)):
            if isinstance(side, ast.Constant) and side.value is None:
                name = self.written(other)
                remedy = f"Write `known({name})` or `not known({name})`"
                self.refuse(side, "nothing can be compared with None", remedy)

    def container(self, node: ast.expr) -> Fact | Literal:
        """Return what an item may be in."""
        container = self.operand(node)
        if isinstance(container, Fact) or (isinstance(container, Literal) and isinstance(container.value, frozenset)):
            return container
        self.refuse(node, "`in` needs a set", f"Write the set in braces: {{{self.written(node).strip('()')}}}")

    def question(self, node: ast.Call, name: str) -> Clause:
        """Return the clause of a call that answers yes or no."""
        first = self.arguments(node, name, 2 if name in {"any_of", "all_of"} else 1)[0]
        if name == "segment":
            wanted = self.text(first, name)
            return InSegment(wanted, self.find(wanted, self.offset(node), self.depth))
        if not isinstance(first, ast.Name):
            self.refuse(first, f"{name}() asks about a name", f"Write, for example, {CALLS[name]}")
        fact = self.fact(first)
        if name == "known":
            return Known(fact)
        return (AnyOf if name == "any_of" else AllOf)(fact, self.options(node.args[1], name))

    def options(self, node: ast.expr, name: str) -> frozenset[str]:
        """Return the texts between braces."""
        options = self.operand(node)
        if isinstance(options, Literal) and isinstance(options.value, frozenset):
            texts = frozenset(value for value in options.value if isinstance(value, str))
            if texts == options.value:
                return texts
        self.refuse(node, f"{name}() needs texts in braces", f"Write, for example, {CALLS[name]}")
