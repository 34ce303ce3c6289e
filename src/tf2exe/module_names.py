"""What the source of a module says of names, without running it."""

from __future__ import annotations

import ast
import symtable
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from pathlib import Path

Function = ast.FunctionDef | ast.AsyncFunctionDef


def imported_from(statement: ast.ImportFrom, package: str) -> str:
    """The full name of the module that a statement imports from.

    Args:
        statement: an import, relative or not.
        package: that which holds the statement's module; of an ``__init__.py`` the package itself.
    """
    if not statement.level:
        return statement.module or ""
    parents = package.split(".")
    kept = parents[: len(parents) - statement.level + 1]
    return ".".join([*kept, *([statement.module] if statement.module else [])])


def top_level(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements that the module's code runs at most once: not those of loops and of `try`."""
    for statement in body:
        yield statement
        if isinstance(statement, ast.If):
            yield from top_level(statement.body)
            yield from top_level(statement.orelse)


def outer_functions(tree: ast.AST) -> Iterator[Function]:
    """Functions, and methods of classes, that lie in no other function."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, Function):
            yield child
        else:
            yield from outer_functions(child)


def used_at_once(tree: ast.Module, apart_from: Collection[ast.stmt]) -> set[str]:
    """Names that are read or set while the module's code runs: all but those in bodies of functions.

    Those in annotations count, too: somebody may evaluate them. So do those of `lambda`.

    Args:
        tree: the module.
        apart_from: statements that do not count.
    """
    found: set[str] = set()
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        children = list(ast.iter_child_nodes(node))
        match node:
            case ast.Name(id=name):
                found.add(name)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                found.add(node.name)
                children = [child for child in children if child not in node.body]
            case ast.ClassDef(name=name) | ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
                found.add(name)
            case ast.alias():
                found.add((node.asname or node.name).partition(".")[0])
        waiting += [child for child in children if child not in apart_from]
    return found


def used_in_functions(text: bytes) -> Mapping[tuple[str, int], set[str]]:
    """For each function, by name and line, what it and the functions in it take from the module."""
    found: dict[tuple[str, int], set[str]] = {}

    def look(table: symtable.SymbolTable) -> set[str]:
        names = {s.get_name() for s in table.get_symbols() if s.is_global() and s.is_referenced()}
        for child in table.get_children():
            names |= look(child)
        if table.get_type() == "function":
            found[table.get_name(), table.get_lineno()] = names
        return names

    look(symtable.symtable(text.decode(), "module", "exec"))
    return found


def declared_global(tree: ast.Module) -> set[str]:
    """Names to which functions may give another value."""
    return {name for node in ast.walk(tree) if isinstance(node, ast.Global) for name in node.names}


def file_of(base: Path, module: str) -> Path | None:
    """The source of a module, in a folder of packages."""
    path = base.joinpath(*module.split("."))
    return next((p for p in (path.with_suffix(".py"), path / "__init__.py") if p.is_file()), None)


def public(base: Path, module: str) -> tuple[str, ...] | None:
    """What the `__all__` of a module says, where it is texts, or the `__all__` of a module beside it.

    Args:
        base: the folder of packages.
        module: its full name.

    Returns:
        None: it says it otherwise.
    """
    path = file_of(base, module)
    if path is None:
        return None
    said = [s for s in ast.walk(ast.parse(path.read_bytes())) if isinstance(s, ast.stmt) and _tells(s)]
    match said:
        case [ast.Assign(targets=[ast.Name()], value=ast.List() | ast.Tuple() as texts)]:
            return tuple(ast.literal_eval(texts))
        case [ast.Assign(targets=[ast.Name()], value=ast.Attribute(value=ast.Name(id=beside)))]:
            package = module if path.name == "__init__.py" else module.rpartition(".")[0]
            return public(base, f"{package}.{beside}")
    return None


def _tells(statement: ast.stmt) -> bool:
    """Whether a statement, without those in it, has a name `__all__`."""
    parts = [child for child in ast.iter_child_nodes(statement) if not isinstance(child, ast.stmt)]
    return any(isinstance(n, ast.Name) and n.id == "__all__" for part in parts for n in ast.walk(part))


def mentions(path: Path, names: frozenset[str]) -> bool:
    """Whether a source has one of the names: as an attribute, an import, a name, a text, or an operator.

    ``@`` stands for the operator and ``import *`` for that statement.
    """
    return not names.isdisjoint(_all_words(path.read_bytes()))


@cache
def _all_words(source: bytes) -> frozenset[str]:
    """Every name in a source. Cached, because several rules look for theirs."""
    return frozenset(word for node in ast.walk(ast.parse(source)) for word in _words(node))


def _words(node: ast.AST) -> Iterable[str]:
    """The names in a node of a source."""
    match node:
        case ast.BinOp(op=ast.MatMult()) | ast.AugAssign(op=ast.MatMult()):
            return ("@",)
        case ast.alias(name="*"):
            return ("import *",)
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return (name,)
        case ast.alias(name=name) | ast.ImportFrom(module=str(name)) | ast.Constant(value=str(name)):
            return name.split(".")
    return ()
