"""Reads a `.spec` statement by statement and keeps the calls that describe the program."""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tf2exe.errors import ConfigurationError
from tf2exe.import_spec.evaluate import Evaluator, bind, builtin_names
from tf2exe.import_spec.functions import LONGEST_LOOP
from tf2exe.import_spec.values import (
    Called,
    Imported,
    Part,
    Spliced,
    Undecidable,
    Unknown,
    Value,
    items,
    plain,
)

if TYPE_CHECKING:
    from pathlib import Path

KEPT = frozenset(("Analysis", "PYZ", "EXE", "COLLECT", "BUNDLE", "MERGE", "Splash", "PKG"))
"""PyInstaller's own calls; they stand on their own, whatever becomes of their result."""


@dataclass
class Spec:
    """What a spec file says.

    Attributes:
        path: the file.
        calls: PyInstaller's own calls, in order.
        unread: statements that could not be followed: (line, text).
    """

    path: Path
    calls: list[Called] = field(default_factory=list)
    unread: list[tuple[int, str]] = field(default_factory=list)

    def of(self, name: str) -> list[Called]:
        """The calls of one of PyInstaller's classes."""
        return [call for call in self.calls if call.name == name]


def read(path: Path) -> Spec:
    """Parses a spec file and follows its statements; nothing of it is run.

    Raises:
        ConfigurationError: it cannot be read, or is no Python.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # paths of Windows in plain strings, such as 'src\model'
            tree = ast.parse(path.read_bytes(), filename=str(path))
    except OSError as error:
        raise ConfigurationError(f"cannot read {path}", str(error), "check the path") from error
    except (SyntaxError, ValueError) as error:
        raise ConfigurationError(
            f"{path} is no spec file", str(error), "give a .spec of PyInstaller"
        ) from error
    reader = _Reader(path)
    reader.follow(tree.body)
    return reader.spec


class _Reader(Evaluator):
    def __init__(self, path: Path) -> None:
        super().__init__(builtin_names(path), path.parent)
        self.spec = Spec(path)

    def _call(self, node: ast.Call) -> Value:
        result = super()._call(node)
        if isinstance(result, Called) and result.name in KEPT:
            self.spec.calls.append(result)
        return result

    def follow(self, body: list[ast.stmt]) -> None:
        """Follows statements in order."""
        for statement in body:
            method = getattr(self, f"_follow_{type(statement).__name__.lower()}", None)
            if method is None:
                self._not_followed(statement)
            else:
                method(statement)

    def _not_followed(self, statement: ast.stmt) -> None:
        first = ast.unparse(statement).splitlines()[0]
        self.spec.unread.append((statement.lineno, first))
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                self.names[node.id] = Unknown(node.id, statement.lineno)

    def _follow_import(self, statement: ast.Import) -> None:
        for alias in statement.names:
            name = alias.name if alias.asname else alias.name.partition(".")[0]
            self.names[alias.asname or name] = Imported(name)

    def _follow_importfrom(self, statement: ast.ImportFrom) -> None:
        for alias in statement.names:
            self.names[alias.asname or alias.name] = Imported(f"{statement.module}.{alias.name}")

    def _follow_pass(self, _statement: ast.Pass) -> None:
        """Says nothing."""

    def _follow_assign(self, statement: ast.Assign) -> None:
        value = self.value(statement.value)
        for target in statement.targets:
            if isinstance(target, ast.Attribute):
                self._set_attribute(target, value)
            elif isinstance(target, ast.Name | ast.Tuple | ast.List):
                bind(target, value, self.names)
            else:
                self._not_followed(statement)

    def _follow_annassign(self, statement: ast.AnnAssign) -> None:
        if statement.value is not None and isinstance(statement.target, ast.Name):
            bind(statement.target, self.value(statement.value), self.names)

    def _follow_augassign(self, statement: ast.AugAssign) -> None:
        if not isinstance(statement.op, ast.Add):
            self._not_followed(statement)
            return
        added = self.value(statement.value)
        if isinstance(statement.target, ast.Attribute):
            self._add_to(self.value(statement.target), items(added), statement)
        elif isinstance(statement.target, ast.Name):
            before = self.names.get(statement.target.id)
            if isinstance(before, list):
                before += items(added)  # in place: another name may be bound to the same list
            else:
                joined = ast.BinOp(
                    ast.copy_location(ast.Name(statement.target.id, ast.Load()), statement),
                    ast.Add(),
                    statement.value,
                )
                self.names[statement.target.id] = self.value(ast.copy_location(joined, statement))
        else:
            self._not_followed(statement)

    def _set_attribute(self, target: ast.Attribute, value: Value) -> None:
        """`a.datas = ...`: known only where it adds to what was there (`a.datas + [...]`)."""
        owner = self.value(target.value)
        if not isinstance(owner, Called):
            self.spec.unread.append((target.lineno, f"{ast.unparse(target)} = ..."))
            return
        there = items(value)
        added = [item for item in there if not _is_same(item, owner, target.attr)]
        if len(added) == len(there):
            added = [item for item in added if not isinstance(item, Spliced)]
            self.spec.unread.append((target.lineno, f"{ast.unparse(target)} = ... (filters what was found)"))
        owner.added.setdefault(target.attr, []).extend(added)

    def _add_to(self, target: Value, added: list[Value], statement: ast.stmt) -> None:
        if isinstance(target, Part) and isinstance(target.key, str):
            target.whole.added.setdefault(target.key, []).extend(added)
        else:
            self._not_followed(statement)

    def _follow_expr(self, statement: ast.Expr) -> None:
        node = statement.value
        if isinstance(node, ast.Constant):
            return
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = self.value(node.func.value)
            if node.func.attr in ("append", "extend", "insert") and isinstance(owner, list | Part):
                added = self.value(node.args[-1])
                several = items(added) if node.func.attr == "extend" else [added]
                if isinstance(owner, list):
                    owner += several
                else:
                    self._add_to(owner, several, statement)
                return
        value = self.value(node)
        if isinstance(value, Called) and (value.name in KEPT or value.function in HARMLESS):
            return
        if isinstance(value, Called | Unknown):
            self.spec.unread.append((statement.lineno, ast.unparse(statement).splitlines()[0]))

    def _follow_if(self, statement: ast.If) -> None:
        try:
            known = plain(self.value(statement.test))
        except Undecidable:
            self.spec.unread.append((statement.lineno, f"if {ast.unparse(statement.test)}: taken as true"))
            known = True
        self.follow(statement.body if known else statement.orelse)

    def _follow_for(self, statement: ast.For) -> None:
        try:
            rounds = plain(self.value(statement.iter))
        except Undecidable:
            self._not_followed(statement)
            return
        for item in list(rounds)[:LONGEST_LOOP]:
            bind(statement.target, item, self.names)
            self.follow(statement.body)

    def _follow_try(self, statement: ast.Try) -> None:
        self.follow(statement.body)
        self.follow(statement.orelse)
        self.follow(statement.finalbody)

    def _follow_with(self, statement: ast.With) -> None:
        self._not_followed(statement)

    def _follow_functiondef(self, statement: ast.FunctionDef) -> None:
        self.names.pop(statement.name, None)  # calls of it keep their name and are reported where they matter


HARMLESS = frozenset(("print", "sys.setrecursionlimit", "sys.path.append", "sys.path.insert", "os.makedirs"))
"""Calls that say nothing about the program."""


def _is_same(item: Value, owner: Called, key: str) -> bool:
    what = getattr(item, "what", None)
    return isinstance(what, Part) and what.whole is owner and what.key == key
