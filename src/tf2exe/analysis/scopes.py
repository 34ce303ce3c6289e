"""What the source of a module says of names, without running it."""

from __future__ import annotations

import ast
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


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


def mentions(path: Path, names: frozenset[str]) -> bool:
    """Whether a source has one of the names: as an attribute, an import, a name, or a part of a text."""
    return not names.isdisjoint(_all_words(path.read_bytes()))


@cache
def _all_words(source: bytes) -> frozenset[str]:
    """Every name in a source. Cached, because several rules look for theirs."""
    return frozenset(word for node in ast.walk(ast.parse(source)) for word in _words(node))


def _words(node: ast.AST) -> Iterable[str]:
    """The names in a node of a source."""
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return (name,)
        case ast.alias(name=name) | ast.ImportFrom(module=str(name)) | ast.Constant(value=str(name)):
            return name.split(".")
    return ()
