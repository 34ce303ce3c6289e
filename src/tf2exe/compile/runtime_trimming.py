"""Nuitka's own run-time library is compiled first, and in part.

The library is one C file that includes some seventy others. It takes longest of all, and Scons comes to it
last, when the other processors have nothing left to do: here it gets the name that comes first.

Most of it are Python's operations for each pair of types that Nuitka may know (``int + object``, whether
that is true, and in place): functions with external linkage, all of which a compiler has to compile. A
program calls a few dozen. Here the library reads copies of Nuitka's headers in which those that no other file
names are declared ``static``: in C they then have internal linkage, whatever their definitions say, and what
nobody calls is left out.

The operations on objects of any type stay, and all other functions: without them the library would take a
second less, but a change of the program would often have it compiled again. The other files of the program
read the headers as they are, so that a change in one module alters none of the others' objects in a cache.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

LIBRARY = "CompiledFunctionType.c"
"""The file that includes all others."""
FIRST = "__nuitka_library.c"
"""What is compiled in its place; it comes before the files that Nuitka writes into the same folder."""
HEADERS = "nuitka_library"
"""Holds the copies of the headers."""

WORD = re.compile(rb"[A-Za-z_]\w+")
DEFINED = re.compile(rb"^(?!static\b)\w[\w *]*?(\w+)\([^;{}]*\) \{$", re.MULTILINE)
DECLARED = re.compile(rb"^extern (?P<all>[\w ]+[ *](?P<name>\w+)\([^;{}]*\);)", re.MULTILINE)
TYPED = re.compile(rb"(BINARY_OPERATION|INPLACE_OPERATION|RICH_COMPARE)_\w+(?<!_OBJECT_OBJECT)")
INCLUDED = re.compile(rb'^#include "nuitka/', re.MULTILINE)


def reduce(build: Path, sources: Path) -> None:
    """Puts a file for the library among the others; where Nuitka names it otherwise, nothing happens.

    Args:
        build: Nuitka's folder with its headers (``include``) and its library (``static_src``).
        sources: the folder of the C files that Nuitka made.
    """
    whole = sources / "static_src" / LIBRARY
    if not whole.is_file():
        return
    whole.unlink()
    write_headers(build, sources)
    lines = [f'#include "{HEADERS}/nuitka/prelude.h"', f'#include "{LIBRARY}"', ""]
    (sources / FIRST).write_text("\n".join(lines), encoding="ascii")


def write_headers(build: Path, sources: Path) -> set[str]:
    """Writes copies of the headers beside the C files.

    Returns:
        The names of the functions that are static in the copies.
    """
    headers = {
        path.relative_to(build / "include"): path.read_bytes() for path in (build / "include").rglob("*.h")
    }
    called: set[bytes] = set()
    for text in headers.values():
        called.update(
            WORD.findall(DECLARED.sub(b"", text))
        )  # what headers define is compiled into every file
    for path in (path for suffix in "ch" for path in sources.rglob(f"*.{suffix}")):
        called.update(WORD.findall(path.read_bytes()))
    defined: set[bytes] = set()
    for path in (build / "static_src").glob("*.c"):
        defined.update(DEFINED.findall(path.read_bytes()))
    declared = {match["name"] for text in headers.values() for match in DECLARED.finditer(text)}
    left_out = {name for name in declared & defined - called if TYPED.fullmatch(name)}

    def internal(match: re.Match[bytes]) -> bytes:
        return b"static " + match["all"] if match["name"] in left_out else match[0]

    for path, text in headers.items():
        copy = sources / HEADERS / path
        copy.parent.mkdir(parents=True, exist_ok=True)
        beside = b'#include "' + b"../" * (len(path.parts) - 2)  # a copy includes copies
        copy.write_bytes(INCLUDED.sub(beside, DECLARED.sub(internal, text)))
    return {name.decode() for name in left_out}
