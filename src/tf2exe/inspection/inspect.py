"""What an executable is and needs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tf2exe.errors import InspectionError
from tf2exe.inspection.opened import open_executable
from tf2exe.inspection.readers import READERS, Version

if TYPE_CHECKING:
    from pathlib import Path

    from tf2exe.inspection.opened import File, Opened
    from tf2exe.inspection.readers import Native, Reader


@dataclass(frozen=True)
class SystemLibrary:
    """A library of the machine that the executable needs.

    Attributes:
        name: its file.
        reason: why every machine has it; empty: it does not, so it is missing.
        version: the newest version of it that is asked for, as `2.27`; empty: none.
        file: which file asks for that version, or asks for the library at all.
        symbols: what it asks for in that version.
        files: how many files ask for the library.
    """

    name: str
    reason: str
    version: str
    file: str
    symbols: tuple[str, ...]
    files: int


@dataclass(frozen=True)
class Inspection:
    """What an executable is and needs.

    Attributes:
        executable: where it is.
        name: of the program.
        mode: standalone or onefile.
        system: what it runs on: linux, windows.
        architecture: the processor.
        loader: the program that loads it.
        identity: of a onefile's contents; empty: a folder.
        size: bytes of what is handed to people.
        unpacked: bytes of all files.
        files: their number.
        native: how many of them are native.
        needs_glibc: the oldest C library that is enough; empty: none is needed.
        libraries: what it needs of the machine, by name.
        missing: what it needs and neither holds nor finds on every machine.
    """

    executable: str
    name: str
    mode: str
    system: str
    architecture: str
    loader: str
    identity: str
    size: int
    unpacked: int
    files: int
    native: int
    needs_glibc: str
    libraries: tuple[SystemLibrary, ...]
    missing: tuple[SystemLibrary, ...]


def inspect(path: Path) -> Inspection:
    """Reads an executable, without running it.

    Raises:
        InspectionError: it is no executable of tf2exe, or damaged.
    """
    with open_executable(path) as opened:
        reader, natives = _read(opened)
    start = natives.get(opened.start)
    if start is None:
        raise InspectionError(f"{path} is damaged", f"{opened.start} cannot be started", "get it again")
    outside = _outside(opened, reader, natives)
    newest = max((version.number for native in natives.values() for version in native.versions), default=())
    return Inspection(
        executable=str(path),
        name=opened.name,
        mode=opened.mode,
        system=reader.system,
        architecture=start.architecture,
        loader=start.loader,
        identity=opened.identity,
        size=opened.size,
        unpacked=sum(file.size for file in opened.files),
        files=len(opened.files),
        native=len(natives),
        needs_glibc=_text(newest),
        libraries=tuple(library for library in outside if library.reason),
        missing=tuple(library for library in outside if not library.reason),
    )


def _read(opened: Opened) -> tuple[Reader, dict[str, Native]]:
    """Every native file, by its path, and of which kind that is which is started."""
    kinds: dict[str, tuple[Reader, Native]] = {}
    for file in opened.files:
        if found := _native(file):
            kinds[file.path] = found
    start = kinds.get(opened.start)
    reader = start[0] if start else READERS[0]
    return reader, {path: native for path, (kind, native) in kinds.items() if kind is reader}


def _native(file: File) -> tuple[Reader, Native] | None:
    with file.open() as stream:
        begin = stream.read(max(len(reader.magic) for reader in READERS))
        for reader in READERS:
            if begin.startswith(reader.magic) and (native := reader.read(stream)):
                return reader, native
    return None


def _outside(opened: Opened, reader: Reader, natives: dict[str, Native]) -> list[SystemLibrary]:
    """The libraries that are asked for and not in the executable."""
    inside = {reader.key(PurePosixPath(file.path).name) for file in opened.files}
    machine = reader.machine()
    askers: dict[str, list[str]] = {}
    for path, native in natives.items():
        for library in dict.fromkeys(map(reader.key, native.needed)):
            if library not in inside:
                askers.setdefault(library, []).append(path)
    newest: dict[str, tuple[Version, str]] = {}
    counts = Counter({library: len(files) for library, files in askers.items()})
    for path, native in natives.items():
        for version in native.versions:
            known = newest.get(version.library)
            if known is None or version.number > known[0].number:
                newest[version.library] = version, path
    found = []
    none = Version("", (), ())
    for library in sorted(askers):
        version, path = newest.get(library, (none, askers[library][0]))
        number, reason = _text(version.number), machine.get(library, "")
        found.append(SystemLibrary(library, reason, number, path, version.symbols, counts[library]))
    return found


def _text(number: tuple[int, ...]) -> str:
    return ".".join(map(str, number))
