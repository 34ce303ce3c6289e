"""Writes the module index, in which the launcher finds the bundled modules.

`launchers/interpreter/module_index.c` reads it and describes the format. Python's own finder would search
each folder of `sys.path`.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.util import MAGIC_NUMBER
from typing import TYPE_CHECKING

from tf2exe import layout

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from tf2exe.assemble.bytecode_archive import CodeLocation

MAGIC = b"tf2exeM4"
HEADER = struct.Struct("<8sII4s4x")
ENTRY = struct.Struct("<IIIIHHHHH2x")
ARCHIVE = struct.Struct("<III")

FOLDERS = (f"{layout.PYTHON}/lib-dynload", layout.PYTHON, layout.PACKAGES)
"""The search path without the program's folder; the first two have no module name in common."""

SOURCE = ".py"
SUFFIXES = (*EXTENSION_SUFFIXES, SOURCE)
"""The suffixes of module files; Python prefers the earlier one in a folder."""


class ModuleKind(IntEnum):
    """The kind of a module."""

    MODULE = 0
    PACKAGE = 1
    NATIVE = 2


@dataclass(frozen=True)
class ModuleEntry:
    """A module that can be imported.

    Attributes:
        priority: Python imports the file with the lowest value among files of one name.
        name: the absolute name.
        kind: module, package or native module.
        path: the path of its file in the build.
        folder: the entry of `sys.path` or `__path__` that contains it; the start of `path`.
    """

    priority: tuple[int, int]
    name: str
    kind: ModuleKind
    path: str
    folder: str


def find_modules(paths: Iterable[str]) -> dict[str, ModuleEntry]:
    """The modules among the bundled files, by name, as Python's own finder would find them."""
    found: dict[str, ModuleEntry] = {}
    for path in paths:
        module = _parse_path(path)
        if module and (module.name not in found or module.priority < found[module.name].priority):
            found[module.name] = module
    return found


def _parse_path(path: str) -> ModuleEntry | None:
    """The module of a path; None if it cannot be imported, or is left to Python's own finder."""
    top = next((number for number, folder in enumerate(FOLDERS) if path.startswith(f"{folder}/")), None)
    suffix = next((ending for ending in SUFFIXES if path.endswith(ending)), None)
    if top is None or suffix is None:
        return None
    folder = FOLDERS[top]
    *parents, name = path.removeprefix(f"{folder}/").removesuffix(suffix).split("/")
    kind, order = (ModuleKind.NATIVE, SUFFIXES.index(suffix) + 1)
    if suffix == SOURCE:
        kind = ModuleKind.MODULE
        if name == "__init__" and parents:
            kind, order, name = ModuleKind.PACKAGE, 0, parents.pop()
    if name == "__init__" or not all(part.isidentifier() for part in (*parents, name)):
        return None
    return ModuleEntry((top, order), ".".join((*parents, name)), kind, path, "/".join((folder, *parents)))


def write_index(
    folder: Path, found: Mapping[str, ModuleEntry], locations: Mapping[str, CodeLocation]
) -> None:
    """Writes the index.

    Args:
        folder: the standalone folder.
        found: the modules, by name.
        locations: the locations of the modules' code, by path; Python's own loader loads other modules.
    """
    ordered = sorted((module.name.encode(), module) for module in found.values())
    archives = {
        archive: number
        for number, archive in enumerate(sorted({location.archive for location in locations.values()}))
    }
    texts = _StringTable(HEADER.size + ENTRY.size * len(ordered) + ARCHIVE.size * len(archives))
    head = [HEADER.pack(MAGIC, len(ordered), len(archives), MAGIC_NUMBER)]
    for name, module in ordered:
        path, code = module.path.encode(), locations.get(module.path)
        places = (texts.add(name), texts.add(path), *((code.offset, code.size) if code else (0, 0)))
        sizes = (len(name), len(path), len(module.folder.encode()))
        number = archives[code.archive] if code else 0
        head.append(ENTRY.pack(*places, *sizes, module.kind, number))
    for archive in archives:
        text = archive.encode()
        head.append(ARCHIVE.pack(texts.add(text), len(text), (folder / archive).stat().st_size))
    target = folder / layout.MODULE_INDEX
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(b"".join([*head, *texts.parts]))


class _StringTable:
    """The strings at the end of the index."""

    def __init__(self, start: int) -> None:
        self.end, self.parts = start, list[bytes]()

    def add(self, text: bytes) -> int:
        """Appends a text; returns its offset in the file."""
        self.parts.append(text)
        self.end += len(text)
        return self.end - len(text)
