"""Readers of native files, and the libraries of their operating systems.

Another kind is a class next to `ElfReader` and `PeReader` and an entry of `READERS`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING, Protocol

from tf2exe.knowledge.platforms import read_glibc_libraries, read_windows_names
from tf2exe.native import dlls, elf, missing_dlls, pe

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


@dataclass(frozen=True)
class SystemVersion:
    """A version of a system library that a file needs, with the symbols that need it.

    On Windows: the version of Windows that first has the library.
    """

    library: str
    number: tuple[int, ...]
    symbols: tuple[str, ...] = ()


@dataclass(frozen=True)
class NativeFile:
    """A native file and its imports.

    Attributes:
        architecture: the processor, as `uname -m` calls it.
        needed: libraries without which it cannot be loaded.
        delayed: libraries that are loaded when it first calls them.
        versions: the versions of system libraries that it needs.
        loader: the program that loads it, if it names one (Linux).
        minimum_system: the oldest system that loads it, if its header says so (Windows).
        subsystem: console, or windows without one (Windows).
        is_signed: it has a signature, which is not checked (Windows).
    """

    architecture: str
    needed: tuple[str, ...]
    delayed: tuple[str, ...] = ()
    versions: tuple[SystemVersion, ...] = ()
    loader: str = ""
    minimum_system: tuple[int, ...] = ()
    subsystem: str = ""
    is_signed: bool = False


@dataclass(frozen=True)
class ExternalImport:
    """A library that is not bundled, and the files that import it.

    Attributes:
        library: its name.
        importers: the files.
        optional: why the executable starts without it; empty: it does not.
    """

    library: str
    importers: tuple[str, ...]
    optional: str = ""


class Reader(Protocol):
    """Reads one format of native files, and knows the libraries of its operating system."""

    system: str
    magic: bytes

    def read(self, stream: IO[bytes]) -> NativeFile | None:
        """Reads a file that begins with `magic`; None: it is damaged, or of another format."""

    def external_imports(
        self, natives: Mapping[str, NativeFile], files: Iterable[str]
    ) -> Iterator[ExternalImport]:
        """The libraries that `natives` import and that are not among all the `files`."""

    def system_reason(self, library: str) -> str:
        """Why every machine has this library; empty: not every machine has it."""

    def version_name(self, number: tuple[int, ...]) -> str:
        """The usual name of the oldest system that has all versions up to this number."""


class ElfReader:
    """Linux with glibc."""

    system = "linux"
    magic = elf.MAGIC

    def read(self, stream: IO[bytes]) -> NativeFile | None:
        """Reads an ELF file."""
        found = elf.read_stream(stream)
        if found is None:
            return None
        versions = [
            SystemVersion(version.library, version.glibc, tuple(symbol.name for symbol in version.symbols))
            for version in found.versions
            if version.glibc
        ]
        return NativeFile(found.architecture, found.needed, versions=tuple(versions), loader=found.loader)

    def external_imports(
        self, natives: Mapping[str, NativeFile], files: Iterable[str]
    ) -> Iterator[ExternalImport]:
        """Matches names: a library may be in any folder, because importers name the folder (RUNPATH)."""
        inside = {PurePosixPath(file).name for file in files}
        importers: dict[str, list[str]] = {}
        for path, native in natives.items():
            for library in dict.fromkeys(native.needed):
                if library not in inside:
                    importers.setdefault(library, []).append(path)
        for library in sorted(importers):
            yield ExternalImport(library, tuple(importers[library]))

    def system_reason(self, library: str) -> str:
        """The libraries of glibc."""
        return read_glibc_libraries().get(library, "")

    def version_name(self, number: tuple[int, ...]) -> str:
        """A version of glibc."""
        return f"glibc {'.'.join(map(str, number))}"


class PeReader:
    """Windows."""

    system = "windows"
    magic = pe.MAGIC

    def read(self, stream: IO[bytes]) -> NativeFile | None:
        """Reads a PE file."""
        found = pe.read_stream(stream)
        if found is None:
            return None
        known = {library: dlls.in_windows(library) for library in found.needed}
        return NativeFile(
            found.architecture,
            found.needed,
            found.delayed,
            tuple(
                SystemVersion(name, _numbers(entry.since))
                for name, entry in known.items()
                if entry and entry.since
            ),
            minimum_system=found.minimum_windows,
            subsystem=found.subsystem,
            is_signed=found.is_signed,
        )

    def external_imports(
        self,
        natives: Mapping[str, NativeFile],
        files: Iterable[str],  # noqa: ARG002 - the folders of `natives` decide
    ) -> Iterator[ExternalImport]:
        """Matches folders: Windows searches only some of them."""
        architectures = {native.architecture for native in natives.values()}
        found: dict[str, ExternalImport] = {}
        for library in missing_dlls.find_external(natives, architectures):
            late = missing_dlls.LATER if library.delayed else ""
            lacking = missing_dlls.EDITIONS if dlls.in_most_windows_editions(library.name) else ""
            optional = late or lacking or dlls.optional_reason(library.name)
            known = found.get(library.name, ExternalImport(library.name, (), optional))
            found[library.name] = ExternalImport(
                library.name, (*known.importers, *library.importers), known.optional and optional
            )
        yield from found.values()

    def system_reason(self, library: str) -> str:
        """The libraries of Windows."""
        known = dlls.in_windows(library)
        return known.reason if known else ""

    def version_name(self, number: tuple[int, ...]) -> str:
        """A version of Windows."""
        text = ".".join(map(str, number))
        return read_windows_names().get(text, f"Windows {text}")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


READERS: tuple[Reader, ...] = (ElfReader(), PeReader())
"""Tried in this order."""
