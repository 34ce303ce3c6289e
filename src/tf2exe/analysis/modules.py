"""Reads the application's own source: its modules, what they import, and what AutoGraph will convert."""

from __future__ import annotations

import ast
import fnmatch
import importlib.machinery
import re
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tf2exe.errors import ConfigurationError
from tf2exe.knowledge import package_rules

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from tf2exe.config.application import Application
    from tf2exe.trace.footprint import Footprint


@dataclass(frozen=True)
class Import:
    """An import statement.

    Attributes:
        module: the absolute name that is imported.
        importer: the application's module that holds the statement.
        line: its line, counted from 1.
        always: whether it is executed whenever its module is: it stands in no function, branch or `try`.
    """

    module: str
    importer: str
    line: int
    always: bool = False


@dataclass(frozen=True)
class Module:
    """A module of the application.

    Attributes:
        name: absolute; ``__main__`` for the main one.
        path: its source file.
        is_package: whether the file is an ``__init__``.
        imports: the imports anywhere in it, also inside functions.
        converted: where it hands functions to AutoGraph: (line, what).
    """

    name: str
    path: Path
    is_package: bool
    imports: tuple[Import, ...]
    converted: tuple[tuple[int, str], ...]

    @property
    def top(self) -> str:
        """The name of its outermost package."""
        return self.name.partition(".")[0]


def scan(application: Application, further: Iterable[str]) -> tuple[Module, ...]:
    """The application's modules: those that its entry reaches by import statements, and ``further`` ones.

    Raises:
        ConfigurationError: a module of the application is not valid Python.
    """
    entry = application.entry
    roots = [str(root) for root in application.roots]
    waiting: list[tuple[str, Path]] = []
    package = ""
    if entry.source is not None:
        waiting.append(("__main__", entry.source))
        package = entry.target if entry.kind == "package" else ""
    else:
        further = [entry.target.partition(":")[0], *further]
    found: dict[str, Module] = {}
    names = [*further, *([package] if package else [])]
    while waiting or names:
        while names:
            waiting += [pair for pair in _locate(names.pop(), roots) if pair[0] not in found]
        while waiting:
            name, path = waiting.pop()
            if name in found:
                continue
            found[name] = module = _read(name, path, package if name == "__main__" else "")
            names += [item.module for item in module.imports]
    return tuple(found[name] for name in sorted(found))


def _locate(name: str, roots: Sequence[str]) -> Iterator[tuple[str, Path]]:
    """The files of a module and of the packages around it, if they lie in the application's folders."""
    path: Sequence[str] | None = roots
    parts = name.split(".")
    for depth in range(len(parts)):
        partial = ".".join(parts[: depth + 1])
        spec = importlib.machinery.PathFinder.find_spec(partial, path)
        if spec is None:
            return
        if spec.origin and spec.origin.endswith(".py"):
            yield partial, Path(spec.origin)
        path = list(spec.submodule_search_locations or ())
        if not path:
            return


def _read(name: str, path: Path, package: str) -> Module:
    try:
        tree = ast.parse(path.read_bytes(), filename=str(path))
    except (SyntaxError, ValueError) as error:
        raise ConfigurationError(f"{path} is not valid Python", str(error), "correct the file") from error
    is_package = path.name == "__init__.py"
    context = package or (name if is_package else name.rpartition(".")[0])
    names = _Names(name, context)
    names.visit(tree)
    names.find_conversions(tree)
    top = {node.lineno for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)}
    imports = tuple(replace(item, always=item.line in top) for item in names.imports)
    return Module(name, path, is_package, imports, tuple(sorted(set(names.converted))))


def imported(modules: Collection[Module], footprint: Footprint, wanted: Iterable[str] = ()) -> set[str]:
    """What the source imports, a sample has loaded or the settings name, with the packages around it.

    A star import counts for every module that the package may have in its ``__all__``. Modules of the
    application do not count; they hide installed ones of the same name.
    """
    own = {module.name.partition(".")[0] for module in modules}
    names = {name for name, _ in footprint.modules} | {item.module for m in modules for item in m.imports}
    names |= {name for star in names if star.endswith(".*") for name in _star(star.removesuffix(".*"))}
    names = {name for name in names if name.partition(".")[0] not in own}
    return with_packages(names | set(wanted))


def with_packages(names: Iterable[str]) -> set[str]:
    """Modules and the packages around them."""
    return {name[: match.start()] for name in names for match in re.finditer(r"\.|$", name)}


def _star(package: str) -> set[str]:
    """Modules that a star import may import: every text in the package's source that could name one."""
    path = dict(_locate(package, sys.path)).get(package)
    nodes = ast.walk(ast.parse(path.read_bytes())) if path else ()
    texts = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return {f"{package}.{text}" for text in texts if text.isidentifier()}


def is_imported(names: Iterable[str], present: Collection[str]) -> bool:
    """Whether one of some modules, named with wildcards, is among those that are imported."""
    return any(name in present or ("*" in name and bool(fnmatch.filter(present, name))) for name in names)


def always_imported(modules: Iterable[Module], first: str) -> dict[str, Import]:
    """What importing a module imports in any case, by the full name, each with a statement that does it."""
    own = {module.name: module for module in modules}
    waiting = [first]
    found: dict[str, Import] = {}
    while waiting:
        for item in own[waiting.pop()].imports:
            if item.always and item.module not in found:
                found[item.module] = item
                waiting += [item.module] if item.module in own else []
    return found


class _Names(ast.NodeVisitor):
    """Collects imports, follows aliases (``import tensorflow as tf``) and finds what AutoGraph converts."""

    def __init__(self, module: str, context: str) -> None:
        self.module, self.context = module, context
        self.imports: list[Import] = []
        self.aliases: dict[str, str] = {}
        self.converted: list[tuple[int, str]] = []
        self.autograph = package_rules.autograph_names()

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self.imports.append(Import(alias.name, self.module, node.lineno))
            self.aliases[alias.asname or alias.name.partition(".")[0]] = (
                alias.name if alias.asname else alias.name.partition(".")[0]
            )

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        base = imported_from(node, self.context)
        self.imports.append(Import(base, self.module, node.lineno))
        for alias in node.names:
            # The name may be a module of the package or one of its attributes: looking for it tells.
            self.imports.append(Import(f"{base}.{alias.name}", self.module, node.lineno))
            self.aliases[alias.asname or alias.name] = f"{base}.{alias.name}"

    def visit_Call(self, node: ast.Call) -> None:
        name = self._dotted(node.func)
        if name in ("importlib.import_module", "__import__", "importlib.__import__") and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str) and first.value[:1] != ".":
                self.imports.append(Import(first.value, self.module, node.lineno))
        self.generic_visit(node)

    def find_conversions(self, tree: ast.AST) -> None:
        """Second pass, when all aliases are known."""
        if self.autograph is None:
            return
        uses_datasets = any(
            isinstance(node, ast.Attribute | ast.Name)
            and self._dotted(node).startswith(self.autograph.dataset_module)
            for node in ast.walk(tree)
        )
        switched_off = {
            id(node.func)
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and _without_autograph(node)
        }
        for node in ast.walk(tree):
            if not isinstance(node, ast.Attribute | ast.Name) or id(node) in switched_off:
                continue
            name = self._dotted(node)
            method = uses_datasets and isinstance(node, ast.Attribute) and node.attr
            if name in (*self.autograph.decorators, *self.autograph.functions):
                self.converted.append((node.lineno, name))
            elif method and method in self.autograph.dataset_methods:
                self.converted.append((node.lineno, f"a dataset's .{method}()"))

    def _dotted(self, node: ast.AST) -> str:
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ""
        return ".".join([self.aliases.get(node.id, node.id), *reversed(parts)])


def _without_autograph(call: ast.Call) -> bool:
    return any(
        keyword.arg == "autograph"
        and isinstance(keyword.value, ast.Constant)
        and keyword.value.value is False
        for keyword in call.keywords
    )


def is_standard(module: str) -> bool:
    """Whether a module belongs to the standard library."""
    return module.partition(".")[0] in sys.stdlib_module_names


def imported_from(statement: ast.ImportFrom, package: str) -> str:
    """The full name of the module that a statement imports from.

    Args:
        statement: an import, relative or not.
        package: the package that has the statement's module; for an ``__init__.py`` the package itself.
    """
    if not statement.level:
        return statement.module or ""
    parents = package.split(".")
    kept = parents[: len(parents) - statement.level + 1]
    return ".".join([*kept, *([statement.module] if statement.module else [])])
