"""Reads the contents and the system requirements of an executable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tf2exe.errors import InspectionError
from tf2exe.report.open_executable import open_executable
from tf2exe.report.readers import READERS, SystemVersion

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from tf2exe.report.open_executable import ExecutableFile, OpenExecutable
    from tf2exe.report.readers import ExternalImport, NativeFile, Reader


@dataclass(frozen=True)
class SystemLibrary:
    """A library that the executable imports and does not bundle.

    Attributes:
        name: its file.
        reason: why every machine has it; in `optional`: why the executable starts without it.
        version: the newest version of it that a file needs, as `2.27`; on Windows the version of Windows that
            first has it; empty: any.
        file: which file needs that version, or imports the library at all.
        symbols: the symbols of that version that it uses.
        files: how many files import the library.
    """

    name: str
    reason: str
    version: str
    file: str
    symbols: tuple[str, ...]
    files: int


@dataclass(frozen=True)
class Inspection:
    """The contents and the system requirements of an executable.

    Attributes:
        executable: its path.
        name: of the program.
        mode: standalone or onefile.
        system: the operating system: linux or windows.
        architecture: the processor.
        loader: the program that loads it (Linux).
        subsystem: console, or windows if it opens no console (Windows).
        is_signed: whether the file that users start has a signature, which is not checked (Windows).
        identity: of a onefile's contents; empty: a folder.
        size: bytes of what is distributed.
        unpacked: bytes of all files.
        files: their number.
        native: how many of them are native.
        minimum_version: the oldest version of glibc or of Windows that it runs on; empty: any.
        minimum_system: the same with its name, as `glibc 2.27` or `Windows 10`.
        libraries: the system libraries that it needs, by name.
        optional: libraries that are neither bundled nor part of every system, and that it starts without.
        missing: libraries that are neither bundled nor part of every system, and that it needs.
    """

    executable: str
    name: str
    mode: str
    system: str
    architecture: str
    loader: str
    subsystem: str
    is_signed: bool
    identity: str
    size: int
    unpacked: int
    files: int
    native: int
    minimum_version: str
    minimum_system: str
    libraries: tuple[SystemLibrary, ...]
    optional: tuple[SystemLibrary, ...]
    missing: tuple[SystemLibrary, ...]


def inspect_executable(path: Path) -> Inspection:
    """Reads an executable, without running it.

    Raises:
        InspectionError: it is not an executable of tf2exe, or is damaged.
    """
    with open_executable(path) as opened:
        reader, natives = _read(opened)
    start, program = natives.get(opened.start), natives.get(opened.program)
    if start is None or program is None:
        broken = opened.program if program is None else opened.start
        raise InspectionError(f"{path} is damaged", f"{broken} is not a program", "get it again")
    loaded = {name: native for name, native in natives.items() if native.architecture == start.architecture}
    imports = tuple(reader.external_imports(loaded, (file.path for file in opened.files)))
    versions = _newest(loaded, {each.library for each in imports})
    found = [(each, reader.system_reason(each.library)) for each in imports]
    numbers = [native.minimum_system for native in loaded.values()]
    newest = max((*numbers, *(version.number for version, _ in versions.values())), default=())
    return Inspection(
        executable=str(path),
        name=opened.name,
        mode=opened.mode,
        system=reader.system,
        architecture=start.architecture,
        loader=start.loader,
        subsystem=program.subsystem,
        is_signed=program.is_signed,
        identity=opened.identity,
        size=opened.size,
        unpacked=sum(file.size for file in opened.files),
        files=len(opened.files),
        native=len(natives),
        minimum_version=".".join(map(str, newest)),
        minimum_system=reader.version_name(newest) if newest else "",
        libraries=tuple(_library(each, versions, reason) for each, reason in found if reason),
        optional=tuple(
            _library(each, versions, each.optional) for each, reason in found if each.optional and not reason
        ),
        missing=tuple(
            _library(each, versions, "") for each, reason in found if not each.optional and not reason
        ),
    )


def _read(opened: OpenExecutable) -> tuple[Reader, dict[str, NativeFile]]:
    """The native files by path, of the same format as the file that is started."""
    kinds: dict[str, tuple[Reader, NativeFile]] = {}
    for file in opened.files:
        if found := _native(file):
            kinds[file.path] = found
    start = kinds.get(opened.start)
    reader = start[0] if start else READERS[0]
    return reader, {path: native for path, (kind, native) in kinds.items() if kind is reader}


def _native(file: ExecutableFile) -> tuple[Reader, NativeFile] | None:
    with file.open() as stream:
        begin = stream.read(max(len(reader.magic) for reader in READERS))
        for reader in READERS:
            if begin.startswith(reader.magic) and (native := reader.read(stream)):
                return reader, native
    return None


def _newest(
    natives: Mapping[str, NativeFile], libraries: Iterable[str]
) -> dict[str, tuple[SystemVersion, str]]:
    """The newest version of each of these libraries that a file needs, with the file."""
    newest: dict[str, tuple[SystemVersion, str]] = {}
    outside = set(libraries)
    for path, native in natives.items():
        for version in native.versions:
            known = newest.get(version.library)
            if version.library in outside and (known is None or version.number > known[0].number):
                newest[version.library] = version, path
    return newest


def _library(
    each: ExternalImport, versions: Mapping[str, tuple[SystemVersion, str]], reason: str
) -> SystemLibrary:
    version, path = versions.get(each.library, (SystemVersion(each.library, ()), each.importers[0]))
    number = ".".join(map(str, version.number))
    return SystemLibrary(each.library, reason, number, path, version.symbols, len(each.importers))
