"""Windows' native files (PE): what they ask of the machine, as far as the loader reads it."""

from __future__ import annotations

import mmap
import struct
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

import pefile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAGIC = b"MZ"
SUFFIXES = (".dll", ".pyd", ".exe")
ARCHITECTURES = {0x8664: "x86_64", 0xAA64: "arm64", 0x14C: "x86"}

DAMAGED = (OSError, pefile.PEFormatError, struct.error, ValueError)
"""What reading raises where a file is no sound one."""

_IMPORTS, _RESOURCES, _DELAYED = 1, 2, 13
_DLL = 0x2000


@dataclass(frozen=True)
class Binary:
    """What a native file is and asks for; names of libraries are in lower case, as Windows compares them.

    Attributes:
        architecture: the processor: x86_64, arm64, x86, or another one's number.
        is_program: a program that is started, and no library that is loaded.
        needed: libraries without which it cannot be loaded.
        delayed: libraries that it asks for when it uses them first.
        version: the file's version, as its resources say; zeros without one.
    """

    architecture: str
    is_program: bool
    needed: tuple[str, ...]
    delayed: tuple[str, ...]
    version: tuple[int, int, int, int]


def read(path: Path) -> Binary | None:
    """Reads a native file; None: it is another kind of file, or damaged."""
    try:
        with path.open("rb") as stream:
            if stream.read(len(MAGIC)) != MAGIC:
                return None
            with opened(stream) as file:
                return _binary(file)
    except DAMAGED:
        return None


@contextmanager
def opened(stream: IO[bytes]) -> Iterator[pefile.PE]:
    """The headers of a native file; raises one of `DAMAGED`."""
    # Not by its name: then pefile collects garbage after each file, for a tenth of a second.
    with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        yield pefile.PE(data=data, fast_load=True)


def imported(path: Path, library: str) -> frozenset[str]:
    """Names of what a native file needs of a library to be loaded; some may have a number instead.

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


def _binary(file: pefile.PE) -> Binary:
    directories = [_IMPORTS, _RESOURCES, _DELAYED]
    file.parse_data_directories(directories=directories, import_dllnames_only=True)
    machine = file.FILE_HEADER.Machine
    return Binary(
        architecture=ARCHITECTURES.get(machine, hex(machine)),
        is_program=not file.FILE_HEADER.Characteristics & _DLL,
        needed=_names(file, "DIRECTORY_ENTRY_IMPORT"),
        delayed=_names(file, "DIRECTORY_ENTRY_DELAY_IMPORT"),
        version=_version(file),
    )


def _names(file: pefile.PE, table: str) -> tuple[str, ...]:
    entries = getattr(file, table, ())
    return tuple(dict.fromkeys(entry.dll.decode("ascii", "replace").lower() for entry in entries))


def _version(file: pefile.PE) -> tuple[int, int, int, int]:
    for fixed in getattr(file, "VS_FIXEDFILEINFO", ()):
        high, low = fixed.FileVersionMS, fixed.FileVersionLS
        return high >> 16, high & 0xFFFF, low >> 16, low & 0xFFFF
    return 0, 0, 0, 0
