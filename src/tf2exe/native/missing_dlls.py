"""Checks whether a Windows build has every DLL that its files import."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Protocol

from tf2exe.errors import LibraryError
from tf2exe.native import pe
from tf2exe.native.dlls import (
    group_by_name,
    in_most_windows_editions,
    in_windows,
    is_found_by_loader,
    on_host,
    optional_reason,
)
from tf2exe.native.shared_libraries import abbreviate

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping
    from pathlib import Path

LATER = "loaded only when a function of it is called"
EDITIONS = "some editions of Windows lack it (N, Server)"
NOT_HERE = "what needs it does not load on this machine either"


class Imports(Protocol):
    """The imports of a native file."""

    @property
    def architecture(self) -> str:
        """The processor."""

    @property
    def needed(self) -> tuple[str, ...]:
        """Libraries that are loaded with the file, in lower case."""

    @property
    def delayed(self) -> tuple[str, ...]:
        """Libraries that are loaded at the first call (delay-load), in lower case."""


@dataclass(frozen=True)
class ExternalDll:
    """An imported library that Windows does not find in the build.

    Attributes:
        name: the library.
        importers: the files of the build that import it.
        delayed: the importers load without it, because it is loaded at the first call.
        elsewhere: paths in the build that the loader does not search.
    """

    name: str
    importers: tuple[str, ...]
    delayed: bool
    elsewhere: tuple[str, ...]

    def __str__(self) -> str:
        there = f"; it is in {self.elsewhere[0]}, where Windows does not look" if self.elsewhere else ""
        return f"{self.name} (needed by {abbreviate(self.importers)}{there})"


def check_folder(
    folder: Path, allowed: Iterable[str] = (), *, sampled: bool = False
) -> tuple[ExternalDll, ...]:
    """Checks that a standalone folder has every library that its files import.

    Args:
        folder: the standalone folder.
        allowed: names of libraries that may be missing; wildcards are allowed. Package rules name others.
        sampled: the program has run on this machine. Then a library that this machine lacks too is not
            needed: the files that import it (a database plug-in, for example) do not load in Python either.

    Returns:
        The missing libraries that the program does not need to start: delay-loaded, absent on this machine,
        or part of most editions of Windows.

    Raises:
        LibraryError: another library is missing.
    """

    def is_fatal(library: ExternalDll) -> bool:
        if library.delayed or in_most_windows_editions(library.name):
            return False
        return not sampled or bool(library.elsewhere) or on_host(library.name)

    patterns = [name.lower() for name in allowed]
    found = [
        library
        for library in find_missing(folder)
        if not optional_reason(library.name) and not any(fnmatchcase(library.name, name) for name in patterns)
    ]
    if fatal := [library for library in found if is_fatal(library)]:
        raise LibraryError(
            "native libraries are missing that Windows does not have either",
            ", ".join(map(str, fatal)),
            "install the package that has them (`pip install msvc-runtime` for those of Visual C++), or, "
            "if your program does not use them, list them in `allow-missing`",
        )
    return tuple(found)


def report_missing(found: Iterable[ExternalDll]) -> list[str]:
    """One line for each kind of library that is not bundled and need not be."""
    groups: dict[str, list[ExternalDll]] = {LATER: [], EDITIONS: [], NOT_HERE: []}
    for library in found:
        kind = LATER if library.delayed else EDITIONS if in_most_windows_editions(library.name) else NOT_HERE
        groups[kind].append(library)
    return [
        f"not bundled: {abbreviate([str(library) for library in libraries])}; {why}"
        for why, libraries in groups.items()
        if libraries
    ]


def find_missing(folder: Path) -> tuple[ExternalDll, ...]:
    """The imported libraries that are neither part of Windows nor found in a standalone folder."""
    programs = [binary for path in folder.glob("*.exe") if (binary := pe.read_file(path))]
    if not programs:
        return ()  # a build for another system
    files = {
        path.relative_to(folder).as_posix(): binary
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in pe.SUFFIXES and (binary := pe.read_file(path))
    }
    found = find_external(files, {binary.architecture for binary in programs})
    return tuple(library for library in found if not in_windows(library.name))


def find_external(files: Mapping[str, Imports], architectures: Container[str]) -> tuple[ExternalDll, ...]:
    """The imported libraries that Windows does not find in a build.

    Args:
        files: the native files of the build, by path.
        architectures: the processors of its programs; files for other processors are never loaded.
    """
    copies = group_by_name(files)
    importers: dict[tuple[str, bool], list[str]] = {}
    for name, binary in files.items():
        if binary.architecture not in architectures:
            continue
        for library in (*binary.needed, *binary.delayed):
            if not is_found_by_loader(name, copies.get(library, ())):
                importers.setdefault((library, library not in binary.needed), []).append(name)
    return tuple(
        ExternalDll(library, tuple(names), delayed, tuple(copies.get(library, ())))
        for (library, delayed), names in sorted(importers.items())
    )
