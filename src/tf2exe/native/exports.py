"""Reads the exported symbols of a native library, for a forwarder."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tf2exe.native import elf, pe

if TYPE_CHECKING:
    from pathlib import Path

LINKER_SYMBOLS = frozenset({"_init", "_fini", "_etext", "_edata", "__bss_start", "_end"})
"""Symbols that linkers add to each ELF file."""

C_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)

_LOCAL, _EXPORTED_BINDINGS = 0, (1, 2)
"""Bindings of ELF symbols: local; global and weak."""
_FUNCTIONS, _OBJECT = (0, 2, 10), 1
"""Types of ELF symbols: NOTYPE, FUNC and GNU_IFUNC; OBJECT."""
_PROTECTED = 3
_VECTOR_CALL = 0x80
"""Flag in st_other of AArch64 functions that take scalable vectors (STO_AARCH64_VARIANT_PCS)."""

_EXECUTABLE = 0x20000000
"""Flag of a PE section that is executable."""


@dataclass(frozen=True)
class Exports:
    """The exported symbols of a library.

    Attributes:
        architecture: the processor, as in `uname -m`.
        functions: sorted names of functions.
        variables: sorted names of variables with protected visibility, which no other library can replace.
        other: there are symbols that a forwarder cannot export: versioned symbols, other variables,
            thread-local variables, functions that take scalable vectors, names that are invalid in C.
    """

    architecture: str
    functions: tuple[str, ...]
    variables: tuple[str, ...]
    other: bool


def read_exports(library: Path) -> Exports | None:
    """The exported symbols; None if the file is not a native library or is damaged."""
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
            if number == 0 or binding == _LOCAL or name in LINKER_SYMBOLS:
                continue
            is_usual = number < len(sections) and binding in _EXPORTED_BINDINGS and C_NAME.fullmatch(name)
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
        for symbol in pe.exported_symbols(file):
            name = (symbol.name or b"").decode("ascii", "replace")
            if (
                C_NAME.fullmatch(name)
                and not symbol.forwarder
                and any(symbol.address in part for part in code)
            ):
                functions.append(name)
            else:
                other = True
        architecture = pe.ARCHITECTURES.get(file.FILE_HEADER.Machine, "")
        return Exports(architecture, tuple(sorted(functions)), (), other=other)
