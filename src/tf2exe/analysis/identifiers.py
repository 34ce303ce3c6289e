"""The names that a source file contains."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def read_identifiers(path: Path) -> frozenset[str]:
    """Reads the names in a source file: attributes, variables, imported names, and strings, split at dots.

    Strings count because a program may import a module or look up an attribute by a string.
    """
    return frozenset(name for node in ast.walk(ast.parse(path.read_bytes())) for name in _names(node))


def _names(node: ast.AST) -> Iterable[str]:
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return (name,)
        case ast.alias(name=name) | ast.ImportFrom(module=str(name)) | ast.Constant(value=str(name)):
            return name.split(".")
    return ()
