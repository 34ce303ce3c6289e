"""Trims Nuitka's C runtime, and has it compiled first.

The runtime is one C file that includes about seventy others. It takes the longest to compile, and Scons
compiles it last, when the other processors are idle. Here it gets a name that is sorted first.

Most of the runtime are Python's operations for every pair of types that Nuitka knows (``int + object``, as a
condition, in place). They have external linkage, so the compiler must compile them all, but a program calls
only a few dozen. Here the runtime includes copies of Nuitka's headers, which declare the operations that no
other file mentions as ``static``. They then have internal linkage, and the compiler drops the unused ones.

Operations on objects of any type and all other functions keep their linkage: trimming them would save another
second, but changes of the program would often recompile the runtime. The application's files include the
original headers, so that a change in one module leaves the cached objects of the others valid.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

RUNTIME = "CompiledFunctionType.c"
"""The runtime's C file, which includes all others."""
TRIMMED_RUNTIME = "__nuitka_library.c"
"""The file that replaces it. It is sorted before the files that Nuitka writes into the same folder."""
HEADER_FOLDER = "nuitka_library"
"""The folder of the headers' copies."""

WORD = re.compile(rb"[A-Za-z_]\w+")
DEFINED = re.compile(rb"^(?!static\b)\w[\w *]*?(\w+)\([^;{}]*\) \{$", re.MULTILINE)
DECLARED = re.compile(rb"^extern (?P<all>[\w ]+[ *](?P<name>\w+)\([^;{}]*\);)", re.MULTILINE)
TYPED_OPERATION = re.compile(rb"(BINARY_OPERATION|INPLACE_OPERATION|RICH_COMPARE)_\w+(?<!_OBJECT_OBJECT)")
INCLUDED = re.compile(rb'^#include "nuitka/', re.MULTILINE)


def trim_runtime(build: Path, sources: Path) -> None:
    """Replaces the runtime's C file; does nothing if this Nuitka has another name for it.

    Args:
        build: Nuitka's folder with the headers (``include``) and the runtime (``static_src``).
        sources: the folder of the generated C files.
    """
    original = sources / "static_src" / RUNTIME
    if not original.is_file():
        return
    original.unlink()
    write_trimmed_headers(build, sources)
    lines = [f'#include "{HEADER_FOLDER}/nuitka/prelude.h"', f'#include "{RUNTIME}"', ""]
    (sources / TRIMMED_RUNTIME).write_text("\n".join(lines), encoding="ascii")


def write_trimmed_headers(build: Path, sources: Path) -> set[str]:
    """Writes the copies of the headers into the folder of the C files.

    Returns:
        The names of the functions that are static in the copies.
    """
    headers = {
        path.relative_to(build / "include"): path.read_bytes() for path in (build / "include").rglob("*.h")
    }
    called: set[bytes] = set()
    for text in headers.values():
        # Inline functions of the headers are compiled into every file.
        called.update(WORD.findall(DECLARED.sub(b"", text)))
    for path in (path for suffix in "ch" for path in sources.rglob(f"*.{suffix}")):
        called.update(WORD.findall(path.read_bytes()))
    defined: set[bytes] = set()
    for path in (build / "static_src").glob("*.c"):
        defined.update(DEFINED.findall(path.read_bytes()))
    declared = {match["name"] for text in headers.values() for match in DECLARED.finditer(text)}
    trimmed = {name for name in declared & defined - called if TYPED_OPERATION.fullmatch(name)}

    def internal(match: re.Match[bytes]) -> bytes:
        return b"static " + match["all"] if match["name"] in trimmed else match[0]

    for path, text in headers.items():
        copy = sources / HEADER_FOLDER / path
        copy.parent.mkdir(parents=True, exist_ok=True)
        relative = b'#include "' + b"../" * (len(path.parts) - 2)  # a copy includes copies
        copy.write_bytes(INCLUDED.sub(relative, DECLARED.sub(internal, text)))
    return {name.decode() for name in trimmed}
