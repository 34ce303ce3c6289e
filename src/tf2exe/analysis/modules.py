"""Finds the application's own modules."""

from __future__ import annotations

import ast
import importlib.machinery
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tf2exe.analysis.import_statements import read_source_facts
from tf2exe.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tf2exe.analysis.import_statements import Import
    from tf2exe.config.application import Application


@dataclass(frozen=True)
class Module:
    """A module of the application.

    Attributes:
        name: absolute; ``__main__`` for the main one.
        path: its source file.
        is_package: whether the file is an ``__init__``.
        imports: the imports anywhere in it, also inside functions.
        autograph_uses: where it passes functions to AutoGraph: (line, name).
    """

    name: str
    path: Path
    is_package: bool
    imports: tuple[Import, ...]
    autograph_uses: tuple[tuple[int, str], ...]

    @property
    def top(self) -> str:
        """The name of its outermost package."""
        return self.name.partition(".")[0]


def find_modules(application: Application, further: Iterable[str]) -> tuple[Module, ...]:
    """Finds the application's modules, sorted by name.

    Args:
        application: the application. Import statements are followed from its entry.
        further: names of modules to start from as well.

    Raises:
        ConfigurationError: a module of the application is not valid Python.
    """
    entry = application.entry
    roots = [str(root) for root in application.roots]
    package = entry.target if entry.source is not None and entry.kind == "package" else ""
    files: list[tuple[str, Path]] = []
    names = list(further)
    if entry.source is not None:
        files.append(("__main__", entry.source))
    else:
        names.insert(0, entry.target.partition(":")[0])
    if package:
        names.append(package)
    found: dict[str, Module] = {}
    while files or names:
        while names:
            files += [pair for pair in locate_module(names.pop(), roots) if pair[0] not in found]
        while files:
            name, path = files.pop()
            if name in found:
                continue
            found[name] = module = _read_module(name, path, package if name == "__main__" else "")
            names += [item.module for item in module.imports]
    return tuple(found[name] for name in sorted(found))


def locate_module(name: str, folders: Sequence[str]) -> Iterator[tuple[str, Path]]:
    """Finds the source files of a module and of its parent packages: (name, path), outermost first.

    Args:
        name: the absolute name of the module.
        folders: the search path.
    """
    path: Sequence[str] | None = folders
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


def _read_module(name: str, path: Path, package: str) -> Module:
    """Reads a module; ``package`` is that of the main module, empty for other modules."""
    try:
        tree = ast.parse(path.read_bytes(), filename=str(path))
    except (SyntaxError, ValueError) as error:
        raise ConfigurationError(f"{path} is not valid Python", str(error), "correct the file") from error
    is_package = path.name == "__init__.py"
    facts = read_source_facts(tree, name, package or (name if is_package else name.rpartition(".")[0]))
    return Module(name, path, is_package, facts.imports, facts.autograph_uses)
