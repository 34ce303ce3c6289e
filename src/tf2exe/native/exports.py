"""The symbols that a native library has for others, as far as a forwarder can have the same."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tf2exe.native import elf, pe

if TYPE_CHECKING:
    from pathlib import Path

OF_EVERY_FILE = frozenset({"_init", "_fini", "_etext", "_edata", "__bss_start", "_end"})
"""Symbols that linkers put into each ELF file."""

NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)

_LOCAL, _USUAL_BINDINGS = 0, (1, 2)
"""Bindings of ELF symbols: the usual ones are global and weak."""
_FUNCTIONS, _OBJECT = (0, 2, 10), 1
"""Kinds of ELF symbols: untyped, functions, and functions that are chosen when they are bound (`ifunc`)."""
_PROTECTED = 3
_VECTOR_CALL = 0x80
"""Flag of AArch64's functions that take scalable vectors."""

_EXECUTABLE = 0x20000000
"""Flag of a PE section with code."""


@dataclass(frozen=True)
class Exports:
    """The exported symbols of a library.

    Attributes:
        architecture: the processor, as `uname -m` calls it.
        functions: names of functions, sorted.
        variables: names of variables that no other library can replace (protected visibility), sorted.
        other: whether there is anything else: versions of symbols, other variables, thread-local ones,
            functions that take scalable vectors, names that a C compiler does not make.
    """

    architecture: str
    functions: tuple[str, ...]
    variables: tuple[str, ...]
    other: bool


def read(library: Path) -> Exports | None:
    """The exported symbols; None: it is not a native library, or it is damaged."""
    try:
        return _read_pe(library) if library.suffix in pe.SUFFIXES else _read_elf(library)
    except (elf.ElfError, *pe.DAMAGED):
        return None


def _read_elf(library: Path) -> Exports:
    with elf.opened(library) as file:
        sections, functions, variables = file.sections, [], []
        other = file.section(".gnu.version_d") is not None
        for encoded, info, visibility, number, _, _ in file.symbols():
            name, binding, kind = encoded.decode(), info >> 4, info & 0xF
            if number == 0 or binding == _LOCAL or name in OF_EVERY_FILE:
                continue
            is_usual = number < len(sections) and binding in _USUAL_BINDINGS and NAME.fullmatch(name)
            is_code = is_usual and sections[number].is_code and not visibility & _VECTOR_CALL
            if is_code and kind in _FUNCTIONS:
                functions.append(name)
            elif is_usual and kind == _OBJECT and visibility & 3 == _PROTECTED:
                variables.append(name)
            else:
                other = True
        return Exports(file.architecture, tuple(sorted(functions)), tuple(sorted(variables)), other=other)


def _read_pe(library: Path) -> Exports:
    with library.open("rb") as stream, pe.opened(stream) as file:
        code = [
            range(section.VirtualAddress, section.VirtualAddress + section.Misc_VirtualSize)
            for section in file.sections
            if section.Characteristics & _EXECUTABLE
        ]
        functions, other = [], False
        for symbol in pe.exported(file):
            name = (symbol.name or b"").decode("ascii", "replace")
            if NAME.fullmatch(name) and not symbol.forwarder and any(symbol.address in part for part in code):
                functions.append(name)
            else:
                other = True
        architecture = pe.ARCHITECTURES.get(file.FILE_HEADER.Machine, "")
        return Exports(architecture, tuple(sorted(functions)), (), other=other)
