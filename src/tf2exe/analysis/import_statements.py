"""Reads the import statements of a source file, and where it passes functions to AutoGraph."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace

from tf2exe.knowledge import package_rules


@dataclass(frozen=True)
class Import:
    """An import statement.

    Attributes:
        module: the absolute name that is imported.
        importer: the application's module that has the statement.
        line: its line, counted from 1.
        unconditional: the statement runs whenever its module does: it is not in a function, branch or `try`.
    """

    module: str
    importer: str
    line: int
    unconditional: bool = False


@dataclass(frozen=True)
class SourceFacts:
    """The imports of a source file, and its uses of AutoGraph.

    Attributes:
        imports: the imports anywhere in it, also inside functions.
        autograph_uses: where it passes functions to AutoGraph: (line, name).
    """

    imports: tuple[Import, ...]
    autograph_uses: tuple[tuple[int, str], ...]


def read_source_facts(tree: ast.Module, module: str, package: str) -> SourceFacts:
    """Reads the imports and the uses of AutoGraph of a parsed source file.

    Args:
        tree: the syntax tree.
        module: the name of its module.
        package: the package that relative imports start from.
    """
    visitor = _Visitor(module, package)
    visitor.visit(tree)
    top = {node.lineno for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)}
    return SourceFacts(
        imports=tuple(replace(item, unconditional=item.line in top) for item in visitor.imports),
        autograph_uses=tuple(sorted(set(visitor.find_autograph_uses(tree)))),
    )


def absolute_module(statement: ast.ImportFrom, package: str) -> str:
    """The absolute name of the module that a statement imports from.

    Args:
        statement: an import, relative or not.
        package: the package of the statement's module; for an ``__init__.py`` the package itself.
    """
    if not statement.level:
        return statement.module or ""
    parents = package.split(".")
    kept = parents[: len(parents) - statement.level + 1]
    return ".".join([*kept, *([statement.module] if statement.module else [])])


class _Visitor(ast.NodeVisitor):
    """Collects imports and follows aliases (``import tensorflow as tf``)."""

    def __init__(self, module: str, package: str) -> None:
        self.module, self.package = module, package
        self.imports: list[Import] = []
        self.aliases: dict[str, str] = {}

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._add_import(alias.name, node)
            top = alias.name.partition(".")[0]
            self.aliases[alias.asname or top] = alias.name if alias.asname else top

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        base = absolute_module(node, self.package)
        self._add_import(base, node)
        for alias in node.names:
            # The name is a module of the package or an attribute: a search for the module decides.
            self._add_import(f"{base}.{alias.name}", node)
            self.aliases[alias.asname or alias.name] = f"{base}.{alias.name}"

    def visit_Call(self, node: ast.Call) -> None:
        name = self._dotted_name(node.func)
        if name in ("importlib.import_module", "__import__", "importlib.__import__") and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str) and first.value[:1] != ".":
                self._add_import(first.value, node)
        self.generic_visit(node)

    def _add_import(self, name: str, node: ast.stmt | ast.expr) -> None:
        self.imports.append(Import(name, self.module, node.lineno))

    def find_autograph_uses(self, tree: ast.AST) -> list[tuple[int, str]]:
        """Finds what AutoGraph converts: (line, name). Runs after the visit, because it needs all aliases."""
        autograph = package_rules.autograph_names()
        if autograph is None:
            return []
        nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute | ast.Name)]
        uses_datasets = any(self._dotted_name(node).startswith(autograph.dataset_module) for node in nodes)
        switched_off = {
            id(node.func)
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and _switches_autograph_off(node)
        }
        found = []
        for node in nodes:
            if id(node) in switched_off:
                continue
            name = self._dotted_name(node)
            method = node.attr if uses_datasets and isinstance(node, ast.Attribute) else ""
            if name in (*autograph.decorators, *autograph.functions):
                found.append((node.lineno, name))
            elif method and method in autograph.dataset_methods:
                found.append((node.lineno, f"a dataset's .{method}()"))
        return found

    def _dotted_name(self, node: ast.AST) -> str:
        """A name with its attributes (``tf.data.Dataset``), aliases resolved; empty for other expressions."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ""
        return ".".join([self.aliases.get(node.id, node.id), *reversed(parts)])


def _switches_autograph_off(call: ast.Call) -> bool:
    return any(
        keyword.arg == "autograph"
        and isinstance(keyword.value, ast.Constant)
        and keyword.value.value is False
        for keyword in call.keywords
    )
