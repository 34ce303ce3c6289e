"""Reads PE files: headers, imports, exports and version of Windows programs and libraries."""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

import pefile

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MAGIC = b"MZ"
SUFFIXES = (".dll", ".pyd", ".exe")
ARCHITECTURES = {0x8664: "x86_64", 0xAA64: "arm64", 0x14C: "x86"}

DAMAGED = (OSError, pefile.PEFormatError, struct.error, ValueError)
"""Exceptions of reading a file that is damaged or not a PE file."""

MAX_EXPORTS = 1 << 16
"""More entries than an export table can have; pefile reads fewer by default."""

_EXPORTS, _IMPORTS, _RESOURCES, _SIGNATURE, _DELAYED = 0, 1, 2, 4, 13
_DLL = 0x2000
_SUBSYSTEMS = {2: "windows", 3: "console"}


@dataclass(frozen=True)
class PeBinary:
    """The headers of a PE file. Names of libraries are in lower case, because Windows ignores case.

    Attributes:
        architecture: the processor: x86_64, arm64, x86, or the number of another one.
        is_program: the file is a program, not a library.
        needed: the libraries that are loaded with the file.
        delayed: the libraries that are loaded at the first call (delay-load).
        version: the file version from the resources; zeros if there is none.
        subsystem: console, windows (no console), or the number of another one.
        minimum_windows: the oldest version of Windows that loads the file: major and minor.
        is_signed: the file has an Authenticode signature, which is not verified.
    """

    architecture: str
    is_program: bool
    needed: tuple[str, ...]
    delayed: tuple[str, ...]
    version: tuple[int, int, int, int]
    subsystem: str
    minimum_windows: tuple[int, int]
    is_signed: bool


def read_file(path: Path) -> PeBinary | None:
    """Reads a PE file; None if it is another kind of file or damaged."""
    try:
        with path.open("rb") as stream:
            return read_stream(stream)
    except OSError:
        return None


def read_stream(stream: IO[bytes]) -> PeBinary | None:
    """Reads a PE file from a stream, such as a file in a onefile; None as in `read_file`."""
    try:
        stream.seek(0)
        if stream.read(len(MAGIC)) != MAGIC:
            return None
        with opened(stream) as file:
            return _binary(file)
    except DAMAGED:
        return None


def opened(stream: IO[bytes]) -> pefile.PE:
    """Opens a PE file and reads its headers; raises one of `DAMAGED`."""
    # Not by name, because pefile then runs the garbage collector for a tenth of a second.
    return pefile.PE(data=_Content(stream), fast_load=True, max_symbol_exports=MAX_EXPORTS)


class _Content:
    """Presents a stream as bytes that pefile can slice, so that a large file is not read entirely."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._size = stream.seek(0, os.SEEK_END)

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, part: slice) -> bytes:
        start, stop, _ = part.indices(self._size)
        self._stream.seek(start)
        return self._stream.read(max(0, stop - start))

    def find(self, sought: bytes, start: int, stop: int) -> int:
        position = self[start:stop].find(sought)
        return position if position < 0 else start + position


def imported_names(path: Path, library: str) -> frozenset[str]:
    """The names that a PE file imports from a library; imports by number are skipped.

    Raises:
        One of `DAMAGED`.
    """
    with path.open("rb") as stream, opened(stream) as file:
        file.parse_data_directories(directories=[_IMPORTS])
        return frozenset(
            entry.name.decode("ascii")
            for table in getattr(file, "DIRECTORY_ENTRY_IMPORT", ())
            if table.dll.decode("ascii", "replace").lower() == library.lower()
            for entry in table.imports
            if entry.name
        )


def exported_symbols(file: pefile.PE) -> Sequence[pefile.ExportData]:
    """The entries of the export table."""
    file.parse_data_directories(directories=[_EXPORTS])
    found = getattr(file, "DIRECTORY_ENTRY_EXPORT", None)
    return found.symbols if found else ()


def _binary(file: pefile.PE) -> PeBinary:
    directories = [_IMPORTS, _RESOURCES, _DELAYED]
    file.parse_data_directories(directories=directories, import_dllnames_only=True)
    machine, header = file.FILE_HEADER.Machine, file.OPTIONAL_HEADER
    signature = header.DATA_DIRECTORY[_SIGNATURE] if len(header.DATA_DIRECTORY) > _SIGNATURE else None
    return PeBinary(
        architecture=ARCHITECTURES.get(machine, hex(machine)),
        is_program=not file.FILE_HEADER.Characteristics & _DLL,
        needed=_names(file, "DIRECTORY_ENTRY_IMPORT"),
        delayed=_names(file, "DIRECTORY_ENTRY_DELAY_IMPORT"),
        version=_version(file),
        subsystem=_SUBSYSTEMS.get(header.Subsystem, str(header.Subsystem)),
        minimum_windows=(header.MajorSubsystemVersion, header.MinorSubsystemVersion),
        is_signed=signature is not None and signature.VirtualAddress != 0 and signature.Size != 0,
    )


def _names(file: pefile.PE, table: str) -> tuple[str, ...]:
    entries = getattr(file, table, ())
    return tuple(dict.fromkeys(entry.dll.decode("ascii", "replace").lower() for entry in entries))


def _version(file: pefile.PE) -> tuple[int, int, int, int]:
    for fixed in getattr(file, "VS_FIXEDFILEINFO", ()):
        high, low = fixed.FileVersionMS, fixed.FileVersionLS
        return high >> 16, high & 0xFFFF, low >> 16, low & 0xFFFF
    return 0, 0, 0, 0
