"""The table of the carried modules, in which the launcher finds them.

`launchers/module_table.c` reads and describes it.
Python's own finder would look into each folder of the search path.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from importlib.machinery import EXTENSION_SUFFIXES
from typing import TYPE_CHECKING

from tf2exe.carry import PACKAGES, PYTHON

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

NAME = "lib/modules"
MAGIC = b"tf2exeM1"
HEADER = struct.Struct("<8sII")
ENTRY = struct.Struct("<IIHHHH")

FOLDERS = (f"{PYTHON}/lib-dynload", PYTHON, PACKAGES)
"""The search path without the program's own folder; no module of the first two has a name of the other."""

SOURCE = ".py"
SUFFIXES = (*EXTENSION_SUFFIXES, SOURCE)
"""How the files of modules end; of two in one folder that with the former counts."""


class Kind(IntEnum):
    """What a module is."""

    MODULE = 0
    PACKAGE = 1
    NATIVE = 2


@dataclass(frozen=True)
class Found:
    """A module that an import may name.

    Attributes:
        rank: of several of one name Python takes that with the smallest.
        name: absolute.
        kind: what it is.
        path: its file, in the executable's folder, with forward slashes.
        folder: what the search path must name: the beginning of `path`.
    """

    rank: tuple[int, int]
    name: str
    kind: Kind
    path: str
    folder: str


def modules(paths: Iterable[str]) -> dict[str, Found]:
    """The modules among the carried files, by name, as Python's own finder would find them."""
    found: dict[str, Found] = {}
    for path in paths:
        module = _module(path)
        if module and (module.name not in found or module.rank < found[module.name].rank):
            found[module.name] = module
    return found


def _module(path: str) -> Found | None:
    """None: no import statement can name the file, or it is left to Python's own finder."""
    top = next((number for number, folder in enumerate(FOLDERS) if path.startswith(f"{folder}/")), None)
    suffix = next((ending for ending in SUFFIXES if path.endswith(ending)), None)
    if top is None or suffix is None:
        return None
    folder = FOLDERS[top]
    *parents, name = path.removeprefix(f"{folder}/").removesuffix(suffix).split("/")
    kind, order = (Kind.NATIVE, SUFFIXES.index(suffix) + 1)
    if suffix == SOURCE:
        kind = Kind.MODULE
        if name == "__init__" and parents:
            kind, order, name = Kind.PACKAGE, 0, parents.pop()
    if name == "__init__" or not all(part.isidentifier() for part in (*parents, name)):
        return None
    return Found((top, order), ".".join((*parents, name)), kind, path, "/".join((folder, *parents)))


def write(folder: Path, paths: Iterable[str]) -> None:
    """Writes the table.

    Args:
        folder: the executable's folder.
        paths: the carried files, relative to it.
    """
    ordered = sorted((module.name.encode(), module) for module in modules(paths).values())
    place = HEADER.size + ENTRY.size * len(ordered)
    head, texts = [HEADER.pack(MAGIC, len(ordered), 0)], []
    for name, module in ordered:
        path = module.path.encode()
        sizes = (len(name), len(path), len(module.folder.encode()))
        head.append(ENTRY.pack(place, place + len(name), *sizes, module.kind))
        texts += [name, path]
        place += len(name) + len(path)
    target = folder / NAME
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(b"".join([*head, *texts]))
