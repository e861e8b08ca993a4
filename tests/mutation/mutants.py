"""Small faults put into a module one at a time: what a careless hand could have written instead.

A text with a space in it is prose for people and stays as it is; so do annotations, docstrings and
aliases of types, which nothing computes with.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Change = tuple[str, Callable[[], None]]
"""What kind of fault it is, and what puts it into the tree."""


@dataclass(frozen=True)
class Mutant:
    """One fault: the number of the change in its file, its line, and the code there without and with it."""

    path: str
    number: int
    kind: str
    line: int
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line} ({self.kind})\n  - {self.before}\n  + {self.after}"


def mutants_of(path: str, source: str) -> list[Mutant]:
    """Every fault that this page knows to put into a file."""
    return [_seen(path, source, number) for number in range(len(list(_changes(ast.parse(source)))))]


def mutate(source: str, number: int) -> ast.Module:
    """The tree of a file with one fault in it."""
    tree = ast.parse(source)
    _, _, (_, put) = list(_changes(tree))[number]
    put()
    return ast.fix_missing_locations(tree)


def _seen(path: str, source: str, number: int) -> Mutant:
    tree = ast.parse(source)
    statement, line, (kind, put) = list(_changes(tree))[number]
    before = _first_difference(statement)
    put()
    after = _first_difference(statement)
    return Mutant(path, number, kind, line, *_apart(before, after))


def _first_difference(statement: ast.stmt) -> list[str]:
    return ast.unparse(ast.fix_missing_locations(statement)).splitlines()


def _apart(before: list[str], after: list[str]) -> tuple[str, str]:
    """The lines in which a statement and its mutant differ."""
    start = 0
    while before[start : start + 1] == after[start : start + 1]:
        start += 1
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    kept = [" ".join(" ".join(lines[start : len(lines) - end]).split()) for lines in (before, after)]
    return kept[0], kept[1]


# --- where a fault can go ----------------------------------------------------------------------------------


def _changes(tree: ast.Module) -> Iterator[tuple[ast.stmt, int, Change]]:
    for statement in tree.body:
        for node in _computing(statement):
            for change in _of(node):
                yield statement, getattr(node, "lineno", statement.lineno), change


def _computing(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes that something computes with, outermost first."""
    if _is_alias(node) or _is_docstring(node) or isinstance(node, ast.Import | ast.ImportFrom):
        return
    yield node
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "bases", "type_params"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _computing(child)


def _is_alias(node: ast.AST) -> bool:
    """`Measure = Decadenza | Revoca`: a name for types."""
    return isinstance(node, ast.Assign) and _is_types(node.value)


def _is_types(value: ast.expr) -> bool:
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.BitOr):
        return all(_is_types(side) for side in (value.left, value.right))
    if isinstance(value, ast.Subscript):
        return _is_types(value.value)
    name = value.attr if isinstance(value, ast.Attribute) else getattr(value, "id", "")
    return bool(name[:1].isupper() and not name.isupper())


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


# --- which faults there are --------------------------------------------------------------------------------

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
OPPOSITES = {"min": "max", "max": "min", "any": "all", "all": "any"}
CODE = re.compile(r"\S*")


def _of(node: ast.AST) -> Iterator[Change]:
    match node:
        case ast.Compare():
            for place, op in enumerate(node.ops):
                yield "comparison", _put_at(node.ops, place, COMPARISONS[type(op)]())
        case ast.BoolOp():
            yield "boolean", _put(node, "op", ast.Or() if isinstance(node.op, ast.And) else ast.And())
        case ast.BinOp() | ast.AugAssign() if type(node.op) in ARITHMETIC:
            yield "arithmetic", _put(node, "op", ARITHMETIC[type(node.op)]())
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield "sign", _put(node, "op", ast.UAdd() if isinstance(node.op, ast.USub) else _Same())
        case ast.Constant():
            yield from _of_constant(node)
        case ast.Call(func=ast.Name(id=name)) if name in OPPOSITES:
            yield "opposite", _put(node.func, "id", OPPOSITES[name])
        case ast.Return(value=ast.expr()) if not isinstance(node.value, ast.Constant):
            yield "return", _put(node, "value", ast.Constant(None))
        case ast.If() | ast.IfExp():
            yield "condition", _put(node, "test", ast.UnaryOp(ast.Not(), node.test))
        case ast.comprehension():
            for place, test in enumerate(node.ifs):
                yield "condition", _put_at(node.ifs, place, ast.UnaryOp(ast.Not(), test))
    yield from _of_block(node)


def _of_constant(node: ast.Constant) -> Iterator[Change]:
    value = node.value
    if isinstance(value, bool):
        yield "constant", _put(node, "value", not value)
    elif isinstance(value, int):
        yield "constant", _put(node, "value", value + 1)
    elif isinstance(value, str) and CODE.fullmatch(value):
        yield "constant", _put(node, "value", f"{value}?")


def _of_block(node: ast.AST) -> Iterator[Change]:
    """A step that is left out: a call made for what it refuses, a refusal, a sum."""
    for name in ("body", "orelse"):
        block = getattr(node, name, None)
        for place, step in enumerate(block if isinstance(block, list) else []):
            called = isinstance(step, ast.Expr) and isinstance(step.value, ast.Call)
            if called or isinstance(step, ast.Raise | ast.AugAssign | ast.Continue):
                yield "left out", _put_at(block, place, ast.copy_location(ast.Pass(), step))


class _Same(ast.UAdd):
    """`not x` becomes `bool(x)`: the sign that is left away; see `_put`."""


def _put(node: ast.AST, name: str, value: object) -> Callable[[], None]:
    def put() -> None:
        if isinstance(value, _Same):
            _without_not(node)
        else:
            setattr(node, name, value)

    return put


def _without_not(node: ast.AST) -> None:
    """Turn `not x` into `not not x`, in place."""
    assert isinstance(node, ast.UnaryOp)
    node.operand = ast.UnaryOp(ast.Not(), node.operand)


def _put_at(nodes: list, place: int, value: ast.AST) -> Callable[[], None]:  # type: ignore[type-arg]
    def put() -> None:
        nodes[place] = value

    return put
