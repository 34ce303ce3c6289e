"""Several modules are compiled as one translation unit.

Nuitka writes a C file for each module. All of them include the same headers, which a compiler reads each
time, and with them the inline functions that are called: a third of the time for a program of small
modules. Here one file includes a few of them, which share all that.

Its name alone decides which unit a module is put into, so that a change in it alters no other unit: what a
cache of objects has of those is still right.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

MODULES = "modules"
"""Where the files go that are included; Nuitka does not look for files to compile there."""
SMALL = 250_000
"""Bytes of a C file from which on it is a unit of its own: the headers are a tenth of its time, and who
changes one module waits for its whole unit (with twice as much a rebuild of 6 s took 9)."""
PER_UNIT = 4
"""How many modules a unit has, roughly. With more of them a change of one would take longer to compile."""

DEFINED = re.compile(
    rb"^(?:NUITKA_MAY_BE_UNUSED )?static [^=;(){}\[\]]*?(?<![\w$])(\w+) ?[=;(\[{]"
    rb"|^\} (?![A-Z_]+;)(\w+);",  # not a macro for an attribute
    re.MULTILINE,
)
"""What has internal linkage or is a tag: at the beginning of a line, and so outside of functions. A name with
a ``$`` has that of its module in it."""
SHARED = '#include "nuitka/prelude.h"\n#include "nuitka/unfreezing.h"\n#include "__helpers.h"\n'
"""What each of the files includes; included before any name is changed."""


def join(folder: Path) -> None:
    """Joins the small ones of the files ``module.*.c`` in this folder."""
    named = [path for path in folder.glob("module.*.c") if path.name.isascii()]
    small = [path for path in named if path.stat().st_size < SMALL]
    count = 1 << (max(len(small) // PER_UNIT, 1) - 1).bit_length()  # a power of two changes seldom
    units: dict[int, list[Path]] = {}
    for path in sorted(small):
        units.setdefault(zlib.crc32(path.name.encode()) % count, []).append(path)
    for number, paths in units.items():
        if len(paths) > 1:
            _write_unit(folder / f"unit.{number}.c", paths)


def _write_unit(unit: Path, paths: list[Path]) -> None:
    """Writes a file that includes the others, each with names of its own for what would be defined twice."""
    pairs = [DEFINED.findall(path.read_bytes()) for path in paths]
    names = [{name.decode() for pair in found for name in pair if name} for found in pairs]
    defined = Counter(name for found in names for name in found)
    text = [SHARED]
    moved = unit.parent / MODULES
    moved.mkdir(exist_ok=True)
    for number, (path, found) in enumerate(zip(paths, names, strict=True)):
        twice = sorted(name for name in found if defined[name] > 1)
        text += [f"#define {name} {name}_{number}\n" for name in twice]
        text += [f'#include "{MODULES}/{path.name}"\n']
        text += [f"#undef {name}\n" for name in twice]
        path.replace(moved / path.name)
    unit.write_text("".join(text), encoding="ascii")
