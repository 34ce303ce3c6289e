"""Evaluates the expressions of a `.spec` as far as that needs no running: constants, paths, lists, calls."""

from __future__ import annotations

import ast
import operator
import os
import sys
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Final

from tf2exe.import_spec import functions
from tf2exe.import_spec.values import (
    Called,
    Imported,
    Part,
    Undecidable,
    Unknown,
    Value,
    items,
    opaque,
    plain,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

COMPARISONS: Final[dict[type[ast.cmpop], Callable[[Value, Value], bool]]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
}

KNOWN_NAMES: Final = {
    "sys.platform": sys.platform,
    "sys.version_info": tuple(sys.version_info[:3]),
    "os.name": os.name,
    "os.sep": os.sep,
    "os.path.sep": os.sep,
    "os.pathsep": os.pathsep,
    "os.curdir": ".",
    "os.pardir": "..",
}
"""Attributes of modules with their values here."""

UNDECIDED: Final = (
    Undecidable,
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What may go wrong in an expression of others; it then counts as unknown."""


SEQUENCES: Final = (list, tuple, Called, Part)


class Evaluator:
    """Knows the names of a file and gives the values of its expressions."""

    def __init__(self, names: dict[str, Value], base: Path) -> None:
        self.names, self.base = names, base
        self.functions = functions.known(base)

    def value(self, node: ast.expr) -> Value:
        """The value of an expression; `Unknown` where only running it would tell."""
        try:
            method = getattr(self, f"_{type(node).__name__.lower()}", None)
            if method is not None:
                return method(node)
        except UNDECIDED:
            pass
        return Unknown(ast.unparse(node), node.lineno)

    def _constant(self, node: ast.Constant) -> Value:
        return node.value

    def _name(self, node: ast.Name) -> Value:
        if node.id in self.names:
            return self.names[node.id]
        raise Undecidable

    def _sequence(self, nodes: list[ast.expr]) -> list[Value]:
        found: list[Value] = []
        for node in nodes:
            if isinstance(node, ast.Starred):
                found += items(self.value(node.value))
            else:
                found.append(self.value(node))
        return found

    def _list(self, node: ast.List) -> Value:
        return self._sequence(node.elts)

    def _tuple(self, node: ast.Tuple) -> Value:
        return tuple(self._sequence(node.elts))

    def _set(self, node: ast.Set) -> Value:
        return set(plain(self._sequence(node.elts)))

    def _dict(self, node: ast.Dict) -> Value:
        if any(key is None for key in node.keys):
            raise Undecidable
        return {
            plain(self.value(key)): self.value(value)
            for key, value in zip(node.keys, node.values, strict=True)
            if key is not None
        }

    def _joinedstr(self, node: ast.JoinedStr) -> str:
        return "".join(str(plain(self.value(part))) for part in node.values)

    def _formattedvalue(self, node: ast.FormattedValue) -> str:
        if node.format_spec is not None or node.conversion != -1:
            raise Undecidable
        return str(plain(self.value(node.value)))

    def _ifexp(self, node: ast.IfExp) -> Value:
        return self.value(node.body if plain(self.value(node.test)) else node.orelse)

    def _boolop(self, node: ast.BoolOp) -> Value:
        result: Value = None
        for part in node.values:
            result = plain(self.value(part))
            if bool(result) is isinstance(node.op, ast.Or):
                return result
        return result

    def _unaryop(self, node: ast.UnaryOp) -> Value:
        value = plain(self.value(node.operand))
        if isinstance(node.op, ast.Not):
            return not value
        if isinstance(node.op, ast.USub):
            return -value
        raise Undecidable

    def _compare(self, node: ast.Compare) -> bool:
        left = plain(self.value(node.left))
        for operation, right_node in zip(node.ops, node.comparators, strict=True):
            right = plain(self.value(right_node))
            if not COMPARISONS[type(operation)](left, right):
                return False
            left = right
        return True

    def _binop(self, node: ast.BinOp) -> Value:
        left, right = self.value(node.left), self.value(node.right)
        if isinstance(node.op, ast.Add):
            if isinstance(left, SEQUENCES) or isinstance(right, SEQUENCES):
                return [*items(left), *items(right)]
            return plain(left) + plain(right)
        if isinstance(node.op, ast.Div) and isinstance(left, PurePath):
            return left / plain(right)
        if isinstance(node.op, ast.Mod) and isinstance(left, str):
            return left % plain(right)
        if isinstance(node.op, ast.Mult | ast.Sub):
            left, right = plain(left), plain(right)
            if isinstance(node.op, ast.Sub):
                return left - right
            if not (isinstance(left, int) and isinstance(right, int)):
                raise Undecidable
            return left * right
        raise Undecidable

    def _attribute(self, node: ast.Attribute) -> Value:
        owner = self.value(node.value)
        if isinstance(owner, Imported):
            name = f"{owner.name}.{node.attr}"
            if name in KNOWN_NAMES:
                return KNOWN_NAMES[name]
            if node.attr in ("__file__", "__path__"):
                return functions.module_file(owner.name, node.attr)
            return Imported(name)
        if isinstance(owner, Called):
            return Part(owner, node.attr)
        if isinstance(owner, PurePath) and node.attr in ("name", "stem", "suffix", "parent", "parents"):
            return getattr(owner, node.attr)
        raise Undecidable

    def _subscript(self, node: ast.Subscript) -> Value:
        owner = self.value(node.value)
        if isinstance(node.slice, ast.Slice):
            ends = (node.slice.lower, node.slice.upper, node.slice.step)
            return plain(owner)[slice(*(None if end is None else plain(self.value(end)) for end in ends))]
        key = plain(self.value(node.slice))
        if isinstance(owner, Called):
            return Part(owner, key)
        return owner[key]

    def _listcomp(self, node: ast.ListComp) -> Value:
        return [self.value(node.elt) for _ in self._rounds(node.generators)]

    _generatorexp = _listcomp

    def _rounds(self, generators: list[ast.comprehension]) -> Iterator[None]:
        """Runs through the values of a comprehension with its names bound."""
        first, *rest = generators
        before = dict(self.names)
        for item in list(plain(self.value(first.iter)))[: functions.LONGEST_LOOP]:
            bind(first.target, item, self.names)
            if all(plain(self.value(test)) for test in first.ifs):
                if rest:
                    yield from self._rounds(rest)
                else:
                    yield
        self.names.clear()
        self.names.update(before)

    def _call(self, node: ast.Call) -> Value:
        arguments = self._sequence(node.args)
        keywords = {word.arg: self.value(word.value) for word in node.keywords if word.arg is not None}
        if any(word.arg is None for word in node.keywords):
            raise Undecidable
        if isinstance(node.func, ast.Attribute):
            owner = self.value(node.func.value)
            if not opaque(owner):
                return functions.call_method(owner, node.func.attr, arguments, keywords, self.base)
        name = self._function_name(node.func)
        if name in self.functions:
            return self.functions[name](*map(plain, arguments), **{k: plain(v) for k, v in keywords.items()})
        # What is added to a list later does not belong to this call.
        arguments = [list(value) if isinstance(value, list) else value for value in arguments]
        keywords = {k: list(value) if isinstance(value, list) else value for k, value in keywords.items()}
        return Called(name, arguments, keywords, ast.unparse(node), node.lineno)

    def _function_name(self, node: ast.expr) -> str:
        if isinstance(node, ast.Name):
            known = self.names.get(node.id)
            return known.name if isinstance(known, Imported) else node.id
        if isinstance(node, ast.Attribute):
            owner = self.value(node.value)
            if isinstance(owner, Imported):
                return f"{owner.name}.{node.attr}"
            if isinstance(owner, Called):
                return f"{owner.name}().{node.attr}"
        raise Undecidable


def bind(target: ast.expr, value: Value, names: dict[str, Value]) -> None:
    """Gives a value to a name, or its items to several; parts of an unknown one stay unknown parts."""
    if isinstance(target, ast.Name):
        names[target.id] = value
    elif isinstance(target, ast.Tuple | ast.List):
        known = isinstance(value, list | tuple) and len(value) == len(target.elts)
        for place, part in enumerate(target.elts):
            if known:
                item = value[place]
            elif isinstance(value, Called):
                item = Part(value, place)
            else:
                item = Unknown(ast.unparse(part), part.lineno)
            bind(part, item, names)


def builtin_names(spec: Path) -> dict[str, Value]:
    """The names that PyInstaller gives to a spec file."""
    return {
        "SPEC": str(spec),
        "SPECPATH": str(spec.parent),
        "__file__": str(spec),
        "DISTPATH": str(spec.parent / "dist"),
        "workpath": str(spec.parent / "build" / spec.stem),
        "True": True,
        "False": False,
        "None": None,
    }
