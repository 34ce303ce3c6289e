"""The table of the carried modules, in which the launcher finds them.

`launchers/interpreter/module_index.c` reads and describes it.
Python's own finder would look into each folder of the search path.
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

    from tf2exe.assemble.bytecode_archive import Stored

MAGIC = b"tf2exeM4"
HEADER = struct.Struct("<8sII4s4x")
ENTRY = struct.Struct("<IIIIHHHHH2x")
BUNDLE = struct.Struct("<III")

FOLDERS = (f"{layout.PYTHON}/lib-dynload", layout.PYTHON, layout.PACKAGES)
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


def write(folder: Path, found: Mapping[str, Found], stored: Mapping[str, Stored]) -> None:
    """Writes the table.

    Args:
        folder: the executable's folder.
        found: the modules, by name.
        stored: where the code of modules is, by their paths; of others Python's own loader looks for it.
    """
    ordered = sorted((module.name.encode(), module) for module in found.values())
    bundles = {
        bundle: number for number, bundle in enumerate(sorted({place.bundle for place in stored.values()}))
    }
    texts = _Texts(HEADER.size + ENTRY.size * len(ordered) + BUNDLE.size * len(bundles))
    head = [HEADER.pack(MAGIC, len(ordered), len(bundles), MAGIC_NUMBER)]
    for name, module in ordered:
        path, code = module.path.encode(), stored.get(module.path)
        places = (texts.add(name), texts.add(path), *((code.offset, code.size) if code else (0, 0)))
        sizes = (len(name), len(path), len(module.folder.encode()))
        number = bundles[code.bundle] if code else 0
        head.append(ENTRY.pack(*places, *sizes, module.kind, number))
    for bundle in bundles:
        text = bundle.encode()
        head.append(BUNDLE.pack(texts.add(text), len(text), (folder / bundle).stat().st_size))
    target = folder / layout.MODULE_INDEX
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(b"".join([*head, *texts.parts]))


class _Texts:
    """The end of the table."""

    def __init__(self, place: int) -> None:
        self.place, self.parts = place, list[bytes]()

    def add(self, text: bytes) -> int:
        """Appends a text; gives its place in the table."""
        self.parts.append(text)
        self.place += len(text)
        return self.place - len(text)
