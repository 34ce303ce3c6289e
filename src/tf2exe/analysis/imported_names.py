"""Which modules are imported: by the source, by samples, in any case, by a star import."""

from __future__ import annotations

import ast
import fnmatch
import re
import sys
from typing import TYPE_CHECKING

from tf2exe.analysis.modules import locate_module

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from tf2exe.analysis.import_statements import Import
    from tf2exe.analysis.modules import Module
    from tf2exe.trace.footprint import Footprint


def imported_modules(
    modules: Collection[Module], footprint: Footprint, include_module: Iterable[str] = ()
) -> set[str]:
    """The modules that the source imports, a sample loaded or the settings name, with their parent packages.

    A star import counts for every module that the package may have in its ``__all__``. The application's own
    modules do not count; they hide installed ones of the same name.
    """
    own = {module.top for module in modules}
    names = {name for name, _ in footprint.modules} | {item.module for m in modules for item in m.imports}
    for star in [name for name in names if name.endswith(".*")]:
        names |= _star_imports(star.removesuffix(".*"))
    names = {name for name in names if name.partition(".")[0] not in own}
    return with_packages(names | set(include_module))


def with_packages(names: Iterable[str]) -> set[str]:
    """Modules and their parent packages."""
    return {name[: match.start()] for name in names for match in re.finditer(r"\.|$", name)}


def _star_imports(package: str) -> set[str]:
    """Modules that a star import may import: every string in the package's source that could name one."""
    path = dict(locate_module(package, sys.path)).get(package)
    nodes = ast.walk(ast.parse(path.read_bytes())) if path else ()
    texts = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return {f"{package}.{text}" for text in texts if text.isidentifier()}


def is_imported(names: Iterable[str], imported: Collection[str]) -> bool:
    """Whether one of some modules, named with wildcards (``QtQ*``), is among the imported ones."""
    return any(name in imported or ("*" in name and bool(fnmatch.filter(imported, name))) for name in names)


def unconditional_imports(modules: Iterable[Module], first: str) -> dict[str, Import]:
    """The modules that the import of ``first`` always imports, each with one statement that imports it.

    Args:
        modules: the application's modules, whose statements are followed.
        first: one of them.
    """
    own = {module.name: module for module in modules}
    waiting = [first]
    found: dict[str, Import] = {}
    while waiting:
        for item in own[waiting.pop()].imports:
            if item.unconditional and item.module not in found:
                found[item.module] = item
                waiting += [item.module] if item.module in own else []
    return found


def is_standard(module: str) -> bool:
    """Whether a module belongs to the standard library."""
    return module.partition(".")[0] in sys.stdlib_module_names
