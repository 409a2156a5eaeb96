"""Read the operands of a condition: names, literal values, the clock, and dates moved in time."""

import ast
from typing import NoReturn

from personalize.decisions.conditions.clauses import Fact, Literal, Now, Operand, Scalar, Shift, Today, Unit
from personalize.decisions.conditions.literals import (
    MAX_NUMBER,
    read_date,
    read_instant,
    read_text,
    type_of,
)
from personalize.decisions.conditions.scope import CALLS, Source
from personalize.model.attributes import AttributeType

MAX_COUNT = {Unit.days: 36_525, Unit.months: 1_200, Unit.hours: 876_600}
"""A hundred years of each."""


class OperandReader:
    """Turns `ast` nodes into operands; each node type outside the notation is refused.

    `flat` is the text on one line, beginning at `start`. `offsets` says where each part stands,
    by the part's `id`.
    """

    def __init__(self, source: Source, flat: str, start: int) -> None:
        self.source, self.flat, self.start = source, flat, start
        self.offsets: dict[int, int] = {}

    def offset(self, node: ast.expr) -> int:
        """Return where a node stands, in characters (`ast` counts bytes)."""
        return self.start + len(self.flat.encode()[: node.col_offset].decode())

    def written(self, node: ast.expr) -> str:
        """Return a node's own text, for a message."""
        written = ast.get_source_segment(self.flat, node) or ""
        return written if len(written) <= 60 else f"{written[:57]}..."

    def refuse(self, node: ast.expr, cause: str, remedy: str) -> NoReturn:
        """Raise the error about a node."""
        raise self.source.error(self.offset(node), cause, remedy)

    def arguments(self, node: ast.Call, name: str, count: int) -> list[ast.expr]:
        """Return a call's arguments, as many as it takes."""
        if len(node.args) != count or node.keywords:
            cause = f"{name}() takes {'one argument' if count == 1 else 'two arguments'}"
            self.refuse(node, cause, f"Write, for example, {CALLS[name]}")
        return node.args

    def text(self, node: ast.expr, name: str) -> str:
        """Return the text that a call is given."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return read_text(node.value)
        self.refuse(node, f"{name}() takes a text", f"Write, for example, {CALLS[name]}")

    def fact(self, node: ast.Name) -> Fact:
        """Return the named attribute or page fact."""
        if node.id in {"today", "now"} or node.id in CALLS:
            self.refuse(node, f"`{node.id}` is a word of the notation, not a name", "Name an attribute")
        fact = Fact(node.id)
        self.offsets[id(fact)] = self.offset(node)
        return fact

    def operand(self, node: ast.expr) -> Operand:
        """Return what a node stands for in a comparison."""
        operand = self._operand(node)
        self.offsets[id(operand)] = self.offset(node)
        return operand

    def _operand(self, node: ast.expr) -> Operand:
        match node:
            case ast.Name(id="today"):
                return Today()
            case ast.Name(id="now"):
                return Now()
            case ast.Name():
                return self.fact(node)
            case ast.Set():
                return self.braces(node)
            case ast.Constant() | ast.UnaryOp(op=ast.USub(), operand=ast.Constant()):
                return self.literal(node)
            case ast.BinOp(op=ast.Add() | ast.Sub()):
                return self.shift(node)
            case ast.Call(func=ast.Name(id="date" | "instant" as name)):
                return self.moment(node, name)
        self.refuse(node, *self.advice(node))

    def advice(self, node: ast.expr) -> tuple[str, str]:
        """Return why a node is no operand, and what to write instead."""
        written = self.written(node)
        match node:
            case ast.Call(func=ast.Name(id="days" | "months" | "hours" as name)):
                return f"{name}() stands alone", f"Add it to a date: today + {written}"
            case ast.Call(func=ast.Name(id=name)) if name in CALLS:
                return f"{name}() answers yes or no and is not compared", f"Write {CALLS[name]} alone"
            case ast.Call():
                return f"`{written}` is not a function of the notation", f"Use {', '.join(CALLS)}"
            case ast.Tuple() | ast.Dict():
                return "a set is written in braces and is not empty", "Write, for example, {'a', 'b'}"
            case ast.BoolOp() | ast.Compare() | ast.UnaryOp(op=ast.Not()):
                return "a question cannot be compared", "Join questions with and, or, not"
        return f"`{written}` is not part of a condition", "Use a name, a number, a text, today or now"

    def literal(self, node: ast.expr) -> Literal:
        """Return a number, a text or a yes/no that stands in the text."""
        negative = isinstance(node, ast.UnaryOp)
        constant = node.operand if isinstance(node, ast.UnaryOp) else node
        value = constant.value if isinstance(constant, ast.Constant) else None
        if isinstance(value, bool) and not negative:
            return Literal(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return Literal(self.number(node, -value if negative else value))
        if isinstance(value, str) and not negative:
            return Literal(read_text(value))
        self.refuse(node, f"`{self.written(node)}` is not a value", "Write a number, a text, True or False")

    def number(self, node: ast.expr, value: int | float) -> int | float:
        """Return a number that is not too large to be exact."""
        if abs(value) > MAX_NUMBER:
            self.refuse(node, "this number is too large", "Numbers go up to 1000000000000000")
        return value

    def braces(self, node: ast.Set) -> Literal:
        """Return the set of values between braces, all of one type."""
        values: list[Scalar] = []
        for element in node.elts:
            operand = self.operand(element)
            if not isinstance(operand, Literal) or isinstance(operand.value, frozenset):
                remedy = "Put texts in quotes, {'a', 'b'}; a name stands without braces"
                self.refuse(element, "a set in a condition holds literal values", remedy)
            kind = type_of(operand.value)
            if kind in {AttributeType.yes_no, AttributeType.instant}:
                self.refuse(element, f"a set cannot hold this ({kind})", "Compare with == instead")
            if values and kind != type_of(values[0]):
                self.refuse(element, "a set holds values of one type", "Compare each type on its own")
            values.append(operand.value)
        return Literal(frozenset(values))

    def shift(self, node: ast.BinOp) -> Shift:
        """Return a date or instant moved by days, months or hours."""
        sign = 1 if isinstance(node.op, ast.Add) else -1
        match node.right:
            case ast.Call(func=ast.Name(id="days" | "months" | "hours" as name)):
                count = self.count(node.right, Unit(name))
                return Shift(self.operand(node.left), sign * count, Unit(name))
        remedy = "Write, for example, today + days(90)"
        if isinstance(node.left, ast.Name) and isinstance(node.right, ast.Name):
            remedy += "; a name has _ in place of a hyphen"
        self.refuse(node.right, "only days(), months() and hours() can be added or taken away", remedy)

    def count(self, node: ast.Call, unit: Unit) -> int:
        """Return how many days, months or hours a call says."""
        argument = self.arguments(node, unit, 1)[0]
        value = argument.value if isinstance(argument, ast.Constant) else None
        if type(value) is int and value <= MAX_COUNT[unit]:
            return value
        remedy = f"Write {CALLS[unit]}; to go back, take it away: today - {CALLS[unit]}"
        self.refuse(argument, f"{unit}() takes a whole number from 0 to {MAX_COUNT[unit]}", remedy)

    def moment(self, node: ast.Call, name: str) -> Literal:
        """Return a date or an instant that stands in the text."""
        written = self.text(self.arguments(node, name, 1)[0], name)
        value = read_date(written) if name == "date" else read_instant(written)
        if value is None:
            self.refuse(node, f"`{self.written(node)}` is not in the calendar", f"Write it as {CALLS[name]}")
        return Literal(value)
