"""Compiles several modules as one translation unit (unity build).

Nuitka writes a C file for each module. Each includes the same headers and inline functions, which take a
third of the compile time of a program with small modules. A unit includes a few of these files, which then
share the headers.

The unit of a module depends on the module's name only. So a change of a module alters no other unit, and the
cached objects of the others remain valid.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

MODULE_FOLDER = "modules"
"""The folder of the included files; Nuitka does not compile the files there."""
MAX_SIZE = 250_000
"""The size in bytes from which a C file is compiled alone. Its headers take only a tenth of its time, and a
change of a module recompiles the whole unit (with the double size, a rebuild took 9 s instead of 6)."""
MODULES_PER_UNIT = 4
"""The approximate number of modules in a unit. More of them would slow down the rebuild after a change."""

DEFINED = re.compile(
    rb"^(?:NUITKA_MAY_BE_UNUSED )?static [^=;(){}\[\]]*?(?<![\w$])(\w+) ?[=;(\[{]"
    rb"|^\} (?![A-Z_]+;)(\w+);",  # not a macro for an attribute
    re.MULTILINE,
)
"""Names with internal linkage, and type tags: at the start of a line, so outside of functions. Names with a
``$`` contain the module's name, and are unique."""
SHARED_INCLUDES = '#include "nuitka/prelude.h"\n#include "nuitka/unfreezing.h"\n#include "__helpers.h"\n'
"""The headers that all files include. They are included before any name is redefined."""


def join_modules(folder: Path) -> None:
    """Joins the small files ``module.*.c`` of a folder."""
    named = [path for path in folder.glob("module.*.c") if path.name.isascii()]
    small = [path for path in named if path.stat().st_size < MAX_SIZE]
    # A power of two, which rarely changes when modules are added.
    count = 1 << (max(len(small) // MODULES_PER_UNIT, 1) - 1).bit_length()
    units: dict[int, list[Path]] = {}
    for path in sorted(small):
        units.setdefault(zlib.crc32(path.name.encode()) % count, []).append(path)
    for number, paths in units.items():
        if len(paths) > 1:
            _write_unit(folder / f"unit.{number}.c", paths)


def _write_unit(unit: Path, paths: list[Path]) -> None:
    """Writes a unit that includes the files, and renames what more than one of them defines."""
    pairs = [DEFINED.findall(path.read_bytes()) for path in paths]
    names = [{name.decode() for pair in found for name in pair if name} for found in pairs]
    defined = Counter(name for found in names for name in found)
    text = [SHARED_INCLUDES]
    folder = unit.parent / MODULE_FOLDER
    folder.mkdir(exist_ok=True)
    for number, (path, found) in enumerate(zip(paths, names, strict=True)):
        duplicates = sorted(name for name in found if defined[name] > 1)
        text += [f"#define {name} {name}_{number}\n" for name in duplicates]
        text += [f'#include "{MODULE_FOLDER}/{path.name}"\n']
        text += [f"#undef {name}\n" for name in duplicates]
        path.replace(folder / path.name)
    unit.write_text("".join(text), encoding="ascii")
