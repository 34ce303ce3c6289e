"""A plugin of Nuitka, which loads it by its path: Nuitka's own run-time library is compiled first, and in part.

The library is one C file that includes some seventy others. It takes longest of all, and Scons comes to it
last, when the other processors have nothing left to do: here it gets the name that comes first.

Most of it are the operations of Python for every pair of types that Nuitka may know (``int + object``, and
whether it is true, and in place...), each a function with external linkage, so that the compiler has to compile
them all. A program calls a few dozen. Here the library reads copies of Nuitka's headers in which what no other
file names is declared ``static``: C then gives these functions internal linkage, whatever their definitions
say, and a compiler leaves out what nobody calls, without a look at it. The other files of the program read the
headers as they are, so that a change in one module alters none of the others' objects in a cache of objects.
"""

from __future__ import annotations

import re
from pathlib import Path

import nuitka
from nuitka.plugins.PluginBase import NuitkaPluginBase

LIBRARY = "CompiledFunctionType.c"
"""The file that includes all others."""
FIRST = "__nuitka_library.c"
"""What is compiled in its place; it comes before the files that Nuitka writes into the same folder."""
HEADERS = "nuitka_library"
"""Holds the copies of the headers."""

WORD = re.compile(rb"[A-Za-z_]\w+")
DEFINED = re.compile(rb"^(?!static\b)\w[\w *]*?(\w+)\([^;{}]*\) \{$", re.MULTILINE)
DECLARED = re.compile(rb"^extern (?P<all>[\w ]+[ *](?P<name>\w+)\([^;{}]*\);)", re.MULTILINE)
INCLUDED = re.compile(rb'^#include "nuitka/', re.MULTILINE)


class NuitkaLibrary(NuitkaPluginBase):  # type: ignore[misc]  # Nuitka has no types
    """Puts the library first, and leaves out of it what is not called."""

    plugin_name = __file__

    def onGeneratedSourceCode(self, source_dir: str, onefile: bool) -> None:  # noqa: FBT001, N802 - Nuitka's
        """Called by Nuitka when all C files are there; where it names them otherwise, nothing happens."""
        whole = Path(source_dir, "static_src", LIBRARY)
        if onefile or not whole.is_file():
            return
        whole.unlink()
        build = Path(nuitka.__file__).parent / "build"
        write_headers(build, Path(source_dir))
        lines = [f'#include "{HEADERS}/nuitka/prelude.h"', f'#include "{LIBRARY}"', ""]
        Path(source_dir, FIRST).write_text("\n".join(lines), encoding="utf-8")


def write_headers(build: Path, sources: Path) -> set[str]:
    """Writes copies of the headers into the folder `sources` of the C files that Nuitka made.

    Args:
        build: Nuitka's folder with its headers (``include``) and its library (``static_src``).
        sources: what is compiled beside the library.

    Returns:
        The names of the functions that are static in the copies.
    """
    headers = {path.relative_to(build / "include"): path.read_bytes() for path in (build / "include").rglob("*.h")}
    called: set[bytes] = set()
    for text in headers.values():
        called.update(WORD.findall(DECLARED.sub(b"", text)))  # what headers define is compiled into every file
    for path in (path for suffix in "ch" for path in sources.rglob(f"*.{suffix}")):
        called.update(WORD.findall(path.read_bytes()))
    defined: set[bytes] = set()
    for path in (build / "static_src").glob("*.c"):
        defined.update(DEFINED.findall(path.read_bytes()))
    left_out = {match["name"] for text in headers.values() for match in DECLARED.finditer(text)} & defined - called

    def internal(match: re.Match[bytes]) -> bytes:
        return b"static " + match["all"] if match["name"] in left_out else match[0]

    for path, text in headers.items():
        copy = sources / HEADERS / path
        copy.parent.mkdir(parents=True, exist_ok=True)
        beside = b'#include "' + b"../" * (len(path.parts) - 2)  # a copy includes copies
        copy.write_bytes(INCLUDED.sub(beside, DECLARED.sub(internal, text)))
    return {name.decode() for name in left_out}
