"""Imports in bundled packages of modules that rules leave out until something imports them.

Known packages, which have rules of their own, are not read: tests check them.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tf2exe.analysis.imported_names import is_imported, with_packages
from tf2exe.knowledge import package_rules

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from tf2exe.plan.distributions import SelectedDistribution


def of_unknown_packages(distributions: Iterable[SelectedDistribution]) -> set[str]:
    """Modules named by `unless_imported` of some rule that an unknown package imports, also inside functions.

    A file that is itself such a module, such as ``tqdm/tk.py``, counts only when something imports it.
    """
    rules = [rule for package in package_rules.read_all() for rule in package.exclude]
    names = {name for rule in rules for name in rule.condition.unless_imported}
    known = {name for package in package_rules.read_all() for name in package.names}
    files = [
        chosen.base / file
        for chosen in distributions
        if chosen.name not in known
        for file in chosen.files
        if file.endswith(".py") and not is_imported(names, {file.removesuffix(".py").replace("/", ".")})
    ]
    found: set[str] = set()
    for file in files:
        try:
            source = file.read_bytes()
        except OSError:
            continue  # listed in the metadata, but removed since
        found |= imported(source, names)
    return found


def imported(source: bytes, names: Collection[str]) -> set[str]:
    """Which of some modules, with wildcards, a source imports anywhere; the packages around them as well."""
    possible = [name for name in names if all(part in source for part in _words(name))]
    if not possible:
        return set()
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return set()  # a template, or a test of syntax errors
    return {name for name in with_packages(_statements(tree)) if is_imported(possible, {name})}


def _words(name: str) -> list[bytes]:
    """The parts of a name that a source which imports it has."""
    return [part.encode() for part in name.split(".") if "*" not in part]


def _statements(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=aliases):
                yield from (alias.name for alias in aliases)
            case ast.ImportFrom(module=str(module), names=aliases, level=0):
                yield module
                yield from (f"{module}.{alias.name}" for alias in aliases)
            case ast.Call(
                func=ast.Name(id="__import__" | "import_module") | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str(module)), *_],
            ):
                yield module
